/** Whether and when an automatic run follows a failed one. Pure. Each run costs money: in doubt, none follows. */
import { shortHash } from "../api/names.js";
import type { AgentRun, Cause, RunKind, RunRecord } from "./run.js";
import type { Configuration } from "../configuration/configuration.js";

export type Retry =
  | { readonly again: true; /** Milliseconds since the epoch. */ readonly at: number; readonly left: number }
  | { readonly again: false; readonly reason: "TerminalExitCode" | "RetriesExhausted"; readonly words: string };

interface Policy {
  readonly maxRetries: number;
  readonly initialBackoffSeconds: number;
  readonly maxBackoffSeconds: number;
  readonly terminalExitCodes: readonly number[];
}

/** The run's own policy over the configured one. Exit codes that end runs of the kind do so whatever the two say. */
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

const byHand = "raise spec.retryAttempt to run it again";

/**
 * When the automatic run starts that the status announces, in milliseconds since the epoch; undefined where its time has
 * come, or none is announced. A time that is further away than any wait was written by another clock, and has come too.
 */
export function awaitedRetry(
  run: AgentRun,
  configuration: Pick<Configuration, "retry">,
  now: number,
): number | undefined {
  const at = Date.parse(run.status?.nextRetryTime ?? "");
  const longest = ((run.spec.retry?.maxBackoffSeconds ?? configuration.retry.maxBackoffSeconds) + 1) * 1000;
  return at > now && at - now <= longest ? at : undefined;
}

/**
 * The run that the present budget began with: the first, or the last that a person asked for. It is never dropped from
 * the status, since the count of automatic runs is the distance to it.
 */
export function budgetStart(records: readonly RunRecord[]): RunRecord | undefined {
  return records.findLast(({ cause }) => cause !== ("AutomaticRetry" satisfies Cause));
}

/** Automatic runs since the budget began. Numbers are given without gaps, so their difference is the count. */
export function retriesUsed(records: readonly RunRecord[]): number {
  const last = records.at(-1);
  if (last === undefined) return 0;
  const start = budgetStart(records);
  // a record that should be there isn't: count as if all had been used
  return start === undefined ? Number.MAX_SAFE_INTEGER : last.number - start.number;
}

/**
 * Decides after the newest record, which has ended without success.
 *
 * @param endedAt milliseconds since the epoch
 */
export function decideRetry(policy: Policy, records: readonly RunRecord[], endedAt: number): Retry {
  const last = records.at(-1);
  if (last?.exitCode !== undefined && policy.terminalExitCodes.includes(last.exitCode)) {
    const words = `exit code ${last.exitCode} is one of terminalExitCodes; ${byHand}`;
    return { again: false, reason: "TerminalExitCode", words };
  }
  const used = retriesUsed(records);
  if (used >= policy.maxRetries) {
    const words =
      policy.maxRetries === 0
        ? `maxRetries is 0; ${byHand}`
        : `${policy.maxRetries === 1 ? "the one automatic retry is" : `all ${policy.maxRetries} automatic retries are`} used; ${byHand}`;
    return { again: false, reason: "RetriesExhausted", words };
  }
  const longest = Math.min(policy.maxBackoffSeconds, policy.initialBackoffSeconds * 2 ** used) * 1000;
  const wait = Math.floor(longest * fraction(last?.jobUID ?? ""));
  return { again: true, at: endedAt + wait, left: policy.maxRetries - used };
}

/**
 * Full jitter without chance: in [0, 1), spread like random numbers over Jobs, yet the same whenever it is asked for the
 * same Job, so a manager that is killed before it wrote the time down comes to the same time again.
 */
export function fraction(uid: string): number {
  return Number.parseInt(shortHash(uid, 8), 16) / 2 ** 32;
}
