/** Reads from a Job and its pods how an attempt ended. Pure. */
import { deliverContainer } from "../api/names.js";
import type { Job, Pod, Stored } from "../runtime/client/objects.js";
import { containerEnds, exitCodeOf, failedInit, resultOf, terminated, type ContainerEnds } from "./container-ends.js";
import { failure, refusedAtEnd } from "./failure.js";
import { toSentence } from "./message.js";
import { ownerUID, runAnnotations } from "./metadata.js";
import type { Outcome } from "./run.js";
import type { AgentResult } from "./termination.js";
import { gatewayContainer, parseUsageReport, sumOfUsage, type SpendingReport } from "./usage.js";

/** The end of an attempt, as far as Job and pods show it. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  /** RFC 3339; absent if nothing records it. */
  readonly at?: string;
  /** Of the container that the attempt failed in, else of the agent's. */
  readonly exitCode?: number;
  /** CamelCase. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  readonly result: AgentResult;
  /** Absent if no gateway has reported. */
  readonly spending?: SpendingReport;
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

/** Whether the known pods show how the agent ended, and how its work was delivered. */
export function hasAgentEnded(job: Stored<Job>, pods: readonly Stored<Pod>[], agentContainer: string): boolean {
  return podsOf(job, pods).some((pod) => {
    if (failedInit(pod) !== undefined) return true;
    const agent = terminated(pod, agentContainer);
    return agent !== undefined && (agent.exitCode !== 0 || hasDelivered(pod));
  });
}

/** Whether the container that delivers has ended, or there is none. */
function hasDelivered(pod: Pod): boolean {
  const delivers = pod.status?.containerStatuses?.some(({ name }) => name === deliverContainer) === true;
  return !delivers || terminated(pod, deliverContainer) !== undefined;
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

/** What the gateways of a Job's pods have reported so far; undefined if none has, or there is none. */
export function spendingOf(job: Stored<Job>, pods: readonly Stored<Pod>[]): SpendingReport | undefined {
  const reports = podsOf(job, pods).flatMap((pod) => {
    const status = pod.status?.initContainerStatuses?.find(({ name }) => name === gatewayContainer);
    const { state, lastState } = status ?? {};
    // one that waits to be started again has left its report before
    const ended = state?.terminated ?? (state?.waiting === undefined ? undefined : lastState?.terminated);
    return parseUsageReport(ended?.message) ?? [];
  });
  const last = reports.at(-1);
  return last && { ...last, usage: reports.map(({ usage }) => usage).reduce(sumOfUsage) };
}

/** Whether the known pods show how the gateway ended, or that it never ran. */
export function hasGatewayEnded(job: Stored<Job>, pods: readonly Stored<Pod>[]): boolean {
  return podsOf(job, pods).every((pod) => {
    const state = pod.status?.initContainerStatuses?.find(({ name }) => name === gatewayContainer)?.state;
    return state?.terminated !== undefined || state?.waiting !== undefined;
  });
}

/** Whether the pods of a Job have a gateway. The cache of Jobs does without their templates. */
export function hasGateway({ metadata }: Stored<Job>): boolean {
  return metadata.annotations?.[runAnnotations.gateway] === "true";
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
  const ends = containerEnds(own, attempt.agentContainer);
  const result = resultOf(ends);
  const at = finished.at === undefined ? {} : { at: finished.at };
  const exitCode = exitCodeOf(ends);
  const exit = exitCode === undefined ? {} : { exitCode };
  const spending = spendingOf(job, pods);
  const used = spending && { spending };
  const refused = finished.succeeded ? refusedAtEnd(spending) : undefined;
  if (finished.succeeded && refused === undefined) {
    const summary = result.summary === undefined ? "." : `: ${result.summary}`;
    return {
      outcome: "Succeeded",
      ...at,
      ...exit,
      ...used,
      reason: "Completed",
      message: `Attempt ${attempt.number} succeeded${summary}`,
      result,
    };
  }
  const { reason, clause } = refused ?? failure(finished, own, ends, spending);
  // kubectl shows no logs of all containers while one has not begun
  const containers = ends.agent === undefined && ends.failed ? `-c ${ends.failed.container}` : "--all-containers";
  const logs = `kubectl logs -n ${job.metadata.namespace ?? "default"} job/${job.metadata.name} ${containers}`;
  const summary = result.summary === undefined ? "" : ` ${reporter(ends)} reports: ${toSentence(result.summary)}`;
  return {
    outcome: "Failed",
    ...at,
    ...exit,
    ...used,
    reason,
    message: `${toSentence(`Attempt ${attempt.number} failed: ${clause}`)}${summary} See \`${logs}\`.`,
    result,
  };
}

const reporter = ({ agent, failed }: ContainerEnds): string =>
  failed === undefined || failed === agent ? "The agent" : `Container ${failed.container}`;
