import type { Phase } from "./generated/taskrun.js";

/** Every phase, in the order a run goes through them. */
export const phases: readonly Phase[] = ["Pending", "Running", "Succeeded", "Failed", "Cancelled"];

/** Whether nothing more happens by itself: only a manual retry, where that is allowed, goes on from here. */
export function isTerminal(phase: Phase | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed" || phase === "Cancelled";
}

/** Whether an object still takes part in the work: it has not ended and is not being deleted. */
export function isLive(object: {
  readonly metadata?: { readonly deletionTimestamp?: string };
  readonly status?: { readonly phase?: Phase };
}): boolean {
  return object.metadata?.deletionTimestamp === undefined && !isTerminal(object.status?.phase);
}
