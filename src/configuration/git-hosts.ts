/** The git servers of `git.hosts`, the only ones that credentials of runs are sent to. */
import { repositoryHost } from "../api/git.js";
import type { Configuration } from "./configuration.js";

export interface GitServer {
  /** In lower case, with its port unless that is the protocol's own. */
  readonly host: string;
  /** URL of its GitHub API, without a slash at the end. */
  readonly apiUrl: string;
  /** ConfigMap with further authorities to trust. */
  readonly caConfigMapName?: string;
}

/** The part of the configuration that lists them. */
export interface GitHosts {
  readonly git: Pick<Configuration["git"], "hosts">;
}

/** The server of a repository; undefined if `git.hosts` does not list it. */
export function gitServer(url: string, { git: { hosts } }: GitHosts): GitServer | undefined {
  const host = repositoryHost(url);
  if (host === undefined) return undefined;
  const entry = hosts.find((each) => matches(each.host, host));
  if (entry === undefined) return undefined;
  const ownApi = host === "github.com" ? "https://api.github.com" : `https://${host}/api/v3`;
  return {
    ...{ host, apiUrl: (entry.apiUrl ?? ownApi).replace(/\/+$/, "") },
    ...(entry.caConfigMapName !== undefined && { caConfigMapName: entry.caConfigMapName }),
  };
}

/** Why a run with credentials cannot use a repository, after the name of the field; undefined if it can. */
export function gitHostProblem(url: string, configuration: GitHosts): string | undefined {
  if (gitServer(url, configuration) !== undefined) return undefined;
  const host = repositoryHost(url);
  const listed = configuration.git.hosts.map((each) => each.host).join(", ");
  const known = listed === "" ? "which is empty" : `which has ${listed}`;
  return host === undefined
    ? "its host is not certain, and credentials are only sent to the hosts in git.hosts of the configuration; use https://<host>/<owner>/<name>"
    : `${host} is not in git.hosts of the configuration, ${known}, and credentials are only sent to those; use one of them, or ask an administrator to add it`;
}

/** Without a port, the pattern matches the port of the protocol, which {@link repositoryHost} leaves out. */
function matches(pattern: string, host: string): boolean {
  if (pattern.endsWith(":*")) return matches(pattern.slice(0, -2), host.replace(/:\d+$/, ""));
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length : host === pattern;
}
