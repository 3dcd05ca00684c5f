import { gitSecrets } from "../../api/git.js";
import { forbidden } from "../../runtime/schema/errors.js";
import { jsonEqual } from "../../runtime/schema/json.js";
import type { Rule } from "../context.js";
import { hasPassword } from "./repository-credentials.js";

/**
 * The keys to the repositories of a CodeRun or DocsRun come from the Secrets that its user or App names, never from the
 * spec, which many may read: a password within a URL is refused. A Secret that isn't there yet is a warning.
 */
export const gitCredentials: Rule = {
  id: "git-credentials",
  check({ view, oldView, namespace, surroundings }) {
    const errors = view.repositories
      .filter(({ url }) => hasPassword(url))
      .map(({ field }) =>
        forbidden(field, "a password must not stand in the URL; take it out, and name githubUser or githubApp"),
      );
    const urls = view.repositories.map(({ url }) => url);
    const secrets = gitSecrets(view, urls);
    const before =
      oldView &&
      gitSecrets(
        oldView,
        oldView.repositories.map(({ url }) => url),
      );
    const field = view.githubApp === undefined ? "spec.githubUser" : "spec.githubApp";
    const missing = jsonEqual(secrets, before)
      ? []
      : secrets.filter(({ name }) => surroundings?.secretExists?.(namespace, name) === false);
    return {
      errors,
      warnings: missing.map(
        ({ name }) =>
          `${field}: there is no Secret ${JSON.stringify(name)} in namespace ${namespace} yet; the agent can't start without it`,
      ),
    };
  },
};
