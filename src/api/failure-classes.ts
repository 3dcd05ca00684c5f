/**
 * What follows a failed attempt, by the class of its failure. Each reason of an attempt's end has one class ({@link failureClassOf});
 * docs/reference/reasons.md is made from both tables.
 */
import { reasons, type Reason } from "./reasons.js";

export type FailureClass =
  "person" | "providerLimit" | "disruption" | "start" | "network" | "agent" | "resources" | "delivery" | "lost";

/** A key of `retry` in the configuration whose `maxRetries` bounds the retries of a class. */
export type RetryBound = "providerLimits" | "disruptions";

export interface FailurePolicy {
  readonly meaning: string;
  /** Whether an automatic retry follows, and when: after a back-off, or when the provider's limits are reset. */
  readonly retry: "none" | "backOff" | "reset";
  /** As many retries as this allows do not count against `retry.maxRetries`. Absent: all count. */
  readonly bound?: RetryBound;
}

export const failureClasses: Readonly<Record<FailureClass, FailurePolicy>> = {
  person: {
    meaning: "another attempt would fail the same way until a person has done something",
    retry: "none",
  },
  providerLimit: {
    meaning: "a provider of models refuses requests for its limits",
    retry: "reset",
    bound: "providerLimits",
  },
  disruption: {
    meaning: "Kubernetes ended the pod, or a node rejected it, for reasons of its own",
    retry: "backOff",
    bound: "disruptions",
  },
  start: { meaning: "the pod did not start; another one may", retry: "backOff" },
  network: { meaning: "a repository or a provider of models could not be reached, or was busy", retry: "backOff" },
  agent: { meaning: "the agent failed, took too long, or left out what was requested", retry: "backOff" },
  resources: { meaning: "the pod exceeded its memory or storage", retry: "backOff" },
  delivery: { meaning: "the work is done, and could not be delivered", retry: "backOff" },
  lost: { meaning: "someone removed the Job", retry: "backOff" },
};

/**
 * Reasons that the kubelet gives a pod that it rejects, evicts or loses, without the condition DisruptionTarget, after which the Job would
 * replace it. Sources: pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/eviction and the kubelet's shutdown manager in Kubernetes.
 */
const disruptions: ReadonlySet<string> = new Set([
  ...["Evicted", "Preempting", "NodeLost", "NodeShutdown", "Shutdown", "Terminated"],
  ...["NodeAffinity", "NodePorts", "UnexpectedAdmissionError", "TopologyAffinityError", "InvalidNodeInfo"],
]);

/** Whether a reason is that of a pod which Kubernetes ended, or a node rejected. */
export function isDisruption(reason: string | undefined): boolean {
  // OutOfcpu, OutOfpods and so on: the node has less left than the scheduler thought
  return reason !== undefined && (disruptions.has(reason) || /^OutOf[a-z]/.test(reason));
}

/** The class of an attempt's failure. Reasons that nobody knows are taken for the agent's. */
export function failureClassOf(reason: string | undefined): FailureClass {
  if (reason === undefined) return "agent";
  if (Object.hasOwn(reasons, reason)) {
    const { failure, startProblem } = reasons[reason as Reason];
    if (startProblem !== undefined) return startProblem.retried ? "start" : "person";
    return failure ?? "agent";
  }
  return isDisruption(reason) ? "disruption" : "agent";
}

/** What follows an attempt that ended for this reason. */
export const failurePolicyOf = (reason: string | undefined): FailurePolicy => failureClasses[failureClassOf(reason)];
