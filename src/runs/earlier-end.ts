/** What the ledger says of a run: whether the same request ended before, and was removed by `history`. */
import type { Ledger } from "./ledger.js";
import type { EarlierEnd } from "./ledger-segment.js";
import { isDeleting } from "./observed.js";
import type { AgentRun, RunKind } from "./run.js";
import { specDigest } from "./spec-digest.js";
import { isTerminal } from "../api/phase.js";
import type { Reason } from "../api/reasons.js";
import { objectKey, type Stored } from "../runtime/client/objects.js";

/** Reason of a run that ended as an earlier one with the same request. */
export const alreadyDone = "AlreadyDone" satisfies Reason;

/** A run that ended at once, because the same request had ended before. */
export function isAlreadyDone({ status }: AgentRun): boolean {
  const hasAttempts = (status?.runs ?? []).length > 0;
  return !hasAttempts && status?.reason === alreadyDone;
}

/** The part of the ledger that is read. */
export type EndsBefore = Pick<Ledger, "isLoaded" | "endOf">;

/**
 * See `Observed.earlierEnd`.
 *
 * @param isComplete whether the run was read live, with all that it requests
 */
export function earlierEndOf<R extends AgentRun>(
  kind: RunKind<R>,
  ledger: EndsBefore | undefined,
  run: Stored<R>,
  hasJobs: boolean,
  isComplete: boolean,
): EarlierEnd | "unread" | undefined {
  if (ledger === undefined) return undefined;
  const isNew = !hasJobs && !hasBegun(run);
  if (!isNew && !isDeleting(run)) return undefined;
  if (!ledger.isLoaded) return "unread";
  const end = ledger.endOf({ type: kind.type, key: objectKey(run) });
  if (end === undefined || isDeleting(run)) return end;
  if (!isComplete) return "unread";
  return end.spec === specDigest(kind, run) && (run.spec.retryAttempt ?? 1) <= end.retryAttempt ? end : undefined;
}

/**
 * Whether the end was written for this very run, which `history` removes. Times have whole seconds: a run that was removed, created
 * again and asked for another attempt within one second has another number.
 */
export function isEndOf(end: EarlierEnd, run: AgentRun): boolean {
  if (!isTerminal(run.status?.phase) || isAlreadyDone(run)) return false;
  return endTimeOf(run) === end.endedAt && requestedAttempt(run) === end.retryAttempt;
}

/** What the ledger remembers of a run that has ended; undefined if it has not, or nobody knows when. */
export function endToRemember<R extends AgentRun>(kind: RunKind<R>, run: R): EarlierEnd | undefined {
  const { phase } = run.status ?? {};
  const endedAt = endTimeOf(run);
  if (phase === undefined || phase === "Pending" || phase === "Running" || endedAt === undefined) return undefined;
  return { phase, endedAt, retryAttempt: requestedAttempt(run), spec: specDigest(kind, run) };
}

function requestedAttempt({ spec, status }: AgentRun): number {
  return Math.max(spec.retryAttempt ?? 1, status?.observedRetryAttempt ?? 1);
}

/** Milliseconds since the epoch; undefined if the status does not say. */
export function endTimeOf({ status }: AgentRun): number | undefined {
  const time = Date.parse(status?.completionTime ?? status?.lastUpdated ?? "");
  return Number.isNaN(time) ? undefined : time;
}

function hasBegun({ status }: AgentRun): boolean {
  return (status?.runs ?? []).length > 0 || status?.observedRetryAttempt !== undefined || isTerminal(status?.phase);
}
