/** Reads from a Job and its pods how a run ended. Pure. */
import { ownerUID } from "./metadata.js";
import type { Outcome } from "./run.js";
import { toSentence } from "./message.js";
import { parseTerminationMessage, type AgentResult } from "./termination.js";
import type { Job, Pod, Stored } from "../runtime/client/objects.js";

/** The end of a run, as far as Job and pods tell. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  /** RFC 3339; absent where nothing says when. */
  readonly at?: string;
  /** Of the agent's container. */
  readonly exitCode?: number;
  /** CamelCase. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  readonly result: AgentResult;
}

/** Complete or Failed; the API server guarantees that a Job has at most one of them, and never loses it. */
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

/** Whether the Job's pods may still do something. A finished Job has no pod left that runs. */
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

/** Whether the pods that are known tell how the agent ended. */
export function hasAgentEnded(job: Stored<Job>, pods: readonly Stored<Pod>[], agentContainer: string): boolean {
  return podsOf(job, pods).some((pod) => terminated(pod, agentContainer) !== undefined || hasFailedInit(pod));
}

function hasFailedInit(pod: Pod): boolean {
  return (pod.status?.initContainerStatuses ?? []).some(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
}

/** How a finished Job ended; undefined while it isn't finished. */
export function endOf(
  job: Stored<Job>,
  pods: readonly Stored<Pod>[],
  run: { readonly number: number; readonly agentContainer: string },
): AttemptEnd | undefined {
  const finished = finishedCondition(job);
  if (finished === undefined) return undefined;
  const own = podsOf(job, pods);
  const agent = own.map((pod) => terminated(pod, run.agentContainer)).findLast((state) => state !== undefined);
  const result = parseTerminationMessage(agent?.message);
  const at = finished.at === undefined ? {} : { at: finished.at };
  const exit = agent === undefined ? {} : { exitCode: agent.exitCode };
  if (finished.succeeded) {
    const said = result.summary === undefined ? "." : `: ${result.summary}`;
    return {
      outcome: "Succeeded",
      ...at,
      ...exit,
      reason: "Completed",
      message: `Run ${run.number} succeeded${said}`,
      result,
    };
  }
  const { reason, words } = failure(finished, own, agent);
  const look = `kubectl logs -n ${job.metadata.namespace ?? "default"} job/${job.metadata.name} --all-containers`;
  const said = result.summary === undefined ? "" : ` The agent says: ${toSentence(result.summary)}`;
  return {
    outcome: "Failed",
    ...at,
    ...exit,
    reason,
    message: `${toSentence(`Run ${run.number} failed: ${words}`)}${said} See \`${look}\`.`,
    result,
  };
}

function failure(
  finished: { reason: string; message: string },
  pods: readonly Stored<Pod>[],
  agent: Terminated | undefined,
): { reason: string; words: string } {
  if (finished.reason === "DeadlineExceeded") {
    return { reason: "DeadlineExceeded", words: "it took longer than activeDeadlineSeconds allows" };
  }
  if (agent?.reason === "OOMKilled") {
    return {
      reason: "OOMKilled",
      words: "the agent needed more memory than its limit; raise spec.resources.limits.memory",
    };
  }
  if (agent !== undefined && agent.exitCode !== 0) {
    return { reason: "AgentFailed", words: `the agent ended with exit code ${agent.exitCode}` };
  }
  for (const pod of pods.toReversed()) {
    const init = (pod.status?.initContainerStatuses ?? []).find(
      ({ state }) => (state?.terminated?.exitCode ?? 0) !== 0,
    );
    const code = init?.state?.terminated?.exitCode;
    if (init !== undefined && code !== undefined) {
      return { reason: "WorkspaceNotPrepared", words: `container ${init.name} ended with exit code ${code}` };
    }
    if (pod.status?.phase === "Failed" && pod.status.reason !== undefined) {
      return { reason: pod.status.reason, words: pod.status.message ?? `its pod failed (${pod.status.reason})` };
    }
  }
  return {
    reason: finished.reason,
    words: finished.message === "" ? "its Job failed" : finished.message.replace(/\.$/, ""),
  };
}
