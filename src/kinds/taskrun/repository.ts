/** What an agent needs to access its repository: environment variables and one mounted Secret. Pure. */
import { httpOrigin } from "../../api/git.js";
import { keyMode } from "../git.js";
import type { Repository } from "../../api/taskrun.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import { gitServer } from "../../configuration/git-hosts.js";
import type { Configuration } from "../../configuration/configuration.js";

type Volume = NonNullable<PodSpec["volumes"]>[number];

export interface RepositoryAccess {
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

export function repositoryAccess(
  repository: Repository | undefined,
  configuration: Pick<Configuration, "secrets" | "git">,
): RepositoryAccess {
  if (repository === undefined) return { env: {} };
  const { url, branch, path, githubUser } = repository;
  const env = {
    REPOSITORY_URL: url,
    REPOSITORY_BRANCH: branch ?? "main",
    ...(path !== undefined && { REPOSITORY_PATH: path }),
    ...(githubUser !== undefined && { GITHUB_USER: githubUser }),
  };
  const key = keyOf(repository, configuration);
  if (key === undefined) return { env };
  return {
    env: { ...env, ...key.env },
    volume: {
      name: secretVolume,
      secret: {
        secretName: key.secretName,
        defaultMode: keyMode,
        ...(key.item !== undefined && { items: [{ ...key.item, mode: keyMode }] }),
      },
    },
  };
}

interface Key {
  readonly secretName: string;
  /** Absent: the whole Secret. */
  readonly item?: { readonly key: string; readonly path: string };
  readonly env: Readonly<Record<string, string>>;
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

function keyOf(
  { url, githubUser, auth }: Repository,
  configuration: Pick<Configuration, "secrets" | "git">,
): Key | undefined {
  const ssh = (secretName: string, key: string): Key => ({
    secretName,
    item: { key, path: "ssh-privatekey" },
    env: { GIT_SSH_COMMAND: sshCommand },
  });
  const token = (secretName: string, key: string): Key => ({
    secretName,
    item: { key, path: "token" },
    env: gitConfig(url, credentialHelper.token),
  });
  if (auth !== undefined) {
    const key = auth.secretKey ?? "token";
    switch (auth.type) {
      case "Token":
        return token(auth.secretName, key);
      case "SshKey":
        // `token` is the CRD's default; Secrets of type kubernetes.io/ssh-auth use `ssh-privatekey`
        return ssh(auth.secretName, key === "token" ? "ssh-privatekey" : key);
      case "BasicAuth":
        return { secretName: auth.secretName, env: gitConfig(url, credentialHelper.basic) };
    }
  }
  if (githubUser === undefined) {
    const { githubTokenSecretName, githubTokenSecretKey } = configuration.secrets;
    const isForHost = url.startsWith("https://") && gitServer(url, configuration) !== undefined;
    return githubTokenSecretName !== undefined && isForHost
      ? token(githubTokenSecretName, githubTokenSecretKey)
      : undefined;
  }
  const user = githubUser.toLowerCase().replaceAll("_", "-");
  return url.startsWith("git@") || url.startsWith("ssh://")
    ? ssh(`github-ssh-${user}`, "ssh-privatekey")
    : token(`github-pat-${user}`, "token");
}
