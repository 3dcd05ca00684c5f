/** Makes the status of a run from its history and where it stands. Pure. A status that did not change stays the same object. */
import { isDeepStrictEqual } from "node:util";
import { describeConditions } from "./conditions.js";
import type { BudgetDecision } from "./budgets/budget-book.js";
import type { DependencyState } from "./dependencies.js";
import type { History } from "./history.js";
import { shorten } from "./message.js";
import type { Observed } from "./observed.js";
import type { AgentRun, RunKind, RunStatus } from "./run.js";
import type { SlotDecision } from "./slots.js";
import { isTerminal } from "../api/phase.js";
import type { EndReason, Reason } from "../api/reasons.js";
import type { Phase } from "../api/taskrun.js";
import { formatTime } from "../runtime/clock.js";

/** What a start has to pass. */
export interface Gates {
  readonly dependencies: DependencyState;
  readonly slot: SlotDecision | Extract<BudgetDecision, { readonly granted: false }>;
}

interface StandingBasis {
  readonly phase: Phase;
  /** Milliseconds since the epoch. */
  readonly nextRetryAt?: number;
  /** Present if a start was considered. */
  readonly gates?: Gates;
  /** The run cannot continue by itself. */
  readonly stalled?: boolean;
  /** Default true, for a run that was started. */
  readonly workspaceReady?: boolean;
  /** Milliseconds since the epoch: when the same request ended before, of a run that ends without an attempt. */
  readonly endedAt?: number;
}

/** Where a run stands that has something new to report. */
export interface NewStanding extends StandingBasis {
  readonly keep?: false;
  readonly reason: Reason;
  /** Why nothing follows, for a run that has ended. */
  readonly end?: EndReason;
  /** A sentence for people. */
  readonly message: string;
}

/** Where a run stands whose reason and message stay as they are. */
interface KeptStanding extends StandingBasis {
  readonly keep: true;
}

export type Standing = NewStanding | KeptStanding;

/** Reason of a run whose files cannot be rendered. */
export const filesFault = "FilesNotMade" satisfies Reason;

/** @param now milliseconds since the epoch */
export function describe<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  history: History,
  standing: Standing,
  now: number,
): RunStatus {
  const { run } = observed;
  const { lastUpdated: _lastUpdated, ...before } = run.status ?? {};
  const time = formatTime(now);
  const newest = history.records.at(-1);
  const message = standing.keep === true ? before.message : shorten(standing.message);
  const reason = standing.keep === true ? before.reason : standing.reason;
  const { nextRetryTime: _nextRetryTime, completionTime: _completionTime, workCompleted: _done, ...stays } = before;
  const hasEnded = isTerminal(standing.phase);
  const first = history.records[0]?.startTime;
  const endTime = standing.endedAt === undefined ? time : formatTime(standing.endedAt);
  const after: RunStatus = {
    ...stays,
    phase: standing.phase,
    ...(reason !== undefined && { reason }),
    ...(run.metadata.generation !== undefined && { observedGeneration: run.metadata.generation }),
    conditions: [...describeConditions(observed, history, standing, time)],
    attempts: history.attempts,
    ...(history.records.length > 0 && { runs: [...history.records] }),
    ...(newest?.jobName !== undefined && {
      jobName: newest.jobName,
      configMapName: kind.names(run, newest.number).files,
    }),
    ...(history.usage !== undefined && { usage: history.usage }),
    ...(before.startTime === undefined && first !== undefined && { startTime: first }),
    ...(hasEnded && { completionTime: before.completionTime ?? newest?.completionTime ?? endTime }),
    ...(standing.nextRetryAt !== undefined && { nextRetryTime: formatTime(standing.nextRetryAt) }),
    ...(message !== undefined && { message }),
    ...(standing.phase === "Succeeded" && { workCompleted: true }),
    ...observedRequests(run, history, standing),
    ...Object.fromEntries(
      kind.results.flatMap((field) => {
        const value = history.news?.result[field];
        return value === undefined ? [] : [[field, value]];
      }),
    ),
  };
  return isDeepStrictEqual(before, after) && run.status !== undefined ? run.status : { ...after, lastUpdated: time };
}

/**
 * The requests that were acted on. A run that ended with an attempt has acted on what that attempt was started for. One
 * that ended without an attempt has acted on all requests: it does not start by itself once the obstacle is gone.
 */
function observedRequests(
  { spec }: AgentRun,
  { observedRetryAttempt, observedContextVersion }: History,
  { phase, gates, endedAt }: Standing,
): Pick<RunStatus, "observedRetryAttempt" | "observedContextVersion"> {
  const isWithoutAttempt = gates !== undefined || endedAt !== undefined;
  const isAnswer = phase === "Cancelled" || (isTerminal(phase) && isWithoutAttempt);
  const retryAttempt = isAnswer ? (spec.retryAttempt ?? 1) : observedRetryAttempt;
  const contextVersion = isAnswer ? (spec.contextVersion ?? 1) : observedContextVersion;
  return {
    ...(retryAttempt !== undefined && { observedRetryAttempt: retryAttempt }),
    ...(contextVersion !== undefined && { observedContextVersion: contextVersion }),
  };
}
