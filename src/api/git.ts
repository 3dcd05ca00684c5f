/** The GitHub identity of a run and the Secrets with its credentials. Pure. */

/** The CRDs ensure that one of the two is set. */
export interface GitIdentity {
  readonly githubUser?: string | undefined;
  readonly githubApp?: string | undefined;
}

/** The kind of a Secret by its keys: `ssh-privatekey`, `token`, or `app-id` and `private-key`. */
export type GitSecretKind = "ssh" | "token" | "app";

export interface GitSecret {
  readonly kind: GitSecretKind;
  readonly name: string;
}

/** The Secrets with the credentials for the repositories: one for an App; for a user one for SSH and one for https, as the URLs require. */
export function gitSecrets({ githubUser, githubApp }: GitIdentity, urls: readonly string[]): readonly GitSecret[] {
  if (githubApp !== undefined) return [{ kind: "app", name: `github-app-${nameOf(githubApp)}` }];
  if (githubUser === undefined) return [];
  const kinds = new Set(urls.map((url): GitSecretKind => (isSsh(url) ? "ssh" : "token")));
  return [...kinds].map((kind) => ({
    kind,
    name: `${kind === "ssh" ? "github-ssh" : "github-pat"}-${nameOf(githubUser)}`,
  }));
}

/** The identity in full, equal for all spellings that have the same Secrets: `app:acme-rex`, `user:swe-1`; `none` without one. */
export function identityOf({ githubUser, githubApp }: GitIdentity): string {
  if (githubApp !== undefined) return `app:${nameOf(githubApp)}`;
  return githubUser === undefined ? "none" : `user:${nameOf(githubUser)}`;
}

/** Whether a URL uses SSH: `git@…` or `ssh://…`. All others, including `owner/name`, use https. */
export function isSsh(url: string): boolean {
  return url.startsWith("git@") || url.startsWith("ssh://");
}

/**
 * The scheme and host, with its port, of an `https://` or `http://` URL; undefined for all other URLs, and where the host has characters
 * that a host does not have: git would take `*` in a credential setting for any host.
 */
export function httpOrigin(url: string): { readonly scheme: "https" | "http"; readonly host: string } | undefined {
  const [, scheme = "", host = ""] =
    /^(https?):\/\/(?:[^/@?#\\]*@)?([a-z0-9.-]+(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?)(?:\/|$)/i.exec(url) ?? [];
  if (host === "") return undefined;
  return { scheme: scheme.toLowerCase() === "https" ? "https" : "http", host: host.toLowerCase() };
}

/**
 * The host of a repository in lower case, with its port unless that is the protocol's own; `github.com` for `owner/name`. Undefined if
 * the URL names none, or is not certain to name the one that git would connect to.
 */
export function repositoryHost(url: string): string | undefined {
  const origin = httpOrigin(url);
  if (origin !== undefined) return withoutPort(origin.host, origin.scheme === "https" ? "443" : "80");
  const [, address, path] =
    /^ssh:\/\/(?:[\w.-]+@)?([a-z0-9.-]+(?::\d{1,5})?)\/|^[\w.-]+@([a-z0-9.-]+):/i.exec(url) ?? [];
  if (address !== undefined) return withoutPort(address.toLowerCase(), "22");
  if (path !== undefined) return path.toLowerCase();
  return /^[\w.-]+\/[\w.-]+$/.test(url) ? "github.com" : undefined;
}

function withoutPort(host: string, port: string): string {
  return host.endsWith(`:${port}`) ? host.slice(0, -port.length - 1) : host;
}

/** A login as part of the name of a Secret, which cannot contain upper-case letters, spaces or `_`. */
function nameOf(login: string): string {
  return login.toLowerCase().replaceAll(/[_ ]/g, "-");
}

/**
 * The agent of a GitHub App: the part after its last dash as a DNS label. `rex` for `5DLabs-Rex`.
 */
export function agentOfApp(githubApp: string): string {
  return dnsLabel(githubApp.slice(githubApp.lastIndexOf("-") + 1));
}

/** The text as lower-case letters, digits and single dashes, with a letter or digit at both ends; empty if it has neither. */
export function dnsLabel(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/**
 * A key that is equal for all URLs of one repository: `git@github.com:a/b.git`, `https://github.com/A/b` and `a/b` all give
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
