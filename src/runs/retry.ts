/** Whether and when an automatic retry follows a failed attempt. Pure. Every attempt costs money: in doubt, none follows. */
import { shortHash } from "../api/names.js";
import { failurePolicyOf, type RetryBound } from "../api/failure-classes.js";
import type { EndReason } from "../api/reasons.js";
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
  /** Retries when a provider's limits are reset. */
  readonly providerLimits: Configuration["retry"]["providerLimits"];
  /** Retries after what Kubernetes did. */
  readonly disruptions: Configuration["retry"]["disruptions"];
}

/** The run's own policy over the configured one. The kind's terminal exit codes always apply. */
export function policyOf<R extends AgentRun>(kind: RunKind<R>, run: R, configuration: Configuration): Policy {
  const own = run.spec.retry;
  const maxRetries = own?.maxRetries ?? configuration.retry.maxRetries;
  const { providerLimits, disruptions } = configuration.retry;
  // who wants one attempt does not want a second one, whatever ended the first
  const none = { maxRetries: 0 };
  return {
    maxRetries,
    initialBackoffSeconds: own?.initialBackoffSeconds ?? configuration.retry.initialBackoffSeconds,
    maxBackoffSeconds: own?.maxBackoffSeconds ?? configuration.retry.maxBackoffSeconds,
    providerLimits: maxRetries === 0 ? { ...providerLimits, ...none } : providerLimits,
    disruptions: maxRetries === 0 ? { ...disruptions, ...none } : disruptions,
    terminalExitCodes: [
      ...(own?.terminalExitCodes ?? configuration.retry.terminalExitCodes),
      ...(kind.terminalExitCodes?.(configuration) ?? []),
    ],
  };
}

const howToRetry = "raise spec.retryAttempt to run it again";

/**
 * When the announced automatic retry starts, in milliseconds since the epoch; undefined if it is due. A time that is
 * further away than the longest wait was written by another clock, and counts as due.
 *
 * @param nextRetryTime RFC 3339
 */
export function awaitedRetry(
  run: AgentRun,
  newest: AttemptRecord,
  nextRetryTime: string,
  configuration: Pick<Configuration, "retry">,
  now: number,
): number | undefined {
  const at = Date.parse(nextRetryTime);
  const backOff = run.spec.retry?.maxBackoffSeconds ?? configuration.retry.maxBackoffSeconds;
  const untilReset = configuration.retry.providerLimits.maxWaitSeconds + spreadAfterReset / 1000;
  const wait = failurePolicyOf(newest.reason).retry === "reset" ? Math.max(backOff, untilReset) : backOff;
  const longest = (wait + 1) * 1000;
  return at > now && at - now <= longest ? at : undefined;
}

/**
 * The attempt that the retry budget began with: the first, or the last that a person requested. Its record is never
 * dropped from the status, since the number of automatic retries is the distance to it.
 */
export function budgetStart(records: readonly AttemptRecord[]): AttemptRecord | undefined {
  return records.findLast(({ cause }) => cause !== ("AutomaticRetry" satisfies Cause));
}

const bounds: readonly RetryBound[] = ["providerLimits", "disruptions"];

/** Retries since the budget began. Attempts are numbered without gaps, so a difference is a count. */
interface Retries {
  readonly all: number;
  /** Those that followed an attempt whose failure has a bound of its own, as far as records are kept. */
  readonly bounded: Readonly<Record<RetryBound, number>>;
}

function retriesSoFar(records: readonly AttemptRecord[]): Retries {
  const last = records.at(-1);
  const none = { providerLimits: 0, disruptions: 0 };
  if (last === undefined) return { all: 0, bounded: none };
  const start = budgetStart(records);
  // the record is missing: count as if all retries had been used
  if (start === undefined) return { all: Number.MAX_SAFE_INTEGER, bounded: none };
  const before = records.filter((record) => record.number >= start.number && record.number < last.number);
  const after = (bound: RetryBound): number =>
    before.filter(({ reason }) => failurePolicyOf(reason).bound === bound).length;
  return {
    all: last.number - start.number,
    bounded: { providerLimits: after("providerLimits"), disruptions: after("disruptions") },
  };
}

type Bounds = Pick<Policy, RetryBound>;

/** Automatic retries that count against `maxRetries`: all but those that a bound of their own allows. */
export function retriesUsed(records: readonly AttemptRecord[], allowed: Bounds): number {
  const { all, bounded } = retriesSoFar(records);
  return all - bounds.reduce((sum, bound) => sum + Math.min(bounded[bound], allowed[bound].maxRetries), 0);
}

/**
 * Decides after the newest record, which has ended without success.
 *
 * @param endedAt milliseconds since the epoch
 * @param resetAt when the provider resets the limits that the attempt ended for; undefined if it did not say
 */
export function decideRetry(
  policy: Policy,
  records: readonly AttemptRecord[],
  endedAt: number,
  resetAt?: number,
): Retry {
  const last = records.at(-1);
  if (last?.exitCode !== undefined && policy.terminalExitCodes.includes(last.exitCode)) {
    const clause = `exit code ${last.exitCode} is terminal (terminalExitCodes); ${howToRetry}`;
    return { again: false, reason: "TerminalExitCode", clause };
  }
  const { retry, bound } = failurePolicyOf(last?.reason);
  if (retry === "none") {
    const clause = `another attempt would fail the same way until this is fixed; ${howToRetry}`;
    return { again: false, reason: "NotRetryable", clause };
  }
  const again =
    last === undefined || bound === undefined ? undefined : boundedRetry(policy, records, bound, endedAt, resetAt);
  if (again !== undefined) return again;
  const used = retriesUsed(records, policy);
  if (used >= policy.maxRetries) {
    const clause =
      policy.maxRetries === 0
        ? `maxRetries is 0; ${howToRetry}`
        : `maxRetries (${policy.maxRetries}) is used up; ${howToRetry}`;
    return { again: false, reason: "RetriesExhausted", clause };
  }
  return { again: true, at: endedAt + backOff(policy, last, used), left: policy.maxRetries - used };
}

/** Milliseconds before retry k, counted from 0. */
function backOff(policy: Policy, last: AttemptRecord | undefined, k: number): number {
  const longest = Math.min(policy.maxBackoffSeconds, policy.initialBackoffSeconds * 2 ** k) * 1000;
  return Math.floor(longest * fraction(last?.jobUID ?? ""));
}

/** The retry that does not count against `maxRetries`; undefined if there were enough of its class, or it would wait too long. */
function boundedRetry(
  policy: Policy,
  records: readonly AttemptRecord[],
  bound: RetryBound,
  endedAt: number,
  resetAt: number | undefined,
): Retry | undefined {
  const { all, bounded } = retriesSoFar(records);
  const most = bounds.reduce((sum, each) => sum + policy[each].maxRetries, policy.maxRetries);
  // the second bound holds, too, when records are no longer kept
  if (bounded[bound] >= policy[bound].maxRetries || all >= most) return undefined;
  const last = records.at(-1);
  const left = Math.max(0, policy.maxRetries - retriesUsed(records, policy));
  if (failurePolicyOf(last?.reason).retry === "backOff")
    return { again: true, at: endedAt + backOff(policy, last, bounded[bound]), left };
  const longest = policy.providerLimits.maxWaitSeconds * 1000;
  const wanted = resetAt ?? endedAt + Math.min(defaultWait * 2 ** bounded[bound], longest);
  if (wanted > endedAt + longest) return undefined;
  // runs that wait for the same reset do not all start in the same second
  const spread = Math.floor(spreadAfterReset * fraction(last?.jobUID ?? ""));
  return { again: true, at: Math.max(wanted, endedAt) + spread, left };
}

/** Milliseconds before the first retry after limits of a provider that does not say when they are reset; each further one waits twice as long. */
const defaultWait = 300_000;
/** Milliseconds over which retries after a reset are spread. */
const spreadAfterReset = 30_000;

/**
 * Deterministic full jitter: in [0, 1), spread over Jobs like random numbers, yet always the same for one Job. A manager
 * that is killed before it records the time computes the same time again.
 */
export function fraction(uid: string): number {
  return Number.parseInt(shortHash(uid, 8), 16) / 2 ** 32;
}
