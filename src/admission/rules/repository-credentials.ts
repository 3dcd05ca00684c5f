import { forbidden } from "../../runtime/schema/errors.js";
import { noFindings, type Rule } from "../context.js";
import { isUnchanged } from "../view.js";

/**
 * Credentials for the repository of a TaskRun come from a Secret, never from the spec, which more users can read: a password in the URL
 * is denied. The schema denies `token`. Every login that the schema accepts results in a valid name of a Secret.
 */
export const repositoryCredentials: Rule = {
  id: "repository-credentials",
  check({ view, oldView }) {
    const { repository } = view;
    if (repository === undefined || !hasPassword(repository.url)) return noFindings;
    if (isUnchanged("repository", view, oldView)) return noFindings;
    const detail =
      "the URL must not contain a password; remove it, store it in a Secret and set spec.repository.auth.secretName";
    return { errors: [forbidden("spec.repository.url", detail)] };
  },
};

/** Whether a URL has the form `https://user:password@host/...`. */
export function hasPassword(url: string): boolean {
  return /^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url);
}
