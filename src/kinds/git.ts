/**
 * How a run's pod accesses its repositories: with the gateway, which alone has the credentials. Repositories by https are reached through it;
 * for those by ssh it is the ssh-agent of the containers before and after the agent's. Pure.
 */
import { gitSecrets, httpOrigin, isSsh, repositoryHost, type GitIdentity, type GitSecretKind } from "../api/git.js";
import type { AnyRun } from "../admission/index.js";
import { repositoriesWithCredentials } from "../admission/repositories.js";
import { viewOf } from "../admission/view.js";
import { profileOfApp } from "../configuration/agents.js";
import type { Configuration } from "../configuration/configuration.js";
import { gitHostProblem, gitServer } from "../configuration/git-hosts.js";
import type { PodSpec } from "../runs/pod-spec.js";

type Volume = NonNullable<PodSpec["volumes"]>[number];
type Mount = NonNullable<PodSpec["containers"][number]["volumeMounts"]>[number];

/** A repository of a run. */
export interface RepositoryUse {
  /** As the run names it. */
  readonly url: string;
  /** The branch that is pushed to it; absent: it is only read. */
  readonly branch?: string;
  /** What the run's verdict about its pull request leads to. Absent: nothing. */
  readonly verdict?: Verdict;
}

/** For the gateway, which does it. */
export interface Verdict {
  readonly label?: string;
  readonly approve?: true;
  readonly requestChanges?: true;
  readonly pullRequest?: number;
}

/** The part `git` of the gateway's file, without the directory of its capability. */
interface GatewayGit {
  readonly repositories: readonly {
    readonly url: string;
    readonly access: "read" | "write";
    readonly branch?: string;
    readonly verdict?: Verdict;
    readonly credentials?: string;
  }[];
  readonly credentials: Readonly<Record<string, object>>;
  readonly hosts: Readonly<Record<string, object>>;
  /** The directory of the mounted key. Absent: no repository is reached by ssh. */
  readonly ssh?: { readonly directory: string; readonly secretName: string };
}

export interface GitAccess {
  /** For the gateway; undefined if the run has no credentials. */
  readonly gateway?: {
    readonly entry: GatewayGit;
    readonly volumes: readonly Volume[];
    readonly mounts: readonly Mount[];
  };
}

/**
 * Mode of mounted keys: only the owner, root, may read. The kubelet adds the group bit for fsGroup, by which the containers
 * read them.
 */
export const keyMode = 0o400;

const names: Readonly<Record<GitSecretKind, string>> = { ssh: "github-ssh", token: "github-pat", app: "github-app" };

/** Why a run's credentials may not be sent to one of its repositories: what the rule git-hosts says at admission. */
export function hostRefusal(run: AnyRun, configuration: Configuration): string | undefined {
  const problems = repositoriesWithCredentials(viewOf(run)).map(({ url }) => gitHostProblem(url, configuration));
  return problems.find((problem) => problem !== undefined);
}

/** One Secret that the gateway shows to git servers and to their APIs. */
export interface GatewayCredentials {
  /** Of its volume. */
  readonly name: string;
  readonly secretName: string;
  /** The only key that is mounted. Absent: all are. */
  readonly key?: string;
  readonly type: "app" | "token" | "basic";
  /** Of an App: its name, for messages, and its id, if the Secret has none. */
  readonly appName?: string;
  readonly appId?: string;
  readonly isOptional: boolean;
}

/** Mounts whole Secrets: beside a key they may hold `known_hosts`. */
export function gitAccess(
  identity: GitIdentity,
  repositories: readonly RepositoryUse[],
  configuration: Configuration,
): GitAccess {
  const all = repositories.map((each) => ({ ...each, named: each.url, url: fullUrl(each.url, identity) }));
  const overSsh = all.filter(({ url }) => isSsh(url));
  const ssh = overSsh.length === 0 ? [] : gitSecrets(identity, ["git@"]);
  // git may use ssh, but opening a pull request needs a token
  const served = [
    ...all.filter(({ url }) => !isSsh(url)),
    ...overSsh.filter(({ branch }) => branch !== undefined).map((each) => ({ ...each, url: httpsUrl(each.url) })),
  ];
  const secret = gitSecrets(identity, ["https://"])[0];
  const isOptional = all.every(({ url }) => isSsh(url));
  const byHttps =
    served.length > 0 && secret !== undefined
      ? gatewayPart(served, credentialsOf(identity, secret, isOptional, configuration), configuration)
      : undefined;
  const bySsh = ssh[0] && sshPart(ssh[0].name);
  const gateway = byHttps && bySsh ? together(byHttps, bySsh) : (byHttps ?? bySsh);
  return gateway === undefined ? publicAccess : { gateway };
}

/** Access by a Secret that a run names, or the configuration. */
export function accessByHttps(
  repository: RepositoryUse,
  credentials: GatewayCredentials,
  configuration: Configuration,
): GitAccess {
  const served = [{ ...repository, named: repository.url }];
  return { gateway: gatewayPart(served, credentials, configuration) };
}

/** @param key the only key of the Secret that is mounted, as `ssh-privatekey`; absent: all are, under their names */
export function accessBySsh(secretName: string, key?: string): GitAccess {
  return { gateway: sshPart(secretName, key) };
}

/** To a repository that everybody may read. */
export const publicAccess: GitAccess = {};

type GatewayPart = NonNullable<GitAccess["gateway"]>;

function sshPart(secretName: string, key?: string): GatewayPart {
  const name = names.ssh;
  const directory = `/gateway/git/${name}`;
  const items = key === undefined ? {} : { items: [{ key, path: "ssh-privatekey" }] };
  return {
    entry: { repositories: [], credentials: {}, hosts: {}, ssh: { directory, secretName } },
    volumes: [{ name, secret: { secretName, defaultMode: keyMode, ...items } }],
    mounts: [{ name, mountPath: directory, readOnly: true }],
  };
}

function together(byHttps: GatewayPart, bySsh: GatewayPart): GatewayPart {
  return {
    entry: { ...byHttps.entry, ...(bySsh.entry.ssh && { ssh: bySsh.entry.ssh }) },
    volumes: [...bySsh.volumes, ...byHttps.volumes],
    mounts: [...bySsh.mounts, ...byHttps.mounts],
  };
}

/** A repository at its https URL. */
interface Served extends RepositoryUse {
  /** As the run names it: the configuration may list the host of its ssh URL alone. */
  readonly named: string;
}

function credentialsOf(
  identity: GitIdentity,
  { kind, name: secretName }: { readonly kind: GitSecretKind; readonly name: string },
  isOptional: boolean,
  { agents }: Configuration,
): GatewayCredentials {
  const profile = profileOfApp(agents, identity.githubApp);
  const appId = profile?.clientId ?? profile?.appId;
  return {
    ...{ name: names[kind], secretName, type: kind === "app" ? "app" : "token", isOptional },
    ...(identity.githubApp !== undefined && { appName: identity.githubApp }),
    ...(appId !== undefined && { appId }),
  };
}

function gatewayPart(
  served: readonly Served[],
  { name, secretName, key, type, appName, appId, isOptional }: GatewayCredentials,
  configuration: Configuration,
): GatewayPart {
  const directory = `/gateway/git/${name}`;
  const hosts = hostsOf(served, configuration);
  const items = key === undefined ? {} : { items: [{ key, path: key }] };
  return {
    entry: {
      repositories: served.map(({ url, branch, verdict }) => ({
        ...{ url, access: branch === undefined ? "read" : "write", credentials: name },
        ...(branch !== undefined && { branch }),
        ...(verdict !== undefined && { verdict }),
      })),
      credentials: {
        [name]: {
          ...{ type, directory, secretName },
          ...(key !== undefined && { key }),
          ...(appName !== undefined && { appName }),
          ...(appId !== undefined && { appId }),
          ...(isOptional && { isOptional }),
        },
      },
      hosts: Object.fromEntries(hosts.map(({ host, entry }) => [host, entry])),
    },
    volumes: [
      { name, secret: { secretName, defaultMode: keyMode, ...items, ...(isOptional && { optional: true }) } },
      ...hosts.flatMap(({ authority }) => (authority ? [authority.volume] : [])),
    ],
    mounts: [
      { name, mountPath: directory, readOnly: true },
      ...hosts.flatMap(({ authority }) => (authority ? [authority.mount] : [])),
    ],
  };
}

interface HostUse {
  readonly host: string;
  readonly entry: object;
  readonly authority?: { readonly volume: Volume; readonly mount: Mount };
}

/** The hosts of repositories, each with the API and the authorities of the configuration. */
function hostsOf(served: readonly Served[], configuration: Configuration): HostUse[] {
  const byHost = new Map(served.map((each) => [new URL(each.url).host, each]));
  return [...byHost].map(([host, { url, named }], index) => {
    const server = gitServer(url, configuration) ?? gitServer(named, configuration);
    const entry = { ...(server && { apiUrl: server.apiUrl }) };
    if (server?.caConfigMapName === undefined) return { host, entry };
    const name = `git-ca-${index}`;
    const mountPath = `/gateway/git-authorities/${index}`;
    return {
      host,
      entry: { ...entry, caFile: `${mountPath}/ca.crt` },
      authority: {
        volume: { name, configMap: { name: server.caConfigMapName, items: [{ key: "ca.crt", path: "ca.crt" }] } },
        mount: { name, mountPath, readOnly: true },
      },
    };
  });
}

/** The origins of a gateway's repositories, such as `https://github.com`. */
export function gitOrigins({ repositories }: GatewayGit): string[] {
  return [...new Set(repositories.map(({ url }) => new URL(url).origin))];
}

/** As the start script makes it: `owner/name` is on GitHub, and an App uses https in the place of ssh. */
export function fullUrl(url: string, { githubApp }: GitIdentity): string {
  if (isSsh(url)) return githubApp === undefined ? url : httpsUrl(url);
  return httpOrigin(url) === undefined ? `https://github.com/${url.replace(/\.git$/, "")}.git` : url;
}

/** The https URL of a repository that is named by its ssh URL. */
function httpsUrl(url: string): string {
  const path = url.startsWith("ssh://") ? url.replace(/^ssh:\/\/[^/]*\//, "") : url.replace(/^[^:]*:/, "");
  const slug = path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split("/")
    .slice(-2)
    .join("/");
  return `https://${(repositoryHost(url) ?? "github.com").replace(/:\d+$/, "")}/${slug}.git`;
}
