/** Why an attempt failed: the reason and the words of the status, from its Job, its pods and the gateway's report. Pure. */
import { isDisruption } from "../api/failure-classes.js";
import { formatTime } from "../runtime/clock.js";
import type { Pod, Stored } from "../runtime/client/objects.js";
import { cannotBeExecuted, failedInit, type ContainerEnds } from "./container-ends.js";
import type { SpendingReport } from "./usage.js";

export interface Failure {
  /** CamelCase. */
  readonly reason: string;
  /** Without a full stop. */
  readonly clause: string;
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
export function refusedAtEnd(spending: SpendingReport | undefined): Failure | undefined {
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

/** The Job controller's words. Source: pkg/controller/job/pod_failure_policy.go in Kubernetes. */
const disruptedPod = /\bcondition DisruptionTarget matching FailJob rule\b/;

/** An attempt with a limit of spending, whose Job does not replace its pod. */
function disruption(
  { reason, message }: { reason: string; message: string },
  pods: readonly Stored<Pod>[],
): Failure | undefined {
  if (reason !== "PodFailurePolicy" || !disruptedPod.test(message)) return undefined;
  const conditions = pods.flatMap(({ status }) => status?.conditions ?? []);
  const words = conditions.findLast(({ type }) => type === "DisruptionTarget")?.message ?? "";
  const clause = words.trim().replace(/\.$/, "");
  return { reason: "Disrupted", clause: `Kubernetes ended its pod${clause === "" ? "" : `: ${clause}`}` };
}

/** Why a Job that failed did so. `pods` are its own, the oldest first. */
export function failure(
  finished: { reason: string; message: string },
  pods: readonly Stored<Pod>[],
  { agent, deliver, failed }: ContainerEnds,
  spending: SpendingReport | undefined,
): Failure {
  if (finished.reason === "DeadlineExceeded") {
    return { reason: "DeadlineExceeded", clause: "it exceeded activeDeadlineSeconds" };
  }
  const disrupted = disruption(finished, pods);
  if (disrupted !== undefined) return disrupted;
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
