/** What an agent needs to access its repository. Pure. */
import { httpOrigin, isSsh } from "../../api/git.js";
import { gatewayUrl } from "../model-access.js";
import { gitInclude, sshDirectory } from "../gateway-sidecar.js";
import { appOf, branchOf, repositoryIdentity, type Repository, type TaskRun } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";
import { isUsableKey, repositoryKeyOf, type RepositoryKey } from "../../configuration/repository-key.js";
import {
  accessByHttps,
  accessBySsh,
  fullUrl,
  gitAccess,
  publicAccess,
  type GitAccess,
  type RepositoryUse,
} from "../git.js";

/** How the start script of a TaskRun reaches its repository. */
export interface TaskRepository {
  readonly access: GitAccess;
  /** Without a user, which belongs to the credentials. */
  readonly url: string;
  /** Whether work is pushed: not without credentials. */
  readonly isDelivered: boolean;
  /** The App that works in it. */
  readonly githubApp?: string;
  /** What the workspace belongs to. */
  readonly identity: string;
}

export function taskRepository({ spec }: TaskRun, configuration: Configuration): TaskRepository | undefined {
  const { repository } = spec;
  if (repository === undefined) return undefined;
  const githubApp = appOf(spec);
  if (githubApp !== undefined) return repositoryOfApp(spec, githubApp, repository.url, configuration);
  const url = withoutUser(repository.url);
  const named = repositoryKeyOf(repository, configuration);
  const key = named && isUsableKey(named, url) ? named : undefined;
  const use: RepositoryUse = { url, ...(key !== undefined && { branch: branchOf(spec) }) };
  return {
    ...{ url, isDelivered: key !== undefined, identity: repositoryIdentity(spec) },
    access: key === undefined ? publicAccess : accessBy(key, use, repository, configuration),
  };
}

/** An App has no SSH key, so it uses https in the place of ssh. */
function repositoryOfApp(
  spec: TaskRun["spec"],
  githubApp: string,
  named: string,
  configuration: Configuration,
): TaskRepository {
  const url = fullUrl(withoutUser(named), { githubApp });
  const isSecure = httpOrigin(url)?.scheme === "https";
  return {
    ...{ url, githubApp, isDelivered: isSecure, identity: repositoryIdentity(spec) },
    access: isSecure ? gitAccess({ githubApp }, [{ url, branch: branchOf(spec) }], configuration) : publicAccess,
  };
}

function accessBy(
  { type, secretName, item }: RepositoryKey,
  use: RepositoryUse,
  { githubUser, auth }: Repository,
  configuration: Configuration,
): GitAccess {
  if (auth === undefined && githubUser !== undefined) return gitAccess({ githubUser }, [use], configuration);
  // a Secret of type kubernetes.io/ssh-auth may hold known_hosts, too
  if (type === "ssh") return accessBySsh(secretName, item === "ssh-privatekey" ? undefined : item);
  const credentials = { name: "repository", secretName, type, isOptional: false } as const;
  return accessByHttps(use, { ...credentials, ...(item !== undefined && { key: item }) }, configuration);
}

function withoutUser(url: string): string {
  return url.replace(/^(https?:\/\/)[^/@]*@/i, "$1");
}

/** The variables that tell an agent about its repository. */
export function repositoryVariables(spec: Pick<TaskRun["spec"], "repository" | "githubApp">): Record<string, string> {
  const { repository } = spec;
  if (repository === undefined) return {};
  const githubApp = appOf(spec);
  const { url, branch, path, githubUser } = repository;
  return {
    REPOSITORY_URL: url,
    REPOSITORY_BRANCH: branch ?? "main",
    ...(path !== undefined && { REPOSITORY_PATH: path }),
    ...(githubUser !== undefined && { GITHUB_USER: githubUser }),
    ...(githubApp !== undefined && { GITHUB_APP: githubApp }),
  };
}

/** A server that the key does not name is accepted once, as with ssh's usual question; the list of the Secret, if it has one, counts as well. */
const sshCommand = [
  "ssh -F /dev/null -o BatchMode=yes -o IdentityFile=none",
  `-o IdentityAgent=${sshDirectory}/agent.sock`,
  `-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="/tmp/known_hosts ${sshDirectory}/known_hosts"`,
].join(" ");

/**
 * For a configured command, whose git reaches the repository through the gateway: it may push the run's branch. The command's image need
 * not have a shell, so variables configure its git.
 */
export function commandVariables(
  run: TaskRun,
  repository: TaskRepository | undefined,
): Readonly<Record<string, string>> {
  if (repository === undefined) return {};
  const { url, access, isDelivered } = repository;
  const own = { ...repositoryVariables(run.spec), REPOSITORY_URL: url };
  if (!isDelivered || access.gateway === undefined) return own;
  const git = isSsh(url) ? { GIT_SSH_COMMAND: sshCommand } : gitConfig(url);
  return { ...own, BRANCH: branchOf(run.spec), ...git };
}

/** git takes settings from variables since version 2.31. The last one includes the file that lets it push. */
function gitConfig(url: string): Record<string, string> {
  // a prefix of URLs is compared as it is written
  const [written = ""] = /^https?:\/\/[^/]*/i.exec(url) ?? [];
  const { scheme, host } = httpOrigin(url) ?? {};
  if (scheme === undefined || host === undefined) return {};
  const settings = [...new Set([`${scheme}://${host}`, written])].map(
    (origin) => [`url.${gatewayUrl}/git/${new URL(url).host}/.insteadOf`, `${origin}/`] as const,
  );
  const all = [...settings, ["include.path", gitInclude] as const];
  return Object.fromEntries([
    ["GIT_CONFIG_COUNT", String(all.length)],
    ...all.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
  ]) as Record<string, string>;
}
