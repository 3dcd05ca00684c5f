/**
 * Names of a run's objects. They are never parsed: labels, annotations and status have the information.
 */
import { createHash } from "node:crypto";

/** The container of an agent, in the pods of every kind. */
export const agentContainer = "claude-agent";

/** The container before the agent's. */
export const prepareContainer = "prepare-workspace";

/** The side-car with a Docker daemon. */
export const dockerContainer = "docker";

/** The container that pushes what the agent committed. */
export const deliverContainer = "deliver";

/** Longest Job name: its pods carry it in a label, and a label's value has at most 63 characters. */
const longestJobName = 63;

/** First characters of SHA-256 in hex; the same on every machine and in every version. */
export function shortHash(text: string, length = 8): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/**
 * `<front>-run-<number>`. Where that is longer than 63 characters the front is cut and a hash of the whole put before
 * `-run-<number>`, so that two long fronts with the same prefix give different names.
 *
 * @param front a DNS label, but of any length
 */
export function jobName(front: string, number: number): string {
  const end = `-run-${number}`;
  const whole = `${front}${end}`;
  if (whole.length <= longestJobName) return whole;
  const hashed = `-${shortHash(whole)}${end}`;
  const cut = front.slice(0, longestJobName - hashed.length).replace(/[^a-z0-9]+$/, "");
  return `${cut}${hashed}`;
}

/** Name of the ConfigMap with a run's files. ConfigMap names may have 253 characters, so nothing is cut. */
export function filesName(job: string): string {
  return `${job}-files`;
}

/** The file of git's configuration beside the gateway's capability, for containers in which no script of the operator's runs. */
export const gitIncludeName = "gitconfig";
