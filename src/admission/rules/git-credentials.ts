import { forbidden } from "../../runtime/schema/errors.js";
import type { Rule } from "../context.js";
import { hasPassword } from "./repository-credentials.js";

/**
 * The keys to the repositories of a CodeRun or DocsRun come from the Secrets that its user or App names, never from the
 * spec, which many may read: a password within a URL is refused.
 */
export const gitCredentials: Rule = {
  id: "git-credentials",
  check: ({ view }) => ({
    errors: view.repositories
      .filter(({ url }) => hasPassword(url))
      .map(({ field }) =>
        forbidden(field, "a password must not stand in the URL; take it out, and name githubUser or githubApp"),
      ),
  }),
};
