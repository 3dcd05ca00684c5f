import { forbidden } from "../../runtime/schema/errors.js";
import { isDnsSubdomain } from "../../runtime/schema/object-meta.js";
import { nothing, type Rule } from "../context.js";
import type { RepositoryView } from "../view.js";

/** The Secret that a repository needs, where it names a user or a Secret. Source: api.md 5. */
export function secretOf({ url, githubUser, authSecret }: RepositoryView): string | undefined {
  if (authSecret !== undefined) return authSecret;
  if (githubUser === undefined) return undefined;
  return `${/^(git@|ssh:)/.test(url) ? "github-ssh" : "github-pat"}-${githubUser}`;
}

/**
 * A key comes from a Secret, never from the spec, which many may read: a password within the URL is refused (so is
 * `token`, by the schema). The Secret's name has to be one that can exist.
 */
export const repositoryCredentials: Rule = {
  id: "repository-credentials",
  check({ view: { repository } }) {
    if (repository === undefined) return nothing;
    if (hasPassword(repository.url)) {
      const detail =
        "a password must not stand in the URL; take it out, put it into a Secret and name that in spec.repository.auth.secretName";
      return { errors: [forbidden("spec.repository.url", detail)] };
    }
    return namedSecret(repository);
  },
};

/** Whether a URL is of the form `https://user:password@host/…`. */
export function hasPassword(url: string): boolean {
  return /^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url);
}

function namedSecret(repository: RepositoryView): ReturnType<Rule["check"]> {
  const secret = secretOf(repository);
  if (secret === undefined || isDnsSubdomain(secret)) return nothing;
  if (repository.authSecret !== undefined) return nothing; // the schema says so
  const detail = `its Secret would be ${JSON.stringify(secret)}, which no Secret can be called; write the user in lower case, or name the Secret in spec.repository.auth.secretName`;
  return { errors: [forbidden("spec.repository.githubUser", detail)] };
}
