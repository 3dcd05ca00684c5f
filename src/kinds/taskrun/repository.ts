/** What an agent needs to access its repository. Pure. */
import { httpOrigin } from "../../api/git.js";
import { branchOf, repositoryIdentity, type Repository, type TaskRun } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";
import { isUsableKey, repositoryKeyOf, type RepositoryKey } from "../../configuration/repository-key.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import {
  accessByHttps,
  accessBySsh,
  gitAccess,
  keyMode,
  publicAccess,
  type GitAccess,
  type RepositoryUse,
} from "../git.js";

type Volume = NonNullable<PodSpec["volumes"]>[number];

/** How the start script of a TaskRun reaches its repository. */
export interface TaskRepository {
  readonly access: GitAccess;
  /** Without a user, which belongs to the credentials. */
  readonly url: string;
  /** Whether work is pushed: not without credentials. */
  readonly isDelivered: boolean;
  /** What the workspace belongs to. */
  readonly identity: string;
}

export function taskRepository({ spec }: TaskRun, configuration: Configuration): TaskRepository | undefined {
  const { repository } = spec;
  if (repository === undefined) return undefined;
  const url = withoutUser(repository.url);
  const named = repositoryKeyOf(repository, configuration);
  const key = named && isUsableKey(named, url) ? named : undefined;
  const use: RepositoryUse = { url, ...(key !== undefined && { branch: branchOf(spec) }) };
  return {
    ...{ url, isDelivered: key !== undefined, identity: repositoryIdentity(spec) },
    access: key === undefined ? publicAccess : accessBy(key, use, repository, configuration),
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
export function repositoryVariables(repository: Repository | undefined): Record<string, string> {
  if (repository === undefined) return {};
  const { url, branch, path, githubUser } = repository;
  return {
    REPOSITORY_URL: url,
    REPOSITORY_BRANCH: branch ?? "main",
    ...(path !== undefined && { REPOSITORY_PATH: path }),
    ...(githubUser !== undefined && { GITHUB_USER: githubUser }),
  };
}

/** For a configured command, which reads the key itself. */
export interface CommandAccess {
  readonly env: Readonly<Record<string, string>>;
  /** Absent: the repository needs no key. */
  readonly volume?: Volume;
}

export const secretVolume = "repository-secret";
export const secretDirectory = "/secrets/repository";

/** git credential helpers that read user and password from files. Constants: they contain no value of a user. */
const credentialHelper = {
  token: `!f() { echo username=x-access-token; printf 'password=%s\\n' "$(cat ${secretDirectory}/token)"; }; f`,
  basic: `!f() { printf 'username=%s\\n' "$(cat ${secretDirectory}/username)"; printf 'password=%s\\n' "$(cat ${secretDirectory}/password)"; }; f`,
};

const sshCommand = `ssh -i ${secretDirectory}/ssh-privatekey -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new`;

/** Environment variables, and one mounted Secret. */
export function commandAccess(repository: Repository | undefined, configuration: Configuration): CommandAccess {
  const env = repositoryVariables(repository);
  const key = repository && repositoryKeyOf(repository, configuration);
  if (repository === undefined || key === undefined) return { env };
  const { type, secretName, item } = key;
  const path = type === "ssh" ? "ssh-privatekey" : "token";
  return {
    env: {
      ...env,
      ...(type === "ssh" ? { GIT_SSH_COMMAND: sshCommand } : gitConfig(repository.url, credentialHelper[type])),
    },
    volume: {
      name: secretVolume,
      secret: {
        secretName,
        defaultMode: keyMode,
        ...(item !== undefined && { items: [{ key: item, path, mode: keyMode }] }),
      },
    },
  };
}

/**
 * The helper answers only for the repository's own host, and only over https: git asks it for any server that answers 401, such as that of
 * a submodule, and over http anyone on the way could read the answer. Admission refuses credentials with an http URL.
 */
function gitConfig(url: string, helper: string): Record<string, string> {
  const origin = httpOrigin(url);
  if (origin?.scheme !== "https") return {};
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `credential.https://${origin.host}.helper`,
    GIT_CONFIG_VALUE_0: helper,
  };
}
