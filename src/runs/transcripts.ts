/**
 * Keeps the end of each attempt's log in the archive, while its pod is there. A Job whose log is not kept yet says so by what it lacks: the
 * annotation. Until then neither its TTL nor `history` removes it.
 */
import { Counter, type Registry } from "prom-client";
import { ownerIndex, podIndex } from "./indexes.js";
import { runAnnotations } from "./metadata.js";
import { attemptNumber } from "./observe.js";
import { isDeleting } from "./observed.js";
import { finishedCondition, podsOf } from "./outcome.js";
import type { AgentRun, RunKind } from "./run.js";
import type { ArchiveStore } from "../archive/archive-store.js";
import { encodeTranscript } from "../archive/archived-transcript.js";
import { formatVersion } from "../archive/document.js";
import type { History } from "../configuration/configuration.js";
import { prepareContainer } from "../api/names.js";
import { secretFreeEnd } from "./transcript-text.js";
import type { Reader } from "../runtime/cache/reader.js";
import { Jobs, Pods } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { BadRequest, Conflict, NotFound } from "../runtime/client/errors.js";
import { objectKey, type Job, type Pod, type Stored } from "../runtime/client/objects.js";
import { objectPath } from "../runtime/client/urls.js";
import type { Clock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import type { Logger } from "../runtime/logger.js";
import { periodically } from "../runtime/periodic.js";

export interface TranscriptsOptions<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Pick<Client, "raw" | "patch">;
  readonly runs: Pick<Reader<R>, "list">;
  /** Index: `controllerUID`. */
  readonly jobs: Pick<Reader<Job>, "byIndex">;
  /** Index: `runUID`. */
  readonly pods: Pick<Reader<Pod>, "byIndex">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: () => History["archive"];
  /** The store of these rules; undefined if there is none. */
  readonly store: () => Pick<ArchiveStore, "put"> | undefined;
  /** Absent: nothing is measured. */
  readonly registry?: Registry;
}

/** Milliseconds between two rounds. */
const interval = 10_000;

/** Milliseconds after the end of a Job in which its pod may appear in the cache, and in which its log may become readable. */
const podPatience = 60_000;
const logPatience = 600_000;

/** Failures of the store after which a round ends: it is unavailable, and each further one would wait for its time-out. */
const maxFailures = 4;

/** How much of a log is read at once: bytes from the first of so many last lines. Halved until the end of the log is among them. */
const mostRead = { lines: 20_000, bytes: 4_194_304 };

/** How the log of a Job ended up: in the archive, unreadable, or the agent never started. */
export type TranscriptState = "kept" | "lost" | "none";

/** Whether the configuration wants the logs of attempts in the archive. */
export function keepsTranscripts({ transcriptKiB, directory, s3 }: History["archive"]): boolean {
  return transcriptKiB > 0 && (directory !== undefined || s3 !== undefined);
}

/** Whether the log of a finished Job is still to be kept. One that is being deleted has lost its pods. */
export function awaitsTranscript(job: Stored<Job>): boolean {
  const isDone = job.metadata.annotations?.[runAnnotations.transcript] !== undefined;
  return !isDone && !isDeleting(job) && finishedCondition(job) !== undefined;
}

interface Source {
  readonly pod: Stored<Pod>;
  readonly container: string;
}

interface Log extends Source {
  readonly text: string;
  readonly isCut: boolean;
}

interface Wanted<R extends AgentRun> {
  readonly run: Stored<R>;
  readonly job: Stored<Job>;
}

export class Transcripts<R extends AgentRun> {
  readonly name: string;
  readonly #options: TranscriptsOptions<R>;
  readonly #metric: Counter<"result"> | undefined;
  /** When the store refused the log of a Job first, by the Job's UID; milliseconds since the epoch. */
  readonly #refusedSince = new Map<string, number>();

  constructor(options: TranscriptsOptions<R>) {
    this.#options = options;
    const { kind, registry } = options;
    this.name = `${kind.type.plural}-transcripts`;
    this.#metric = registry && transcriptMetric(registry, kind.type.kind.toLowerCase());
  }

  /** Looks at once and then after each interval, until the signal fires. */
  start(signal: AbortSignal): Promise<void> {
    const { name } = this;
    const { clock, logger } = this.#options;
    return periodically({ name, clock, logger, interval: () => interval, work: (stop) => this.keep(stop) }, signal);
  }

  /** Whether a log of the run is still to be kept, so that it must not be removed. */
  awaits(run: Stored<R>): boolean {
    const { jobs, rules } = this.#options;
    return keepsTranscripts(rules()) && jobs.byIndex(ownerIndex.name, run.metadata.uid).some(awaitsTranscript);
  }

  /** One round: keeps the log of each finished Job that has none yet. */
  async keep(signal: AbortSignal): Promise<void> {
    const { runs, jobs, rules, store: current } = this.#options;
    const store = current();
    if (store === undefined || !keepsTranscripts(rules())) {
      this.#refusedSince.clear();
      return;
    }
    const wanted = runs.list().flatMap((run): Wanted<R>[] =>
      jobs
        .byIndex(ownerIndex.name, run.metadata.uid)
        .filter(awaitsTranscript)
        .map((job) => ({ run, job })),
    );
    const present = new Set(wanted.map(({ job }) => job.metadata.uid));
    for (const uid of this.#refusedSince.keys()) if (!present.has(uid)) this.#refusedSince.delete(uid);
    // one that is always refused must not keep the others from their turn
    const refused = ({ job }: Wanted<R>): number => this.#refusedSince.get(job.metadata.uid) ?? 0;
    wanted.sort((a, b) => refused(a) - refused(b));
    let failures = 0;
    for (const each of wanted) {
      if (signal.aborted || failures >= maxFailures) return;
      if (!(await this.#keepOne(store, each, signal))) failures += 1;
    }
  }

  /** Returns false if the store has failed. */
  async #keepOne(store: Pick<ArchiveStore, "put">, wanted: Wanted<R>, signal: AbortSignal): Promise<boolean> {
    const { run, job } = wanted;
    const log = await this.#logOf(wanted, signal);
    if (log === "later") return true;
    if (log === "lost" || log === "none") {
      await this.#settle(job, log, signal);
      return true;
    }
    const { namespace = "", name, uid } = run.metadata;
    const key = { namespace, plural: this.#options.kind.type.plural, name, uid, attempt: attemptNumber(job) };
    try {
      await store.put(key, job.metadata.uid, await this.#documentOf(wanted, log), signal);
    } catch (error) {
      signal.throwIfAborted();
      await this.#refused(wanted, error, signal);
      return false;
    }
    await this.#settle(job, "kept", signal);
    return true;
  }

  #documentOf({ run, job }: Wanted<R>, { pod, container, text, isCut }: Log): Promise<Buffer> {
    const { kind, rules } = this.#options;
    const { namespace = "", name, uid } = run.metadata;
    return encodeTranscript({
      ...{ formatVersion, attempt: attemptNumber(job), jobUID: job.metadata.uid },
      run: { kind: kind.type.kind, namespace, name, uid },
      ...{ pod: pod.metadata.name, container },
      ...secretFreeEnd(text, rules().transcriptKiB * 1024, isCut),
    });
  }

  async #logOf(wanted: Wanted<R>, signal: AbortSignal): Promise<Log | "lost" | "none" | "later"> {
    const source = this.#sourceOf(wanted);
    if (source === "later" || source === "none") return source;
    if (source === "lost") return this.#lost(wanted, "its pod is gone");
    try {
      return { ...source, ...(await this.#read(source, signal)) };
    } catch (error) {
      signal.throwIfAborted();
      const isGone = error instanceof NotFound || error instanceof BadRequest;
      if (isGone || this.#since(wanted.job) >= logPatience) return this.#lost(wanted, errorText(error));
      this.#warn(wanted, `the log of an attempt cannot be read yet: ${errorText(error)}`);
      return "later";
    }
  }

  #lost(wanted: Wanted<R>, why: string): "lost" {
    this.#warn(wanted, `the log of an attempt is lost: ${why}`);
    return "lost";
  }

  /** The container whose log tells of the attempt: the agent's, or what failed before it. */
  #sourceOf({ run, job }: Wanted<R>): Source | "lost" | "none" | "later" {
    const { kind, pods } = this.#options;
    // a finished Job has a finished pod, which the cache may not show yet
    const isNew = this.#since(job) < podPatience;
    const pod = podsOf(job, pods.byIndex(podIndex.name, run.metadata.uid)).at(-1);
    if (pod === undefined) return isNew ? "later" : "lost";
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    const started = [...containerStatuses, ...initContainerStatuses]
      .filter(({ state }) => state?.running !== undefined || state?.terminated !== undefined)
      .map(({ name }) => name);
    const container = [kind.agentContainer, prepareContainer].find((each) => started.includes(each));
    if (container === undefined) return isNew ? "later" : "none";
    return { pod, container };
  }

  /** The end of a log. @throws an API error */
  async #read({ pod, container }: Source, signal: AbortSignal): Promise<Pick<Log, "text" | "isCut">> {
    for (let lines = mostRead.lines; ; lines = Math.ceil(lines / 2)) {
      const query = new URLSearchParams({
        container,
        ...{ tailLines: String(lines), limitBytes: String(mostRead.bytes) },
        // keeps the client from reading a log as JSON
        timestamps: "true",
      });
      const path = `${objectPath(Pods, objectKey(pod), "log")}?${query.toString()}`;
      const answer = await this.#options.client.raw({ method: "GET", path, accept: "*/*", signal });
      const stamped = typeof answer === "string" ? answer : "";
      // as much as was allowed has come, so that the end is missing
      if (Buffer.byteLength(stamped) >= mostRead.bytes && lines > 1) continue;
      const text = stamped.replaceAll(/^\S+ /gm, "");
      return { text, isCut: text.split("\n").length > lines };
    }
  }

  async #refused(wanted: Wanted<R>, error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, rules, logger } = this.#options;
    const { giveUpSeconds } = rules();
    const { uid } = wanted.job.metadata;
    const since = this.#refusedSince.get(uid);
    this.#metric?.inc({ result: "error" });
    if (since === undefined) {
      this.#refusedSince.set(uid, clock.now());
      this.#warn(wanted, `the log of an attempt was not archived, and its Job stays: ${errorText(error)}`);
    }
    if (giveUpSeconds === undefined || clock.now() - (since ?? clock.now()) < giveUpSeconds * 1000) return;
    logger.error(fieldsOf(wanted), "the log of an attempt is given up: history.archive.giveUpSeconds is over");
    await this.#settle(wanted.job, "lost", signal);
  }

  /** Records it on the Job: the engine may remove the Job now. */
  async #settle(job: Stored<Job>, state: TranscriptState, signal: AbortSignal): Promise<void> {
    const { uid } = job.metadata;
    const body = { metadata: { uid, annotations: { [runAnnotations.transcript]: state } } };
    try {
      await this.#options.client.patch(Jobs, objectKey(job), { type: "merge", body }, { signal });
      this.#metric?.inc({ result: state });
    } catch (error) {
      // it was removed meanwhile
      if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
    }
  }

  /** Milliseconds since a Job has ended. */
  #since(job: Stored<Job>): number {
    const end = Date.parse(finishedCondition(job)?.at ?? "");
    return Number.isNaN(end) ? Infinity : this.#options.clock.now() - end;
  }

  #warn(wanted: Wanted<R>, message: string): void {
    this.#options.logger.warn(fieldsOf(wanted), message);
  }
}

function fieldsOf({ run, job }: Wanted<AgentRun>): object {
  const { namespace, name } = run.metadata;
  return { namespace, name, attempt: attemptNumber(job), job: job.metadata.name };
}

export function transcriptMetric(registry: Registry, prefix: string): Counter<"result"> {
  const metric = new Counter({
    name: `${prefix}_transcripts_total`,
    help: "Logs of attempts for the archive, by result: kept, lost (not readable), none (the agent never started), error (refused by the store)",
    labelNames: ["result"] as const,
    registers: [registry],
  });
  for (const result of ["kept", "lost", "none", "error"]) metric.inc({ result }, 0);
  return metric;
}
