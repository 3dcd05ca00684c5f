/** Whether and when an automatic retry follows a failed attempt. Pure. Every attempt costs money: in doubt, none follows. */
import { shortHash } from "../api/names.js";
import { isNotRetryable, type EndReason } from "../api/reasons.js";
import type { AgentRun, AttemptRecord, Cause, RunKind } from "./run.js";
import type { Configuration } from "../configuration/configuration.js";

export type Retry =
  | { readonly again: true; /** Milliseconds since the epoch. */ readonly at: number; readonly left: number }
  | { readonly again: false; readonly reason: EndReason; readonly clause: string };

interface Policy {
  readonly maxRetries: number;
  readonly initialBackoffSeconds: number;
  readonly maxBackoffSeconds: number;
  readonly terminalExitCodes: readonly number[];
}

/** The run's own policy over the configured one. The kind's terminal exit codes always apply. */
export function policyOf<R extends AgentRun>(kind: RunKind<R>, run: R, configuration: Configuration): Policy {
  const own = run.spec.retry;
  return {
    maxRetries: own?.maxRetries ?? configuration.retry.maxRetries,
    initialBackoffSeconds: own?.initialBackoffSeconds ?? configuration.retry.initialBackoffSeconds,
    maxBackoffSeconds: own?.maxBackoffSeconds ?? configuration.retry.maxBackoffSeconds,
    terminalExitCodes: [
      ...(own?.terminalExitCodes ?? configuration.retry.terminalExitCodes),
      ...(kind.terminalExitCodes ?? []),
    ],
  };
}

const howToRetry = "raise spec.retryAttempt to run it again";

/**
 * When the announced automatic retry starts, in milliseconds since the epoch; undefined if it is due. A time that is
 * further away than the longest back-off was written by another clock, and counts as due.
 *
 * @param nextRetryTime RFC 3339
 */
export function awaitedRetry(
  run: AgentRun,
  nextRetryTime: string,
  configuration: Pick<Configuration, "retry">,
  now: number,
): number | undefined {
  const at = Date.parse(nextRetryTime);
  const longest = ((run.spec.retry?.maxBackoffSeconds ?? configuration.retry.maxBackoffSeconds) + 1) * 1000;
  return at > now && at - now <= longest ? at : undefined;
}

/**
 * The attempt that the retry budget began with: the first, or the last that a person requested. Its record is never
 * dropped from the status, since the number of automatic retries is the distance to it.
 */
export function budgetStart(records: readonly AttemptRecord[]): AttemptRecord | undefined {
  return records.findLast(({ cause }) => cause !== ("AutomaticRetry" satisfies Cause));
}

/** Automatic retries since the budget began. Attempts are numbered without gaps, so the difference is the count. */
export function retriesUsed(records: readonly AttemptRecord[]): number {
  const last = records.at(-1);
  if (last === undefined) return 0;
  const start = budgetStart(records);
  // the record is missing: count as if all retries had been used
  return start === undefined ? Number.MAX_SAFE_INTEGER : last.number - start.number;
}

/**
 * Decides after the newest record, which has ended without success.
 *
 * @param endedAt milliseconds since the epoch
 */
export function decideRetry(policy: Policy, records: readonly AttemptRecord[], endedAt: number): Retry {
  const last = records.at(-1);
  if (last?.exitCode !== undefined && policy.terminalExitCodes.includes(last.exitCode)) {
    const clause = `exit code ${last.exitCode} is terminal (terminalExitCodes); ${howToRetry}`;
    return { again: false, reason: "TerminalExitCode", clause };
  }
  if (isNotRetryable(last?.reason)) {
    const clause = `another attempt would fail the same way until this is fixed; ${howToRetry}`;
    return { again: false, reason: "NotRetryable", clause };
  }
  const used = retriesUsed(records);
  if (used >= policy.maxRetries) {
    const clause =
      policy.maxRetries === 0
        ? `maxRetries is 0; ${howToRetry}`
        : `maxRetries (${policy.maxRetries}) is used up; ${howToRetry}`;
    return { again: false, reason: "RetriesExhausted", clause };
  }
  const longest = Math.min(policy.maxBackoffSeconds, policy.initialBackoffSeconds * 2 ** used) * 1000;
  const wait = Math.floor(longest * fraction(last?.jobUID ?? ""));
  return { again: true, at: endedAt + wait, left: policy.maxRetries - used };
}

/**
 * Deterministic full jitter: in [0, 1), spread over Jobs like random numbers, yet always the same for one Job. A manager
 * that is killed before it records the time computes the same time again.
 */
export function fraction(uid: string): number {
  return Number.parseInt(shortHash(uid, 8), 16) / 2 ** 32;
}
