/** The Secret with the key of a TaskRun's repository. Pure. */
import { gitServer } from "./git-hosts.js";
import type { Configuration } from "./configuration.js";
import { httpOrigin, isSsh } from "../api/git.js";
import type { Repository } from "../api/taskrun.js";

/** One Secret. */
export interface RepositoryKey {
  readonly type: "token" | "basic" | "ssh";
  readonly secretName: string;
  /** Key of the Secret; `basic` has `username` and `password`. */
  readonly item?: string;
}

/** Whether git can use the key for this URL: one for ssh for a URL of ssh, any other for https. Admission denies keys for plain http. */
export function isUsableKey({ type }: Pick<RepositoryKey, "type">, url: string): boolean {
  return type === "ssh" ? isSsh(url) : httpOrigin(url) !== undefined;
}

/** The key that the run names, by `auth` or `githubUser`, else the token of the configuration, for its hosts; undefined if there is none. */
export function repositoryKeyOf(
  { url, githubUser, auth }: Pick<Repository, "url" | "githubUser" | "auth">,
  configuration: Pick<Configuration, "secrets" | "git">,
): RepositoryKey | undefined {
  const token = (secretName: string, item: string): RepositoryKey => ({ type: "token", secretName, item });
  const ssh = (secretName: string, item: string): RepositoryKey => ({ type: "ssh", secretName, item });
  if (auth !== undefined) {
    const item = auth.secretKey ?? "token";
    switch (auth.type) {
      case "Token":
        return token(auth.secretName, item);
      case "SshKey":
        // `token` is the CRD's default; Secrets of type kubernetes.io/ssh-auth use `ssh-privatekey`
        return ssh(auth.secretName, item === "token" ? "ssh-privatekey" : item);
      case "BasicAuth":
        return { type: "basic", secretName: auth.secretName };
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
  return isSsh(url) ? ssh(`github-ssh-${user}`, "ssh-privatekey") : token(`github-pat-${user}`, "token");
}
