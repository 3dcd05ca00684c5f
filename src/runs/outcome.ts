/** Reads from a Job and its pods how an attempt ended. Pure. */
import { ownerUID } from "./metadata.js";
import type { Outcome } from "./run.js";
import { toSentence } from "./message.js";
import { parseTerminationMessage, type AgentResult } from "./termination.js";
import type { Job, Pod, Stored } from "../runtime/client/objects.js";

/** The end of an attempt, as far as Job and pods show it. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  /** RFC 3339; absent if nothing records it. */
  readonly at?: string;
  /** Of the agent's container. */
  readonly exitCode?: number;
  /** CamelCase. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  readonly result: AgentResult;
}

/** Complete or Failed. The API server guarantees that a Job has at most one of them, and never loses it. */
export function finishedCondition(
  job: Job,
): { succeeded: boolean; reason: string; message: string; at?: string } | undefined {
  const condition = job.status?.conditions?.find(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
  if (condition === undefined) return undefined;
  const at = job.status?.completionTime ?? condition.lastTransitionTime;
  return {
    succeeded: condition.type === "Complete",
    reason: condition.reason ?? condition.type,
    message: condition.message ?? "",
    ...(at !== undefined && { at }),
  };
}

/** Whether the Job's pods may still run. A finished Job has no running pod left. */
export function isActive(job: Job): boolean {
  return finishedCondition(job) === undefined;
}

export function podsOf(job: Stored<Job>, pods: readonly Stored<Pod>[]): Stored<Pod>[] {
  return pods
    .filter((pod) => ownerUID(pod) === job.metadata.uid)
    .sort((a, b) => (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? ""));
}

interface Terminated {
  readonly container: string;
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
}

function terminated(pod: Pod, container: string): Terminated | undefined {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const state = all.find(({ name }) => name === container)?.state?.terminated;
  if (state === undefined) return undefined;
  return {
    container,
    exitCode: state.exitCode,
    reason: state.reason ?? (state.exitCode === 0 ? "Completed" : "Error"),
    ...(state.message !== undefined && { message: state.message }),
  };
}

/** Whether the known pods show how the agent ended. */
export function hasAgentEnded(job: Stored<Job>, pods: readonly Stored<Pod>[], agentContainer: string): boolean {
  return podsOf(job, pods).some((pod) => terminated(pod, agentContainer) !== undefined || hasFailedInit(pod));
}

/** The state of the agent's container, in the pod that the Job has now; undefined until it runs. */
export function agentState(
  job: Stored<Job>,
  pods: readonly Stored<Pod>[],
  agentContainer: string,
): "running" | "terminated" | undefined {
  const statuses = podsOf(job, pods).at(-1)?.status?.containerStatuses;
  const state = statuses?.find(({ name }) => name === agentContainer)?.state;
  if (state?.running !== undefined) return "running";
  return state?.terminated === undefined ? undefined : "terminated";
}

function hasFailedInit(pod: Pod): boolean {
  return (pod.status?.initContainerStatuses ?? []).some(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
}

/** How a finished Job ended; undefined while it is not finished. */
export function endOf(
  job: Stored<Job>,
  pods: readonly Stored<Pod>[],
  attempt: { readonly number: number; readonly agentContainer: string },
): AttemptEnd | undefined {
  const finished = finishedCondition(job);
  if (finished === undefined) return undefined;
  const own = podsOf(job, pods);
  const agent = own.map((pod) => terminated(pod, attempt.agentContainer)).findLast((state) => state !== undefined);
  // of a container that never ran, the message is the runtime's
  const result = parseTerminationMessage(agent !== undefined && cannotBeExecuted(agent) ? undefined : agent?.message);
  const at = finished.at === undefined ? {} : { at: finished.at };
  const exit = agent === undefined ? {} : { exitCode: agent.exitCode };
  if (finished.succeeded) {
    const summary = result.summary === undefined ? "." : `: ${result.summary}`;
    return {
      outcome: "Succeeded",
      ...at,
      ...exit,
      reason: "Completed",
      message: `Attempt ${attempt.number} succeeded${summary}`,
      result,
    };
  }
  const { reason, clause } = failure(finished, own, agent);
  const logs = `kubectl logs -n ${job.metadata.namespace ?? "default"} job/${job.metadata.name} --all-containers`;
  const summary = result.summary === undefined ? "" : ` The agent reports: ${toSentence(result.summary)}`;
  return {
    outcome: "Failed",
    ...at,
    ...exit,
    reason,
    message: `${toSentence(`Attempt ${attempt.number} failed: ${clause}`)}${summary} See \`${logs}\`.`,
    result,
  };
}

/** The container runtime's words for a command that the image lacks or cannot execute. Other failures to start may pass. */
const notExecutable = /executable file not found|no such file or directory|permission denied|exec format error/i;

function cannotBeExecuted({ reason, message = "" }: Terminated): boolean {
  return (reason === "StartError" || reason === "ContainerCannotRun") && notExecutable.test(message);
}

/**
 * The kubelet's words when it evicts a pod for what the pod itself stored, and where the limit is set. Such a pod has no condition
 * DisruptionTarget, and its containers exit with 137. Source: pkg/kubelet/eviction/helpers.go in Kubernetes.
 */
const storageEvictions: readonly (readonly [RegExp, string])[] = [
  [/^Usage of EmptyDir volume "[^"]*" exceeds the limit/i, "raise agent.scratch in the configuration"],
  [
    /^(?:Pod ephemeral local storage usage exceeds|Container \S+ exceeded its local ephemeral storage limit)/i,
    "raise spec.resources.limits.ephemeral-storage, or containerLimits in the configuration",
  ],
];

function exceededStorage(pod: Pod | undefined): { reason: string; clause: string } | undefined {
  const { phase, reason, message = "" } = pod?.status ?? {};
  if (phase !== "Failed" || reason !== "Evicted") return undefined;
  const remedy = storageEvictions.find(([pattern]) => pattern.test(message))?.[1];
  if (remedy === undefined) return undefined;
  const words = message.trim().replace(/\.$/, "");
  return { reason: "StorageLimitExceeded", clause: `its pod was evicted: ${words}; ${remedy}` };
}

function failure(
  finished: { reason: string; message: string },
  pods: readonly Stored<Pod>[],
  agent: Terminated | undefined,
): { reason: string; clause: string } {
  if (finished.reason === "DeadlineExceeded") {
    return { reason: "DeadlineExceeded", clause: "it exceeded activeDeadlineSeconds" };
  }
  const exceeded = exceededStorage(pods.at(-1));
  if (exceeded !== undefined) return exceeded;
  if (agent?.reason === "OOMKilled") {
    return {
      reason: "OOMKilled",
      clause: "the agent exceeded its memory limit; raise spec.resources.limits.memory",
    };
  }
  if (agent !== undefined && cannotBeExecuted(agent)) {
    const clause = `the agent's container could not be started: ${agent.message ?? agent.reason}; correct agent.command in the configuration, or the image`;
    return { reason: "CommandNotFound", clause };
  }
  if (agent !== undefined && agent.exitCode !== 0) {
    return { reason: "AgentFailed", clause: `the agent exited with code ${agent.exitCode}` };
  }
  for (const pod of pods.toReversed()) {
    const init = (pod.status?.initContainerStatuses ?? []).find(
      ({ state }) => (state?.terminated?.exitCode ?? 0) !== 0,
    );
    const code = init?.state?.terminated?.exitCode;
    if (init !== undefined && code !== undefined) {
      return { reason: "WorkspaceNotPrepared", clause: `container ${init.name} exited with code ${code}` };
    }
    if (pod.status?.phase === "Failed" && pod.status.reason !== undefined) {
      return { reason: pod.status.reason, clause: pod.status.message ?? `its pod failed (${pod.status.reason})` };
    }
  }
  return {
    reason: finished.reason,
    clause: finished.message === "" ? "its Job failed" : finished.message.replace(/\.$/, ""),
  };
}
