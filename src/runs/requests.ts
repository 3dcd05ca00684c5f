/** What a person requested by changing the spec of a run: another attempt, or its end. Pure. */
import type { AgentRun } from "./run.js";

/** The part of a status or a history that says which requests were acted on. */
export interface ObservedRequests {
  readonly observedRetryAttempt?: number;
  readonly observedContextVersion?: number;
}

/** Why the current attempt has to stop; undefined if it may continue. */
export type StopIntent = "cancel" | "replace" | undefined;

export function stopIntent(run: AgentRun, observed: ObservedRequests): StopIntent {
  if (run.spec.cancel === true) return "cancel";
  return isAttemptRequested(run, observed) ? "replace" : undefined;
}

/** Whether `retryAttempt` or `contextVersion` was raised since the engine last acted on it. */
export function isAttemptRequested(run: AgentRun, observed: ObservedRequests): boolean {
  return isRetryRequested(run, observed) || (run.spec.contextVersion ?? 1) > (observed.observedContextVersion ?? 1);
}

/** Whether `retryAttempt` was raised since the engine last acted on it. */
export function isRetryRequested({ spec }: AgentRun, observed: ObservedRequests): boolean {
  return (spec.retryAttempt ?? 1) > (observed.observedRetryAttempt ?? 1);
}
