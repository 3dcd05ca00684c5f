/** Brings the recorded attempts up to date with their Jobs: the part of the status that must never be lost. Pure. */
import { givenUp } from "./given-up.js";
import { toSentence } from "./message.js";
import { runAnnotations } from "./metadata.js";
import { isOnlyHeld, type ObjectIdentity, type Observed, type OwnedJob } from "./observed.js";
import {
  endOf,
  finishedCondition,
  hasAgentEnded,
  hasGateway,
  hasGatewayEnded,
  spendingOf,
  type AttemptEnd,
} from "./outcome.js";
import { stopIntent, type ObservedRequests, type StopIntent } from "./requests.js";
import { budgetStart, policyOf } from "./retry.js";
import type { AgentRun, AttemptRecord, Outcome, RunKind, Shortcoming } from "./run.js";
import { unmeasuredOf } from "./unmeasured.js";
import { attemptUsage, sumOfUsage } from "./usage.js";
import { isStartProblem } from "../api/reasons.js";
import type { Usage } from "../api/taskrun.js";
import { formatTime } from "../runtime/clock.js";
import type { Configuration } from "../configuration/configuration.js";

/** Attempts that a status keeps. */
const maxRecords = 10;

export interface History extends ObservedRequests {
  /** Oldest first. */
  readonly records: readonly AttemptRecord[];
  /** All attempts that were started, also those whose records are no longer kept. */
  readonly attempts: number;
  /** The newest record and its Job, while it has not ended. */
  readonly current?: { readonly record: AttemptRecord; readonly job?: OwnedJob };
  /** What all attempts that have ended used; absent if no gateway counted. */
  readonly usage?: Usage;
  /** How the newest attempt ended, if the status does not record it yet. */
  readonly news?: AttemptEnd;
  /** What has to be read from the API server before the end of an attempt can be believed. */
  readonly doubts: Doubts;
}

interface Doubts {
  /** Jobs that are recorded, have not ended, and are not in the cache. */
  readonly jobs: readonly ObjectIdentity[];
  /** Jobs that ended, and whose pods in the cache do not say how. */
  readonly pods: readonly OwnedJob[];
}

/** Adds what the Jobs show to what is recorded. A recorded outcome never changes. */
export function updateHistory<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  configuration: Configuration,
  now: number,
): History {
  const { records, attempts, ...requests } = recordNewJobs(observed, now);
  const intent = stopIntent(observed.run, requests);
  const jobs: ObjectIdentity[] = [];
  const pods: OwnedJob[] = [];
  let news: AttemptEnd | undefined;
  let { usage } = observed.run.status ?? {};
  const updated = records.map((record, index) => {
    if (record.outcome !== undefined) return record;
    const end = findEnd(kind, observed, record, intent, configuration);
    if (end === undefined) return withUsageSoFar(record, observed);
    if ("doubtedJob" in end) jobs.push(end.doubtedJob);
    else if ("doubtedPods" in end) pods.push(end.doubtedPods);
    else {
      if (index === records.length - 1) news = end;
      const used = usageOf(record, end, observed, configuration, () =>
        unmeasuredOf(observed.run, configuration, policyOf(kind, observed.run, configuration).maxRetries),
      );
      // with the outcome, in one write: so each attempt counts once
      if (used !== undefined) usage = usage === undefined ? used : sumOfUsage(usage, used);
      return recordEnd(record, end, now, used);
    }
    return record;
  });
  const last = updated.at(-1);
  const job = observed.jobs.find((owned) => owned.job.metadata.uid === last?.jobUID);
  const isCurrent = last !== undefined && last.outcome === undefined;
  return {
    records: prune(updated),
    attempts,
    ...requests,
    ...(isCurrent && { current: { record: last, ...(job !== undefined && { job }) } }),
    ...(news !== undefined && { news }),
    ...(usage !== undefined && { usage }),
    doubts: { jobs, pods },
  };
}

/** The stored records, and one for each Job that is newer. */
function recordNewJobs<R extends AgentRun>(
  { run, jobs }: Observed<R>,
  now: number,
): ObservedRequests & { readonly records: readonly AttemptRecord[]; readonly attempts: number } {
  const stored = run.status ?? {};
  const records: AttemptRecord[] = [...(stored.runs ?? [])].sort((a, b) => a.number - b.number);
  const newest = records.at(-1)?.number ?? 0;
  const unrecorded = jobs.filter(({ number }) => number > newest);
  for (const { number, job } of unrecorded) {
    const { name, uid, annotations, creationTimestamp } = job.metadata;
    records.push({
      number,
      jobName: name,
      jobUID: uid,
      cause: annotations?.[runAnnotations.cause] ?? "Initial",
      startTime: creationTimestamp ?? formatTime(now),
    });
  }
  const last = unrecorded.at(-1);
  // the Job says for which request it was made: the spec may have changed since
  const retryAttempt =
    last === undefined
      ? stored.observedRetryAttempt
      : numberIn(last, runAnnotations.retryAttempt, run.spec.retryAttempt ?? 1);
  const contextVersion =
    last === undefined
      ? stored.observedContextVersion
      : numberIn(last, runAnnotations.contextVersion, run.spec.contextVersion ?? 1);
  return {
    records,
    attempts: (stored.attempts ?? stored.runs?.length ?? 0) + unrecorded.length,
    ...(retryAttempt !== undefined && { observedRetryAttempt: retryAttempt }),
    ...(contextVersion !== undefined && { observedContextVersion: contextVersion }),
  };
}

function numberIn({ job }: OwnedJob, annotation: string, otherwise: number): number {
  const value = Number(job.metadata.annotations?.[annotation]);
  return Number.isInteger(value) && value > 0 ? value : otherwise;
}

type Found = AttemptEnd | { readonly doubtedJob: ObjectIdentity } | { readonly doubtedPods: OwnedJob } | undefined;

/** How an attempt that is recorded as running ended; undefined if it is still running. */
function findEnd<R extends AgentRun>(
  kind: RunKind<R>,
  { run, jobs, pods, confirmed }: Observed<R>,
  record: AttemptRecord,
  intent: StopIntent,
  configuration: Configuration,
): Found {
  const { number } = record;
  const owned = jobs.find(({ job }) => job.metadata.uid === record.jobUID);
  if (owned === undefined) {
    const name = record.jobName ?? kind.names(run, number).job;
    const uid = record.jobUID ?? "";
    if (!confirmed.absentJobs.has(uid)) return { doubtedJob: { name, uid } };
    return stoppedEnd(number, intent, `its Job ${name} is gone, and its outcome is unknown`);
  }
  const { job } = owned;
  if (finishedCondition(job) !== undefined) {
    // caches of Jobs and pods are not of one moment
    const isReported = !hasGateway(job) || hasGatewayEnded(job, pods);
    const isKnown =
      (hasAgentEnded(job, pods, kind.agentContainer) && isReported) || confirmed.podsOf.has(job.metadata.uid);
    if (!isKnown) return { doubtedPods: owned };
    const end = endOf(job, pods, { number, agentContainer: kind.agentContainer });
    return applyShortcoming(end, number, (result) => kind.shortcoming?.(run, result, configuration));
  }
  if (!isOnlyHeld(owned)) return undefined;
  const because = givenUp(job);
  if (because === undefined)
    return stoppedEnd(number, intent, `its Job ${job.metadata.name} was deleted while the agent was running`);
  const message = toSentence(`Attempt ${number} failed before the agent started: ${because.clause}`);
  return { outcome: "Failed", reason: because.reason, message, result: {} };
}

/** Of an attempt that is being stopped, a pod may be gone before the end is known: what it reported is kept with the record. */
function withUsageSoFar<R extends AgentRun>(record: AttemptRecord, { jobs, pods }: Observed<R>): AttemptRecord {
  const owned = jobs.find(({ job }) => job.metadata.uid === record.jobUID);
  const usage = owned && spendingOf(owned.job, pods)?.usage;
  return usage === undefined ? record : { ...record, usage: attemptUsage(usage) };
}

/**
 * What an attempt used that has ended; undefined if it had no gateway.
 *
 * @param unmeasured what counts against the budget of the run if nobody knows; undefined without one
 */
function usageOf<R extends AgentRun>(
  record: AttemptRecord,
  { outcome, spending, reason }: AttemptEnd,
  { jobs, pods }: Observed<R>,
  { credentials }: Configuration,
  unmeasured: () => Usage["unmeasured"],
): Usage | undefined {
  const owned = jobs.find(({ job }) => job.metadata.uid === record.jobUID);
  const reported = spending?.usage ?? (owned && spendingOf(owned.job, pods)?.usage) ?? record.usage;
  // what never started has used nothing
  if (reported !== undefined || isStartProblem(reason)) return reported;
  if (owned !== undefined && !hasGateway(owned.job)) return undefined;
  // one that a person stopped has left its report, unless it was stopped before its gateway ran
  const counted = outcome === "Failed" || outcome === "Lost" ? unmeasured() : undefined;
  // a Job that is gone no longer says whether it had a gateway
  if (owned === undefined && (counted === undefined || credentials !== "gateway")) return undefined;
  return { unknownAttempts: 1, ...(counted && { unmeasured: counted }) };
}

function recordEnd(record: AttemptRecord, end: AttemptEnd, now: number, used: Usage | undefined): AttemptRecord {
  return {
    ...record,
    completionTime: end.at ?? formatTime(now),
    outcome: end.outcome,
    ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    reason: end.reason,
    ...(used !== undefined && used.unknownAttempts === undefined && { usage: attemptUsage(used) }),
  };
}

/** The end of an attempt as its kind judges it: an agent may exit with 0 without having done what was requested. */
function applyShortcoming(
  end: AttemptEnd | undefined,
  number: number,
  shortcomingOf: (result: AttemptEnd["result"]) => Shortcoming | undefined,
): AttemptEnd | undefined {
  const shortcoming = end?.outcome === "Succeeded" ? shortcomingOf(end.result) : undefined;
  if (end === undefined || shortcoming === undefined) return end;
  const summary = end.result.summary === undefined ? "" : ` The agent reports: ${toSentence(end.result.summary)}`;
  return {
    ...end,
    outcome: "Failed",
    reason: shortcoming.reason,
    message: `Attempt ${number} failed: ${shortcoming.clause}.${summary}`,
  };
}

/** The end of an attempt whose Job was removed, by a person's request or by someone else. */
function stoppedEnd(number: number, intent: StopIntent, otherwise: string): AttemptEnd {
  const end = (outcome: Outcome, reason: string, message: string): AttemptEnd => ({
    ...{ outcome, reason, message },
    result: {},
  });
  if (intent === "cancel")
    return end("Cancelled", "Cancelled", `Attempt ${number} was stopped because spec.cancel is true.`);
  if (intent === "replace")
    return end("Replaced", "Replaced", `Attempt ${number} was stopped because a new attempt was requested.`);
  return end("Lost", "JobLost", `Attempt ${number} is lost: ${otherwise}.`);
}

/** The newest records. The one that the retry budget began with is always among them. */
function prune(records: readonly AttemptRecord[]): readonly AttemptRecord[] {
  if (records.length <= maxRecords) return records;
  const start = budgetStart(records);
  const newest = records.slice(-maxRecords);
  return start === undefined || newest.includes(start) ? newest : [start, ...newest.slice(1)];
}
