/**
 * Whether a run would start an attempt now if a slot is free, and if not, why. Pure.
 *
 * One function answers for everybody: the plan starts an attempt only if it says yes, and the slot book counts a run as
 * waiting for a slot only if it says yes. If the two disagreed, an attempt would start uncounted, or a slot would be
 * reserved for a run that does not take it.
 */
import { dependencyState, type Dependency, type DependencyState } from "./dependencies.js";
import { isAlreadyDone } from "./earlier-end.js";
import { isAttemptRequested, isRetryRequested, type ObservedRequests } from "./requests.js";
import { awaitedRetry } from "./retry.js";
import type { AgentRun, Cause, AttemptRecord, RunStatus } from "./run.js";
import { isTerminal } from "../api/phase.js";
import type { Phase } from "../api/taskrun.js";
import type { Stored } from "../runtime/client/objects.js";
import type { Configuration } from "../configuration/configuration.js";

/** What is recorded of a run's attempts, as far as it decides about the next one. */
export interface Progress extends ObservedRequests {
  readonly phase?: Phase;
  /** The newest attempt; absent before the first. */
  readonly newest?: AttemptRecord;
  /** RFC 3339: when the announced automatic retry starts. */
  readonly nextRetryTime?: string;
}

/** What else decides, beside the run and its progress. */
export interface StartFacts {
  /** A Job exists of an attempt that the status does not record yet. */
  readonly hasUnrecordedJob: boolean;
  /** The newest attempt has ended, and its end is not in the status yet. */
  readonly hasUnrecordedEnd: boolean;
  /** The same request ended before, or has to be compared with one that did. Absent: it did not. */
  readonly earlierEnd?: "same" | "unread";
  /** Evaluated last, and only if nothing else decides: it may read many objects. */
  readonly dependencies: () => readonly Dependency[];
  /** Names of runs that wait for each other, if this run is one of them. */
  readonly dependencyCycle?: readonly string[];
}

export type Eligibility =
  | { readonly eligible: true; readonly cause: Cause; readonly dependencies: DependencyState }
  /** Nothing follows unless the spec changes, or the object is deleted. */
  | { readonly eligible: false; readonly reason: "Deleting" | "Ended" | "Succeeded" | "Cancelled" | "AlreadyDone" }
  /** Whether the same request ended before has to be read. */
  | { readonly eligible: false; readonly reason: "EarlierEndUnread" }
  /** The newest attempt has to end, or its end has to be recorded. */
  | { readonly eligible: false; readonly reason: "AttemptRunning" | "EndNotRecorded" }
  /** Whether an automatic retry follows is still to be decided. */
  | { readonly eligible: false; readonly reason: "RetryUndecided" }
  /** @property retryAt milliseconds since the epoch */
  | { readonly eligible: false; readonly reason: "RetryScheduled"; readonly retryAt: number }
  | {
      readonly eligible: false;
      readonly reason: "Suspended" | "DependenciesNotMet";
      readonly cause: Cause;
      readonly dependencies: DependencyState;
    };

/** The progress that a stored status records. */
export function recordedProgress(status: RunStatus | undefined): Progress {
  const { phase, runs, observedRetryAttempt, observedContextVersion, nextRetryTime } = status ?? {};
  const newest = runs?.at(-1);
  return {
    ...(phase !== undefined && { phase }),
    ...(newest !== undefined && { newest }),
    ...(observedRetryAttempt !== undefined && { observedRetryAttempt }),
    ...(observedContextVersion !== undefined && { observedContextVersion }),
    ...(nextRetryTime !== undefined && { nextRetryTime }),
  };
}

/** @param now milliseconds since the epoch */
export function eligibility(
  run: Stored<AgentRun>,
  progress: Progress,
  facts: StartFacts,
  configuration: Pick<Configuration, "retry">,
  now: number,
): Eligibility {
  const { phase, newest } = progress;
  if (run.metadata.deletionTimestamp !== undefined) return { eligible: false, reason: "Deleting" };
  const isCancelled = run.spec.cancel === true;
  const isRequested = isAnotherRequested(run, progress);
  // one that ended as an earlier run was not cancelled itself, and may run again
  const isFinal = phase === "Cancelled" && !isAlreadyDone(run);
  if (isFinal || (isTerminal(phase) && (isCancelled || !isRequested))) return { eligible: false, reason: "Ended" };
  if (facts.hasUnrecordedJob || (newest !== undefined && newest.outcome === undefined))
    return { eligible: false, reason: "AttemptRunning" };
  if (newest?.outcome === "Succeeded" && !isRequested) return { eligible: false, reason: "Succeeded" };
  if (isCancelled) return { eligible: false, reason: "Cancelled" };
  if (facts.earlierEnd !== undefined)
    return { eligible: false, reason: facts.earlierEnd === "same" ? "AlreadyDone" : "EarlierEndUnread" };

  if (isRequested && facts.hasUnrecordedEnd) return { eligible: false, reason: "EndNotRecorded" };
  if (newest !== undefined && !isRequested) {
    // a retry time that was announced before the newest end belongs to an earlier attempt
    if (facts.hasUnrecordedEnd || progress.nextRetryTime === undefined)
      return { eligible: false, reason: "RetryUndecided" };
    const retryAt = awaitedRetry(run, newest, progress.nextRetryTime, configuration, now);
    if (retryAt !== undefined) return { eligible: false, reason: "RetryScheduled", retryAt };
  }
  const cause = causeOf(run, progress, isRequested);
  const dependencies = dependencyState(facts.dependencies(), facts.dependencyCycle);
  if (run.spec.suspend === true) return { eligible: false, reason: "Suspended", cause, dependencies };
  if (!dependencies.met) return { eligible: false, reason: "DependenciesNotMet", cause, dependencies };
  return { eligible: true, cause, dependencies };
}

/** Whether an attempt beside the first was requested. The first one answers no request, unless the run ended before it. */
export function isAnotherRequested(run: AgentRun, progress: Progress): boolean {
  const isNew = progress.newest === undefined && progress.observedRetryAttempt === undefined;
  return !isNew && isAttemptRequested(run, progress);
}

function causeOf(run: AgentRun, progress: Progress, isRequested: boolean): Cause {
  if (progress.newest === undefined) return "Initial";
  if (!isRequested) return "AutomaticRetry";
  return isRetryRequested(run, progress) ? "ManualRetry" : "ContextChanged";
}
