import type { Phase } from "./generated/taskrun.js";

/** All phases, in the order of a run's life. */
export const phases: readonly Phase[] = ["Pending", "Running", "Succeeded", "Failed", "Cancelled"];

/** Whether a phase is final. Only a manual retry changes a final phase. */
export function isTerminal(phase: Phase | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed" || phase === "Cancelled";
}

/** Whether a run has not ended and is not being deleted. */
export function isLive(object: {
  readonly metadata?: { readonly deletionTimestamp?: string };
  readonly status?: { readonly phase?: Phase };
}): boolean {
  return object.metadata?.deletionTimestamp === undefined && !isTerminal(object.status?.phase);
}
