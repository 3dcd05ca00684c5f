/** Brings the recorded runs up to what the Jobs say: the part of the status that must never be lost. Pure. */
import { foregroundFinalizer, runAnnotations } from "./metadata.js";
import type { ObjectIdentity, Observed, OwnedJob } from "./observed.js";
import { endOf, finishedCondition, hasAgentEnded, type AttemptEnd } from "./outcome.js";
import { budgetStart } from "./retry.js";
import type { AgentRun, Outcome, RunKind, RunRecord, Shortcoming } from "./run.js";
import { toSentence } from "./message.js";
import { formatTime } from "../runtime/clock.js";
import type { Job, Stored } from "../runtime/client/objects.js";
import type { Configuration } from "../configuration/configuration.js";

/** Runs that a status keeps. */
const kept = 10;

export interface History {
  /** Oldest first. */
  readonly records: readonly RunRecord[];
  readonly attempts: number;
  readonly observedRetryAttempt?: number;
  readonly observedContextVersion?: number;
  /** The newest record and its Job, while it has not ended. */
  readonly current?: { readonly record: RunRecord; readonly job?: OwnedJob };
  /** How the newest run ended, where that is news. */
  readonly news?: AttemptEnd;
  /** What has to be asked of the API server before the end of a run can be believed. */
  readonly doubts: { readonly jobs: readonly ObjectIdentity[]; readonly pods: readonly OwnedJob[] };
}

/** What a person asked for that means the present run has to stop. */
export type StopIntent = "cancel" | "replace" | undefined;

/** The part of a status or a history that says which raises were acted on. */
interface ActedOn {
  readonly observedRetryAttempt?: number;
  readonly observedContextVersion?: number;
}

export function stopIntent(run: AgentRun, acted: ActedOn): StopIntent {
  if (run.spec.cancel === true) return "cancel";
  return isAskedFor(run, acted) ? "replace" : undefined;
}

/** `retryAttempt` or `contextVersion` was raised since it was acted on: a person asks for another run. */
export function isAskedFor(run: AgentRun, acted: ActedOn): boolean {
  return isRetryAskedFor(run, acted) || (run.spec.contextVersion ?? 1) > (acted.observedContextVersion ?? 1);
}

export function isRetryAskedFor({ spec }: AgentRun, acted: ActedOn): boolean {
  return (spec.retryAttempt ?? 1) > (acted.observedRetryAttempt ?? 1);
}

export function isDeleting(object: { readonly metadata: { readonly deletionTimestamp?: string } }): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Why a run was ended from here, for want of any chance to succeed. */
export interface GivenUp {
  /** CamelCase. */
  readonly reason: string;
  /** A clause, without a full stop. */
  readonly words: string;
}

/** What `giveUpJob` wrote on the Job; the reverse of {@link formatGivenUp}. */
export function givenUp({ metadata }: Stored<Job>): GivenUp | undefined {
  const text = metadata.annotations?.[runAnnotations.givenUp];
  const end = text?.indexOf(": ") ?? -1;
  return text === undefined || end < 1 ? undefined : { reason: text.slice(0, end), words: text.slice(end + 2) };
}

export function formatGivenUp({ reason, words }: GivenUp): string {
  return `${reason}: ${words}`;
}

/** A Job of which nothing is left but our finalizer: its pods are gone, or about to go with it. */
export function isOnlyHeld({ job }: OwnedJob): boolean {
  return isDeleting(job) && job.metadata.finalizers?.includes(foregroundFinalizer) !== true;
}

function noted(owned: OwnedJob, note: string, otherwise: number): number {
  const value = Number(owned.job.metadata.annotations?.[note]);
  return Number.isInteger(value) && value > 0 ? value : otherwise;
}

/** Adds what is known of the Jobs to what is recorded. Never changes an outcome that is recorded. */
export function updateHistory<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  configuration: Configuration,
  now: number,
): History {
  const { run, jobs } = observed;
  const stored = run.status ?? {};
  const records: RunRecord[] = [...(stored.runs ?? [])].sort((a, b) => a.number - b.number);
  const newestRecorded = records.at(-1)?.number ?? 0;
  let attempts = stored.attempts ?? records.length;
  let retryAttempt = stored.observedRetryAttempt;
  let contextVersion = stored.observedContextVersion;
  for (const owned of jobs) {
    if (owned.number <= newestRecorded) continue;
    records.push({
      number: owned.number,
      jobName: owned.job.metadata.name,
      jobUID: owned.job.metadata.uid,
      cause: owned.job.metadata.annotations?.[runAnnotations.cause] ?? "Initial",
      startTime: owned.job.metadata.creationTimestamp ?? formatTime(now),
    });
    attempts += 1;
    retryAttempt = noted(owned, runAnnotations.retryAttempt, run.spec.retryAttempt ?? 1);
    contextVersion = noted(owned, runAnnotations.contextVersion, run.spec.contextVersion ?? 1);
  }

  const acted: ActedOn = {
    ...(retryAttempt !== undefined && { observedRetryAttempt: retryAttempt }),
    ...(contextVersion !== undefined && { observedContextVersion: contextVersion }),
  };
  const intent = stopIntent(run, acted);
  const doubtedJobs: ObjectIdentity[] = [];
  const doubtedPods: OwnedJob[] = [];
  let news: AttemptEnd | undefined;
  const newest = records.at(-1);
  const ended = records.map((record) => {
    if (record.outcome !== undefined) return record;
    const owned = jobs.find(({ job }) => job.metadata.uid === record.jobUID);
    let end: AttemptEnd | undefined;
    if (owned === undefined) {
      const name = record.jobName ?? kind.names(run, record.number).job;
      const uid = record.jobUID ?? "";
      if (!observed.confirmed.absentJobs.has(uid)) {
        doubtedJobs.push({ name, uid });
        return record;
      }
      end = stopped(record.number, intent, `its Job ${name} is gone, and nobody knows how it ended`);
    } else if (finishedCondition(owned.job) !== undefined) {
      const known =
        hasAgentEnded(owned.job, observed.pods, kind.agentContainer) ||
        observed.confirmed.podsOf.has(owned.job.metadata.uid);
      if (!known) {
        doubtedPods.push(owned);
        return record;
      }
      end = applyShortcoming(
        endOf(owned.job, observed.pods, { number: record.number, agentContainer: kind.agentContainer }),
        record.number,
        (result) => kind.shortcoming?.(run, result, configuration),
      );
    } else if (isOnlyHeld(owned)) {
      const because = givenUp(owned.job);
      end =
        because === undefined
          ? stopped(record.number, intent, `its Job ${owned.job.metadata.name} was deleted while the agent was at work`)
          : {
              outcome: "Failed",
              reason: because.reason,
              message: toSentence(`Run ${record.number} failed before the agent started: ${because.words}`),
              result: {},
            };
    }
    if (end === undefined) return record;
    if (record === newest) news = end;
    return {
      ...record,
      completionTime: end.at ?? formatTime(now),
      outcome: end.outcome,
      ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
      reason: end.reason,
    };
  });

  const last = ended.at(-1);
  const currentJob = jobs.find(({ job }) => job.metadata.uid === last?.jobUID);
  return {
    records: prune(ended),
    attempts,
    ...acted,
    ...(last !== undefined &&
      last.outcome === undefined && {
        current: { record: last, ...(currentJob !== undefined && { job: currentJob }) },
      }),
    ...(news !== undefined && { news }),
    doubts: { jobs: doubtedJobs, pods: doubtedPods },
  };
}

/** The end of a run as its kind sees it: an agent that ended well may not have done what was asked. */
function applyShortcoming(
  end: AttemptEnd | undefined,
  number: number,
  shortcomingOf: (result: AttemptEnd["result"]) => Shortcoming | undefined,
): AttemptEnd | undefined {
  const lack = end?.outcome === "Succeeded" ? shortcomingOf(end.result) : undefined;
  if (end === undefined || lack === undefined) return end;
  const said = end.result.summary === undefined ? "" : ` The agent says: ${toSentence(end.result.summary)}`;
  return {
    ...end,
    outcome: "Failed",
    reason: lack.reason,
    message: `Run ${number} failed: ${lack.clause}.${said}`,
  };
}

function stopped(number: number, intent: StopIntent, otherwise: string): AttemptEnd {
  const end = (outcome: Outcome, reason: string, message: string): AttemptEnd => ({ outcome, reason, message, result: {} });
  if (intent === "cancel")
    return end("Cancelled", "Cancelled", `Run ${number} was stopped because spec.cancel is true.`);
  if (intent === "replace") return end("Replaced", "Replaced", `Run ${number} was stopped for a newer run.`);
  return end("Lost", "JobLost", `Run ${number} is lost: ${otherwise}.`);
}

/** The newest ten; the one that the retry budget began with always is among them. */
function prune(records: readonly RunRecord[]): readonly RunRecord[] {
  if (records.length <= kept) return records;
  const start = budgetStart(records);
  const newest = records.slice(-kept);
  return start === undefined || newest.includes(start) ? newest : [start, ...newest.slice(1)];
}
