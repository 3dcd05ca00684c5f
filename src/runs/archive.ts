/** Removes finished runs that have outlived `history`, after archiving their records as configured. */
import { dependencyIndex } from "./indexes.js";
import { endToRemember } from "./earlier-end.js";
import type { Ledger } from "./ledger.js";
import type { EarlierEnd } from "./ledger-segment.js";
import { managedBy, runLabels } from "./metadata.js";
import { periodically } from "../runtime/periodic.js";
import { outlived } from "./retention.js";
import type { AgentRun, RunKind } from "./run.js";
import type { RunArchiver } from "./run-archiver.js";
import { isTerminal } from "../api/phase.js";
import { labels } from "../api/labels.js";
import type { Reader } from "../runtime/cache/reader.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Conflict, NotFound } from "../runtime/client/errors.js";
import { formatKey, objectKey, type ConfigMap, type Stored } from "../runtime/client/objects.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { History } from "../configuration/configuration.js";

export interface ArchiveOptions<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Client;
  /** Index: `dependsOn`. */
  readonly runs: Reader<R>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: () => History;
  /** Remembers how the removed runs ended. Absent: nothing does. */
  readonly ledger?: Pick<Ledger, "record">;
  /** Keeps the removed runs beyond the cluster. Absent: nothing does. */
  readonly archiver?: Pick<RunArchiver<R>, "due" | "archive">;
  /** Whether something of a run is still to be archived, so that it stays. Absent: never. */
  readonly isUnfinished?: (run: Stored<R>) => boolean;
  /** Registers a callback for changes of the rules; returns the function that removes it. Absent: they never change. */
  readonly onRulesChanged?: (listener: () => void) => () => void;
}

/** Milliseconds between two passes. */
const interval = 30_000;

/** Bytes of records that an archive ConfigMap may hold; the API server accepts 1 MiB in total. */
export const maxBytes = 900_000;

/** Runs removed in one pass, so that a changed rule does not keep the API server busy. */
const maxRemovals = 100;

export class Archive<R extends AgentRun> {
  readonly name: string;
  readonly #options: ArchiveOptions<R>;

  constructor(options: ArchiveOptions<R>) {
    this.#options = options;
    this.name = `${options.kind.type.plural}-history`;
  }

  start(signal: AbortSignal): Promise<void> {
    const { name } = this;
    const { clock, logger, onRulesChanged: wakeOn } = this.#options;
    const work = (stop: AbortSignal): Promise<void> => this.tidy(stop);
    const timing = { interval: () => interval, ...(wakeOn !== undefined && { wakeOn }) };
    return periodically({ name, clock, logger, work, ...timing }, signal);
  }

  /**
   * Archives and removes the runs that the rules no longer keep. A run whose record cannot be written stays. An error ends
   * the work for its namespace only, or one full ConfigMap or quota would keep the runs of all others; the first one is
   * thrown at the end.
   */
  async tidy(signal: AbortSignal): Promise<void> {
    const { kind, runs, clock, rules, archiver, isUnfinished = () => false } = this.#options;
    const { archive, keepPerService, keepSeconds } = rules();
    const retention = {
      ...(keepPerService !== undefined && { keepPerService }),
      ...(keepSeconds !== undefined && { keepSeconds }),
    };
    const group = (run: Stored<R>): string =>
      `${run.metadata.namespace ?? ""}/${kind.labels(run)[labels.service] ?? ""}`;
    const isAwaited = ({ metadata: { namespace, name } }: Stored<R>): boolean =>
      runs.byIndex(dependencyIndex.name, `${namespace ?? ""}/${name}`).some(({ status }) => !isTerminal(status?.phase));
    const all = outlived(runs.list(), retention, group, isAwaited, clock.now()).filter((run) => !isUnfinished(run));
    const over = (archiver?.due(all) ?? all).slice(0, maxRemovals);
    // before the ledger: one that stays must not count as removed
    const archived = (await archiver?.archive(over, signal)) ?? over;
    const gone = await this.#remember(archived, signal);
    const failures: unknown[] = [];
    for (const [namespace, members] of byNamespace(gone)) {
      try {
        await this.#remove(namespace, members, archive, signal);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Writes to the ledger how these runs ended, before any of them is removed: a crash in between loses nothing, and the next pass
   * writes the same. Returns those that may be removed: a run that changed since the decision is decided upon again.
   */
  async #remember(runs: readonly Stored<R>[], signal: AbortSignal): Promise<Stored<R>[]> {
    const { kind, client, ledger, rules } = this.#options;
    if (ledger === undefined || rules().rememberedRuns === 0) return [...runs];
    const remembered: { readonly run: Stored<R>; readonly end: EarlierEnd }[] = [];
    const unknown: Stored<R>[] = [];
    for (const run of runs) {
      // the cache lacks contents, which are part of what was requested
      const current = await unlessMissing(client.get(kind.type, objectKey(run), { signal }));
      if (current?.metadata.resourceVersion !== run.metadata.resourceVersion) continue;
      const end = endToRemember(kind, current);
      if (end === undefined) unknown.push(run);
      else remembered.push({ run, end });
    }
    const entries = remembered.map(({ run, end }) => ({ type: kind.type, key: objectKey(run), end }));
    if (entries.length > 0) await ledger.record(entries, signal);
    return [...remembered.map(({ run }) => run), ...unknown];
  }

  async #remove(
    namespace: string,
    members: readonly Stored<R>[],
    archive: History["archive"],
    signal: AbortSignal,
  ): Promise<void> {
    const { kind, client, logger } = this.#options;
    const records = members.map((run) => recordOf(kind, run));
    if (archive.configMap !== undefined) await this.#store(namespace, archive.configMap, records, signal);
    for (const [index, run] of members.entries()) {
      const { name, uid, resourceVersion } = run.metadata;
      const key = { name, ...(namespace !== "" && { namespace }) };
      const preconditions = { uid, resourceVersion };
      try {
        await client.delete(kind.type, key, { preconditions, propagationPolicy: "Background", signal });
      } catch (error) {
        // it was removed or changed meanwhile: the next pass decides again
        if (error instanceof NotFound || error instanceof Conflict) continue;
        throw error;
      }
      if (archive.log) logger.info({ record: records[index] }, `${kind.type.kind} removed from history`);
    }
  }

  /** Appends records to the ConfigMap, each run once. If it grows too long, the oldest lines are dropped. */
  async #store(
    namespace: string,
    name: string,
    records: readonly RunArchiveRecord[],
    signal: AbortSignal,
  ): Promise<void> {
    const { client, kind } = this.#options;
    const field = `${kind.type.plural}.jsonl`;
    const key = { name, ...(namespace !== "" && { namespace }) };
    for (let attempt = 1; ; attempt++) {
      const stored = await unlessMissing(client.get(ConfigMaps, key, { signal }));
      if (stored !== undefined && stored.metadata.labels?.[runLabels.managedBy] !== managedBy)
        throw new Error(
          `ConfigMap ${formatKey(key)} is not an archive of ${managedBy}: name another in history.archive.configMap, or label it ${runLabels.managedBy}=${managedBy}`,
        );
      const data = { ...stored?.data, [field]: appendLines(stored?.data?.[field] ?? "", records) };
      try {
        if (stored === undefined) await client.create(ConfigMaps, emptyArchive(key, data), { signal });
        else {
          const { resourceVersion } = stored.metadata;
          await client.patch(
            ConfigMaps,
            key,
            { type: "merge", body: { metadata: { resourceVersion }, data } },
            { signal },
          );
        }
        return;
      } catch (error) {
        if (!(error instanceof Conflict || error instanceof AlreadyExists) || attempt === 5) throw error;
      }
    }
  }
}

/** One line of the archive: everything about a run except its files. */
export interface RunArchiveRecord {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly creationTime?: string;
  readonly status: Omit<NonNullable<AgentRun["status"]>, "conditions">;
}

export function recordOf<R extends AgentRun>(kind: RunKind<R>, run: Stored<R>): RunArchiveRecord {
  const { namespace, name, uid, creationTimestamp } = run.metadata;
  const { conditions: _conditions, ...status } = run.status ?? {};
  return {
    kind: kind.type.kind,
    ...(namespace !== undefined && { namespace }),
    name,
    uid,
    labels: kind.labels(run),
    ...(creationTimestamp !== undefined && { creationTime: creationTimestamp }),
    status,
  };
}

/** The text with a line for each record. A run that already has a line gets no second one. */
export function appendLines(text: string, records: readonly RunArchiveRecord[]): string {
  const before = text.split("\n").filter((line) => line !== "");
  const fresh = records.filter(({ uid }) => !before.some((line) => line.includes(`"uid":${JSON.stringify(uid)}`)));
  const lines = [...before, ...fresh.map((record) => JSON.stringify(record))];
  let bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  let first = 0;
  for (; bytes > maxBytes; first++) bytes -= Buffer.byteLength(lines[first] ?? "") + 1;
  return lines
    .slice(first)
    .map((line) => `${line}\n`)
    .join("");
}

function emptyArchive(
  key: { readonly name: string; readonly namespace?: string },
  data: Record<string, string>,
): ConfigMap {
  return {
    apiVersion: apiVersionOf(ConfigMaps),
    kind: ConfigMaps.kind,
    metadata: { ...key, labels: { [runLabels.managedBy]: managedBy } },
    data,
  };
}

function byNamespace<R extends AgentRun>(runs: readonly Stored<R>[]): Map<string, Stored<R>[]> {
  const groups = new Map<string, Stored<R>[]>();
  for (const run of runs) {
    const namespace = run.metadata.namespace ?? "";
    groups.set(namespace, [...(groups.get(namespace) ?? []), run]);
  }
  return groups;
}
