/** Reads from a Job and its pods how an attempt ended. Pure. */
import { ownerUID, runAnnotations } from "./metadata.js";
import type { Outcome } from "./run.js";
import { toSentence } from "./message.js";
import { parseTerminationMessage, type AgentResult } from "./termination.js";
import { gatewayContainer, parseUsageReport, sumOfUsage, type SpendingReport } from "./usage.js";
import { isDisruption } from "../api/failure-classes.js";
import { deliverContainer, dockerContainer } from "../api/names.js";
import { formatTime } from "../runtime/clock.js";
import type { Job, Pod, Stored } from "../runtime/client/objects.js";

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

/** Whether the known pods show how the agent ended, and how its work was delivered. */
export function hasAgentEnded(job: Stored<Job>, pods: readonly Stored<Pod>[], agentContainer: string): boolean {
  return podsOf(job, pods).some((pod) => {
    if (hasFailedInit(pod)) return true;
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

function hasFailedInit(pod: Pod): boolean {
  return failedInit(pod) !== undefined;
}

/** The init container that failed. Side-cars are none: they start again, and end with the pod. */
function failedInit(pod: Pod): Terminated | undefined {
  const { spec, status } = pod;
  // caches keep no spec
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const names: ReadonlySet<string> = new Set([gatewayContainer, dockerContainer, ...sidecars.map(({ name }) => name)]);
  const ended = (status?.initContainerStatuses ?? [])
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => terminated(pod, name));
  return ended.find((state) => state !== undefined && state.exitCode !== 0);
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

/** How the containers of an attempt's last pods ended, as far as they have. */
interface ContainerEnds {
  readonly agent: Terminated | undefined;
  readonly deliver: Terminated | undefined;
  /** The one whose failure ended the attempt. */
  readonly failed: Terminated | undefined;
}

function containerEnds(pods: readonly Stored<Pod>[], agentContainer: string): ContainerEnds {
  const last = (container: string): Terminated | undefined =>
    pods.map((pod) => terminated(pod, container)).findLast((state) => state !== undefined);
  const [agent, deliver] = [last(agentContainer), last(deliverContainer)];
  const init = pods.map((pod) => failedInit(pod)).findLast((state) => state !== undefined);
  // where the agent failed, nothing is delivered
  const failed = [agent, deliver, init].find((state) => state !== undefined && state.exitCode !== 0);
  return { agent, deliver, failed };
}

/** Before the agent, only the start script has exit codes with a meaning: it says why it failed. */
function exitCodeOf({ agent, failed }: ContainerEnds): number | undefined {
  const decisive = failed ?? agent;
  return agent === undefined && failed?.message === undefined ? undefined : decisive?.exitCode;
}

/** What the agent reports, with what became of its work; of an attempt that failed elsewhere, what that container reports. */
function resultOf({ agent, deliver, failed }: ContainerEnds): AgentResult {
  // of a container that never ran, the message is the runtime's
  const reported = (end: Terminated | undefined): AgentResult =>
    parseTerminationMessage(end === undefined || cannotBeExecuted(end) ? undefined : end.message);
  if (agent === undefined) return reported(failed);
  const { summary, ...delivered } = reported(deliver);
  const reason = deliver !== undefined && failed === deliver && summary !== undefined ? { summary } : {};
  return { ...reported(agent), ...delivered, ...reason };
}

const reporter = ({ agent, failed }: ContainerEnds): string =>
  failed === undefined || failed === agent ? "The agent" : `Container ${failed.container}`;

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

function exceededStorage(pod: Pod | undefined): Failure | undefined {
  const { phase, reason, message = "" } = pod?.status ?? {};
  if (phase !== "Failed" || reason !== "Evicted") return undefined;
  const remedy = storageEvictions.find(([pattern]) => pattern.test(message))?.[1];
  if (remedy === undefined) return undefined;
  const words = message.trim().replace(/\.$/, "");
  return { reason: "StorageLimitExceeded", clause: `its pod was evicted: ${words}; ${remedy}` };
}

interface Failure {
  /** CamelCase. */
  readonly reason: string;
  /** Without a full stop. */
  readonly clause: string;
}

/** Why models were refused, as the gateway reports it. */
function spendingEnd(spending: SpendingReport | undefined): Failure | undefined {
  const { budgetExceeded, keyRefused, limited, unavailable } = spending ?? {};
  if (budgetExceeded !== undefined)
    return {
      reason: "BudgetExceeded",
      clause: `${budgetExceeded}; raise spec.budget and spec.retryAttempt to continue`,
    };
  if (keyRefused !== undefined) {
    const { upstream, status } = keyRefused;
    const remedy = "correct the Secret with its key, and raise spec.retryAttempt";
    return { reason: "KeyRefused", clause: `provider ${upstream} refused the key (status ${status}); ${remedy}` };
  }
  if (limited !== undefined) return { reason: "ProviderLimited", clause: limitClause(limited) };
  if (unavailable === undefined) return undefined;
  const { upstream, status } = unavailable;
  const what = status === undefined ? "could not be reached" : `answered with an error of its own (status ${status})`;
  return { reason: "ProviderUnavailable", clause: `provider ${upstream} ${what}` };
}

/** A program may exit with 0 although its last request was refused: then it has not done its work. */
function refusedAtEnd(spending: SpendingReport | undefined): Failure | undefined {
  const { lastRefused, budgetExceeded, keyRefused, limited } = spending ?? {};
  if (spending === undefined || lastRefused === undefined) return undefined;
  const end = spendingEnd({
    usage: spending.usage,
    ...(lastRefused === "budget" && budgetExceeded !== undefined && { budgetExceeded }),
    ...(lastRefused === "key" && keyRefused && { keyRefused }),
    ...(lastRefused === "limits" && limited && { limited }),
  });
  return end && { ...end, clause: `the agent exited with code 0 after its last request was refused: ${end.clause}` };
}

function limitClause({ upstream, status, until }: NonNullable<SpendingReport["limited"]>): string {
  const reset = until === undefined ? "" : ` until ${formatTime(until)}`;
  return `provider ${upstream} refused requests for its limits (status ${status})${reset}`;
}

function failure(
  finished: { reason: string; message: string },
  pods: readonly Stored<Pod>[],
  { agent, deliver, failed }: ContainerEnds,
  spending: SpendingReport | undefined,
): Failure {
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
  if (failed !== undefined && cannotBeExecuted(failed)) {
    const [what, remedy] =
      failed === agent
        ? ["the agent's container", "correct agent.command in the configuration, or the image"]
        : [`container ${failed.container}`, "correct the image"];
    return {
      reason: "CommandNotFound",
      clause: `${what} could not be started: ${failed.message ?? failed.reason}; ${remedy}`,
    };
  }
  if (agent !== undefined && agent.exitCode !== 0) {
    const spent = spendingEnd(spending);
    if (spent !== undefined) return spent;
    const { reason, message = "" } = pods.at(-1)?.status ?? {};
    // 128 + SIGTERM, SIGKILL: Kubernetes ended it, not the agent
    if (isDisruption(reason) && [143, 137].includes(agent.exitCode))
      return { reason: reason ?? "", clause: message.trim().replace(/\.$/, "") || `its pod failed (${reason ?? ""})` };
    return { reason: "AgentFailed", clause: `the agent exited with code ${agent.exitCode}` };
  }
  if (agent !== undefined && deliver !== undefined && deliver.exitCode !== 0)
    return {
      reason: "DeliveryFailed",
      clause: `the agent's work was not delivered: container ${deliver.container} exited with code ${deliver.exitCode}`,
    };
  for (const pod of pods.toReversed()) {
    const init = failedInit(pod);
    if (init !== undefined) {
      return {
        reason: "WorkspaceNotPrepared",
        clause: `container ${init.container} exited with code ${init.exitCode}`,
      };
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
