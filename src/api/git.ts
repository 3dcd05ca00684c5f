/** Who works on a repository, and by which Secrets. Source: api.md 5. Pure. */

/** Exactly one of the two is there; the CRDs see to it. */
export interface GitIdentity {
  readonly githubUser?: string | undefined;
  readonly githubApp?: string | undefined;
}

/** What a Secret holds: `ssh-privatekey`, `token`, or `app-id` and `private-key`. */
export type GitSecretKind = "ssh" | "token" | "app";

export interface GitSecret {
  readonly kind: GitSecretKind;
  readonly name: string;
}

/** The Secrets that reach the repositories: one for an App; for a user one for each way in which they are reached. */
export function gitSecrets({ githubUser, githubApp }: GitIdentity, urls: readonly string[]): readonly GitSecret[] {
  if (githubApp !== undefined) return [{ kind: "app", name: `github-app-${nameOf(githubApp)}` }];
  if (githubUser === undefined) return [];
  const kinds = new Set(urls.map((url): GitSecretKind => (isSsh(url) ? "ssh" : "token")));
  return [...kinds].map((kind) => ({
    kind,
    name: `${kind === "ssh" ? "github-ssh" : "github-pat"}-${nameOf(githubUser)}`,
  }));
}

/** `git@…` and `ssh://…`; everything else, `owner/name` too, goes by https. */
export function isSsh(url: string): boolean {
  return url.startsWith("git@") || url.startsWith("ssh://");
}

/** The name of a Secret has neither capitals nor blanks nor `_`. */
function nameOf(login: string): string {
  return login.toLowerCase().replaceAll(/[_ ]/g, "-");
}

/**
 * The agent that a GitHub App is: its last part after a dash, in lower case, as a DNS label. `5DLabs-Rex` is `rex`.
 */
export function agentOfApp(githubApp: string): string {
  return dnsLabel(githubApp.slice(githubApp.lastIndexOf("-") + 1));
}

/** Small letters, digits and single dashes, with a letter or digit at both ends; empty where nothing of that is there. */
export function dnsLabel(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/**
 * The same text for all the ways to write one repository: `git@github.com:a/b.git`, `https://github.com/A/b` and `a/b` are
 * `github.com/a/b`.
 */
export function repositoryKey(url: string): string {
  const plain = url
    .toLowerCase()
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
  const [, host, path] =
    /^(?:https?|ssh):\/\/(?:[^/@]*@)?([^/]+)\/(.*)$/.exec(plain) ?? /^[^/@]+@([^:/]+):\/?(.*)$/.exec(plain) ?? [];
  return host === undefined || path === undefined ? `github.com/${plain}` : `${host}/${path}`;
}
