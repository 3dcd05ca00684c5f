/** The Secrets by which an agent reaches its repositories, as files of its container. Pure. */
import { gitSecrets, type GitIdentity, type GitSecretKind } from "../api/git.js";
import type { PodSpec } from "../runs/pod-spec.js";

type Volume = NonNullable<PodSpec["volumes"]>[number];
type Mount = NonNullable<PodSpec["containers"][number]["volumeMounts"]>[number];

export interface GitAccess {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly Mount[];
}

/**
 * Owner may read. The kubelet adds the group's bit for fsGroup, by which the agent reads it, as the owner is root; ssh
 * only minds a key's mode where the user owns the file.
 */
const ownerReads = 0o400;

const names: Readonly<Record<GitSecretKind, string>> = { ssh: "github-ssh", token: "github-pat", app: "github-app" };

/** Whole Secrets: beside a key there may be `known_hosts`, which says whom to trust. */
export function gitAccess(identity: GitIdentity, urls: readonly string[]): GitAccess {
  const required = gitSecrets(identity, urls);
  // git may go by ssh, but a pull request can only be opened with a token
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
  return { name, secret: { secretName, defaultMode: ownerReads, ...(optional && { optional }) } };
}
