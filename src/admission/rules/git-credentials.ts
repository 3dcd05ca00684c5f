import { forbidden } from "../../runtime/schema/errors.js";
import type { Rule } from "../context.js";
import { hasPassword } from "./repository-credentials.js";

/**
 * Credentials for the repositories of a CodeRun or DocsRun come from the Secrets of its GitHub user or App, never from the spec, which
 * more users can read: a password in a URL is denied.
 */
export const gitCredentials: Rule = {
  id: "git-credentials",
  check: ({ view, oldView }) => ({
    errors: view.repositories
      .filter(({ url }) => hasPassword(url))
      .filter(({ field, url }) => oldView?.repositories.some((old) => old.field === field && old.url === url) !== true)
      .map(({ field }) =>
        forbidden(field, "the URL must not contain a password; remove it, and set githubUser or githubApp"),
      ),
  }),
};
