/** How an agent accesses its repositories: the Secrets that are mounted, and the hosts that they are for. Pure. */
import { gitSecrets, type GitIdentity, type GitSecretKind } from "../api/git.js";
import type { AnyRun } from "../admission/index.js";
import { repositoriesWithCredentials } from "../admission/repositories.js";
import { viewOf } from "../admission/view.js";
import type { Configuration } from "../configuration/configuration.js";
import { gitHostProblem } from "../configuration/git-hosts.js";
import type { PodSpec } from "../runs/pod-spec.js";

type Volume = NonNullable<PodSpec["volumes"]>[number];
type Mount = NonNullable<PodSpec["containers"][number]["volumeMounts"]>[number];

export interface GitAccess {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly Mount[];
}

/**
 * Mode of mounted keys: only the owner, root, may read. The kubelet adds the group bit for fsGroup, by which the agent
 * reads them. ssh only rejects a key's mode if the user owns the file.
 */
export const keyMode = 0o400;

const names: Readonly<Record<GitSecretKind, string>> = { ssh: "github-ssh", token: "github-pat", app: "github-app" };

/** Why a run's credentials may not be sent to one of its repositories: what the rule git-hosts says at admission. */
export function hostRefusal(run: AnyRun, configuration: Configuration): string | undefined {
  const problems = repositoriesWithCredentials(viewOf(run)).map(({ url }) => gitHostProblem(url, configuration));
  return problems.find((problem) => problem !== undefined);
}

/** Mounts whole Secrets: beside a key they may hold `known_hosts`. */
export function gitAccess(identity: GitIdentity, urls: readonly string[]): GitAccess {
  const required = gitSecrets(identity, urls);
  // git may use ssh, but opening a pull request needs a token
  const token = gitSecrets(identity, ["https://"]).filter(({ name }) => required.every((each) => each.name !== name));
  return {
    volumes: [
      ...required.map(({ kind, name }) => secretVolume(names[kind], name, false)),
      ...token.map(({ kind, name }) => secretVolume(names[kind], name, true)),
    ],
    mounts: [...required, ...token].map(({ kind }) => ({
      name: names[kind],
      mountPath: `/secrets/${names[kind]}`,
      readOnly: true,
    })),
  };
}

function secretVolume(name: string, secretName: string, optional: boolean): Volume {
  return { name, secret: { secretName, defaultMode: keyMode, ...(optional && { optional }) } };
}
