/** Writes finished runs to the store beyond the cluster, before `history` removes them. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { AgentRun, RunKind } from "./run.js";
import { lastApplied } from "../api/labels.js";
import type { ArchiveStore } from "../archive/archive-store.js";
import { encodeArchivedRun, type ArchivedEvent, type ArchivedRun } from "../archive/archived-run.js";
import { formatVersion } from "../archive/document.js";
import { Events } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { objectKey, type EventsEvent, type Stored } from "../runtime/client/objects.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import type { Clock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import type { Logger } from "../runtime/logger.js";

export interface RunArchiverOptions<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The configured store; undefined if there is none. */
  readonly store: () => Pick<ArchiveStore, "put"> | undefined;
  /** Seconds of failures after which a run may be removed without an archive. Undefined: never. */
  readonly giveUpSeconds: () => number | undefined;
  /** Absent: nothing is measured. */
  readonly registry?: Registry;
}

/** Documents written at a time: each is held in memory, with its run. */
const concurrency = 4;

/** Failures without a success after which a pass ends: the store is unavailable, and each further run would wait for its time-out. */
const maxFailures = 4;

/** Milliseconds until a run is tried again after its first failure; doubled by each further one up to `longestDelay`. */
const firstDelay = 30_000;
const longestDelay = 1_800_000;

/** Events that a document keeps. */
const maxEvents = 200;

interface Failure {
  readonly count: number;
  /** The first one; milliseconds since the epoch. */
  readonly since: number;
  /** Milliseconds since the epoch. */
  readonly retryAt: number;
}

export class RunArchiver<R extends AgentRun> {
  readonly #options: RunArchiverOptions<R>;
  /** By UID; only runs that are still to be removed. */
  readonly #failures = new Map<string, Failure>();
  /** The first failure since the last success, of any run. */
  #awaySince: number | undefined;
  readonly #metrics: ArchiveMetrics | undefined;

  constructor(options: RunArchiverOptions<R>) {
    this.#options = options;
    const { registry, kind } = options;
    this.#metrics = registry && archiveMetrics(registry, kind.type.kind.toLowerCase(), () => this.#failures.size);
  }

  /** The runs that may be tried now: those that failed wait for their back-off, so that they do not stall the others. */
  due(runs: readonly Stored<R>[]): Stored<R>[] {
    if (this.#options.store() === undefined) {
      this.#failures.clear();
      this.#awaySince = undefined;
      return [...runs];
    }
    const present = new Set(runs.map(({ metadata }) => metadata.uid));
    for (const uid of this.#failures.keys()) if (!present.has(uid)) this.#failures.delete(uid);
    const now = this.#options.clock.now();
    return runs.filter(({ metadata }) => (this.#failures.get(metadata.uid)?.retryAt ?? 0) <= now);
  }

  /**
   * Writes these runs to the store. Returns those that may be removed, in their order: archived in the version that was
   * given, or given up as configured. Without a store, all.
   */
  async archive(runs: readonly Stored<R>[], signal: AbortSignal): Promise<Stored<R>[]> {
    const store = this.#options.store();
    if (store === undefined) return [...runs];
    const removable = new Set<Stored<R>>();
    const pending = [...runs];
    let failures = 0;
    let successes = 0;
    const isAway = (): boolean => successes === 0 && failures >= maxFailures;
    const work = async (): Promise<void> => {
      while (!isAway()) {
        const run = pending.shift();
        if (run === undefined) return;
        try {
          if (await this.#archiveOne(store, run, signal)) removable.add(run);
          successes++;
          this.#awaySince = undefined;
          this.#failures.delete(run.metadata.uid);
        } catch (error) {
          signal.throwIfAborted();
          failures++;
          if (this.#failed(run, error)) removable.add(run);
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    // with an archive that is unavailable for that long, no run waits for four others
    if (isAway() && this.#isTooLong(this.#awaySince))
      for (const run of pending) {
        removable.add(run);
        this.#giveUp(run);
      }
    return runs.filter((run) => removable.has(run));
  }

  /** Whether the run was archived; false if it changed or is gone, which the next pass decides upon. */
  async #archiveOne(store: Pick<ArchiveStore, "put">, run: Stored<R>, signal: AbortSignal): Promise<boolean> {
    const { kind, client } = this.#options;
    const { namespace = "", name, uid, resourceVersion } = run.metadata;
    // the cache lacks the contents of files
    const current = await unlessMissing(client.get(kind.type, objectKey(run), { signal }));
    if (current?.metadata.uid !== uid || current.metadata.resourceVersion !== resourceVersion) return false;
    const { items } = await client.list(Events, {
      ...{ namespace, fieldSelector: `regarding.uid=${uid}`, limit: maxEvents, signal },
    });
    const document = await encodeArchivedRun(archivedRunOf(kind, current, items));
    await store.put({ namespace, plural: kind.type.plural, name, uid }, resourceVersion, document, signal);
    this.#metrics?.archived.inc({ result: "success" });
    return true;
  }

  /** Records a failure. Returns whether the run may be removed nevertheless. */
  #failed(run: Stored<R>, error: unknown): boolean {
    const { clock, logger, kind } = this.#options;
    const { namespace, name, uid } = run.metadata;
    const now = clock.now();
    const { count = 0, since = now } = this.#failures.get(uid) ?? {};
    const delay = Math.min(firstDelay * 2 ** count, longestDelay);
    this.#failures.set(uid, { count: count + 1, since, retryAt: now + delay });
    this.#awaySince ??= now;
    this.#metrics?.archived.inc({ result: "error" });
    const fields = { namespace, name, uid, failures: count + 1, reason: errorText(error) };
    logger.warn(fields, `${kind.type.kind} was not archived; history keeps it and tries again in ${delay / 1000} s`);
    if (!this.#isTooLong(since)) return false;
    this.#giveUp(run);
    return true;
  }

  #isTooLong(since: number | undefined): boolean {
    const seconds = this.#options.giveUpSeconds();
    return seconds !== undefined && since !== undefined && since + seconds * 1000 <= this.#options.clock.now();
  }

  #giveUp(run: Stored<R>): void {
    const { logger, kind } = this.#options;
    const { namespace, name, uid } = run.metadata;
    this.#metrics?.archived.inc({ result: "given_up" });
    logger.error(
      { namespace, name, uid },
      `${kind.type.kind} is removed without an archive: history.archive.giveUpSeconds is over`,
    );
  }
}

interface ArchiveMetrics {
  readonly archived: Counter<"result">;
}

export function archiveMetrics(registry: Registry, prefix: string, failing: () => number): ArchiveMetrics {
  const registers = [registry];
  const archived = new Counter({
    name: `${prefix}_archive_writes_total`,
    help: "Finished runs written to the archive, by result",
    labelNames: ["result"] as const,
    registers,
  });
  for (const result of ["success", "error", "given_up"]) archived.inc({ result }, 0);
  new Gauge({
    name: `${prefix}_archive_failing_runs`,
    help: "Runs that history keeps because the archive did not accept them",
    registers,
    collect() {
      this.set(failing());
    },
  });
  return { archived };
}

/** The document of a run: its object as stored, without what only the API server needs, and its Events. */
function archivedRunOf<R extends AgentRun>(
  { type }: RunKind<R>,
  run: Stored<R>,
  events: readonly Stored<EventsEvent>[],
): ArchivedRun {
  const { managedFields: _managedFields, annotations, ...metadata } = run.metadata;
  const { [lastApplied]: _lastApplied, ...rest } = annotations ?? {};
  return {
    formatVersion,
    run: {
      ...{ apiVersion: apiVersionOf(type), kind: type.kind },
      metadata: {
        ...metadata,
        ...(Object.keys(rest).length > 0 && { annotations: rest }),
      },
      spec: run.spec,
      ...(run.status !== undefined && { status: run.status }),
    },
    events: events.map(archivedEvent).sort((a, b) => a.time.localeCompare(b.time)),
  };
}

function archivedEvent(event: Stored<EventsEvent>): ArchivedEvent {
  const { type = "Normal", reason = "", note = "", series, deprecatedLastTimestamp, metadata } = event;
  // the API server sends null for an Event of the older API
  const { eventTime } = event as { readonly eventTime: string | null };
  return {
    ...{ type, reason, message: note },
    time: series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? "",
    count: series?.count ?? event.deprecatedCount ?? 1,
  };
}
