/**
 * The engine on the model cluster as the operator runs it: caches with watches, a queue, timers, slots and many runs, and
 * faults between it and the API server. A run is only reconciled if something enqueues it, so a missing trigger leaves it
 * unchanged. Time only advances when there is nothing to do.
 */
import { ModelCluster, Killed, type Written } from "./model-cluster.js";
import { codeRunKind } from "#src/kinds/coderun/coderun.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { Archive } from "#src/runs/archive.js";
import { dependencyIndex, ownerIndex, ownerNameIndex, podIndex, workspaceIndex } from "#src/runs/indexes.js";
import { Ledger } from "#src/runs/ledger.js";
import { ownerUID } from "#src/runs/metadata.js";
import type { RunReaders } from "#src/runs/observe.js";
import { triggerTable, type TriggerTable, type TriggersOf } from "#src/runs/triggers.js";
import { RunReconciler } from "#src/runs/reconciler.js";
import type { AgentRun, RunKind } from "#src/runs/run.js";
import { SlotBook } from "#src/runs/slot-book.js";
import { Cache } from "#src/runtime/cache/cache.js";
import type { Informer } from "#src/runtime/cache/informer.js";
import type { IndexFunction, Reader } from "#src/runtime/cache/reader.js";
import type { Change } from "#src/runtime/cache/store.js";
import { writeThrough } from "#src/runtime/cache/write-through.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import type { Client } from "#src/runtime/client/client.js";
import { ConnectionError } from "#src/runtime/client/errors.js";
import type { KubernetesObject, ObjectKey, Pod, Stored } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import type { Clock } from "#src/runtime/clock.js";
import type { Reconciler } from "#src/runtime/controller/reconciler.js";
import { silentLogger } from "#src/runtime/logger.js";
import type { Configuration } from "#src/configuration/configuration.js";

/** Faults from now until everything is settled again. */
export interface Faults {
  /** The manager is killed at its nth write, before or after it takes effect, and restarted. */
  readonly kill?: { readonly at: number; readonly when: "before" | "after" };
  /** Its nth write returns an error, and did or did not take effect. */
  readonly fail?: { readonly at: number; readonly when: "before" | "after" };
  /** Another client writes to every run just before its nth write. */
  readonly conflict?: number;
  /** That many of its requests fail to reach the API server, starting with the nth. */
  readonly away?: { readonly from: number; readonly requests: number };
  /** Watches of these types show nothing until there is nothing else to do. */
  readonly late?: readonly string[];
}

interface Watch {
  readonly plural: string;
  /** Fills a new cache. */
  fill(): void;
  /** Shows all writes since the last call. */
  deliver(): void;
}

/** The part of the operator for one kind. */
interface Part {
  readonly plural: string;
  readonly table: TriggerTable<AgentRun>;
  readonly slots: { ended(object: Stored<KubernetesObject>): void };
  readonly reconciler: Reconciler;
  readonly enqueue: (keys: readonly ObjectKey[]) => void;
}

interface Triggered<T extends KubernetesObject> {
  readonly part: Part;
  readonly triggers: TriggersOf<T>;
}

const namespace = "orchestrator";

/** CodeRuns whose only file contains `spec.env.CONTENT`, as the file of a TaskRun contains its content. */
export const codeKind = codeRunKind({
  current: () => ({
    code: ({ spec }) => ({ "task.md": (spec as CodeRun["spec"]).env?.CONTENT ?? "" }),
    docs: () => ({}),
  }),
});

/** The runs of all kinds in the world. */
export const runTypes: readonly ResourceType<AgentRun>[] = [TaskRuns, CodeRuns];

export class World {
  readonly cluster = new ModelCluster();
  configuration: Configuration;
  /** Offset of the manager's clock in milliseconds. */
  skew = 0;
  #faults: Faults = {};
  #writes = 0;
  #requests = 0;
  #isKilled = false;
  /** When a run is due for a reconcile, by its name. */
  #queue = new Map<string, number>();
  #watches: Watch[] = [];
  /** The length of the log that was checked, and the Jobs in it. */
  #checked = 0;
  readonly #jobs = new Set<string>();
  #book!: SlotBook;
  #parts: Part[] = [];
  #archives: Pick<Archive<AgentRun>, "tidy">[] = [];
  readonly #clock: Clock;

  constructor(configuration: Configuration) {
    this.configuration = configuration;
    const { cluster } = this;
    this.#clock = {
      now: () => cluster.time + this.skew,
      monotonic: () => cluster.time,
      after: () => ({ cancel: () => undefined }),
    };
    cluster.onWrite = (when) => this.#onWrite(when);
    this.restart();
  }

  /** A new manager, whose only state is what it lists. */
  restart(): void {
    const clock = this.#clock;
    const client = this.#client();
    const cache = new Cache({ client, clock, random: () => 0.5, logger: silentLogger, freeze: true });
    this.#queue = new Map();
    this.#watches = [];
    const slots = new SlotBook({ configuration: () => this.configuration, clock });
    this.#book = slots;
    this.#parts = [];
    const all =
      <T extends KubernetesObject>(of: (part: Part) => TriggersOf<T>) =>
      () =>
        this.#parts.map((part): Triggered<T> => ({ part, triggers: of(part) }));
    const shared = {
      jobs: this.#watch(
        cache,
        Jobs,
        [ownerIndex, ownerNameIndex],
        all(({ table }) => table.jobs),
      ).reader,
      files: this.#watch(cache, ConfigMaps, [ownerIndex], () => []).reader,
      pods: this.#watch(
        cache,
        Pods,
        [podIndex],
        all(({ table }) => table.pods),
      ).reader,
      workspaces: this.#watch(
        cache,
        PersistentVolumeClaims,
        [],
        all(({ table }) => table.workspaces),
      ).reader,
    };
    const runs = [this.#watchRuns(cache, taskRunKind), this.#watchRuns(cache, codeKind)] as const;
    const others = { tasks: [runs[1].reader], code: [runs[0].reader] };
    const context = { client: writeThrough(client, cache), slots, clock };
    const ledger = new Ledger({ client, namespace, capacity: () => this.configuration.history.rememberedRuns });
    this.#addPart(taskRunKind, { ...shared, ledger, runs: runs[0].reader, otherRuns: others.tasks }, context);
    this.#addPart(codeKind, { ...shared, ledger, runs: runs[1].reader, otherRuns: others.code }, context);
    this.#archives = [
      this.#archive(taskRunKind, runs[0].reader, context.client, ledger),
      this.#archive(codeKind, runs[1].reader, context.client, ledger),
    ];
    for (const watch of this.#watches) watch.fill();
    this.resync();
    this.#isKilled = false;
  }

  #archive<R extends AgentRun>(kind: RunKind<R>, runs: Reader<R>, client: Client, ledger: Ledger): Archive<R> {
    const rules = (): Configuration["history"] => ({ ...this.configuration.history, keepPerService: 0 });
    return new Archive<R>({ kind, runs, client, ledger, rules, clock: this.#clock, logger: silentLogger });
  }

  /** `history` removes every run that has ended, first with these faults, then without. */
  async tidy(faults: Faults): Promise<void> {
    this.#faults = faults;
    this.#writes = 0;
    this.#requests = 0;
    for (const isLast of [false, true]) {
      try {
        for (const archive of this.#archives) await archive.tidy(new AbortController().signal);
      } catch (error) {
        if (isLast) throw error;
        if (!this.#isKilled && !(error instanceof ConnectionError)) throw error;
      }
      if (this.#isKilled) this.restart();
      await this.settle();
    }
  }

  #watchRuns<R extends AgentRun>(cache: Cache, kind: RunKind<R>): Informer<R> {
    const { plural } = kind.type;
    const transform = (run: Stored<R>): Stored<R> => {
      kind.dropContents?.(run);
      return run;
    };
    const triggers = (): Triggered<R>[] =>
      this.#parts.filter((part) => part.plural === plural).map((part) => ({ part, triggers: part.table.runs }));
    return this.#watch(cache, kind.type, [dependencyIndex, workspaceIndex(kind)], triggers, transform);
  }

  #addPart<R extends AgentRun>(
    kind: RunKind<R>,
    readers: RunReaders<R>,
    { client, slots: book, clock }: { readonly client: Client; readonly slots: SlotBook; readonly clock: Clock },
  ): void {
    const { plural } = kind.type;
    const enqueue = (keys: readonly ObjectKey[]): void => {
      for (const { name } of keys) this.#enqueue(`${plural}/${name}`);
    };
    const slots = book.add({ kind, readers, enqueue });
    const reconciler = new RunReconciler<R>({
      ...{ kind, readers, clock, client, slots },
      ...(readers.ledger !== undefined && { ledger: readers.ledger as Ledger }),
      configuration: { current: () => this.configuration },
      events: { event: () => undefined },
    });
    const table = triggerTable(kind, readers.runs) as unknown as TriggerTable<AgentRun>;
    this.#parts.push({ plural, table, slots, reconciler, enqueue });
  }

  /** Loads another configuration. */
  configure(configuration: Configuration): void {
    this.configuration = configuration;
    this.#book.wake(undefined);
  }

  /** Enqueues every run. */
  resync(): void {
    for (const { type, name } of this.#runs()) this.#enqueue(`${type.plural}/${name}`);
  }

  /** Runs everything that can happen, with these faults, until it settles without them. */
  async settle(faults: Faults = {}): Promise<void> {
    const { cluster } = this;
    this.#faults = faults;
    this.#writes = 0;
    this.#requests = 0;
    let late = faults.late ?? [];
    for (let round = 0; round < 300; round++) {
      const before = cluster.log.length;
      cluster.runJobController();
      this.#check();
      cluster.settle();
      for (const watch of this.#watches) if (!late.includes(watch.plural)) watch.deliver();
      const due = [...this.#queue].filter(([, time]) => time <= cluster.time).map(([key]) => key);
      // one worker for each run
      await Promise.all(due.map((key) => this.#reconcile(key)));
      if (this.#isKilled) {
        this.restart();
        late = [];
      } else if (due.length === 0 && cluster.log.length === before) {
        if (late.length === 0) return;
        late = [];
      }
    }
    throw new Error(`it doesn't come to rest: ${[...this.#queue.keys()].join(", ")}`);
  }

  /** Milliseconds until the next timer fires; undefined if there is none. */
  get nextTimer(): number | undefined {
    const times = [...this.#queue.values()];
    return times.length === 0 ? undefined : Math.min(...times) - this.cluster.time;
  }

  /** Live pods of the run, with or without a Job. */
  podsOf({ metadata }: Stored<AgentRun>): Stored<Pod>[] {
    return this.cluster.livePods.filter((pod) => podIndex.of(pod).includes(metadata.uid));
  }

  #runs(): { readonly type: ResourceType<AgentRun>; readonly name: string }[] {
    return runTypes.flatMap((type) => this.cluster.all(type).map(({ metadata: { name } }) => ({ type, name })));
  }

  async #reconcile(key: string): Promise<void> {
    const { cluster } = this;
    const [plural, name = ""] = key.split("/");
    const part = this.#parts.find((each) => each.plural === plural);
    this.#queue.delete(key);
    try {
      const result = await part?.reconciler.reconcile(
        { namespace, name },
        { signal: new AbortController().signal, logger: silentLogger, reconcileID: "test" },
      );
      if (result?.requeueAfter !== undefined) this.#enqueue(key, cluster.time + result.requeueAfter);
    } catch (error) {
      if (this.#isKilled) return;
      if (!(error instanceof ConnectionError) && !isConflict(error)) throw error;
      this.#enqueue(key);
    }
  }

  /** @param key `plural/name` */
  #enqueue(key: string, time = this.cluster.time): void {
    this.#queue.set(key, Math.min(time, this.#queue.get(key) ?? Infinity));
  }

  #onWrite(when: "before" | "after"): void {
    const { kill, fail, conflict } = this.#faults;
    if (this.#isKilled) throw new Killed();
    if (when === "before") this.#writes += 1;
    if (kill?.at === this.#writes && kill.when === when) {
      this.#isKilled = true;
      throw new Killed();
    }
    if (fail?.at === this.#writes && fail.when === when) throw noAnswer();
    if (conflict === this.#writes && when === "before") {
      for (const { type, name } of this.#runs()) {
        this.cluster.change(type, name, (run) => {
          run.metadata.annotations = { touched: String(this.cluster.log.length) };
        });
      }
    }
  }

  #client(): Client {
    const client = this.cluster.client();
    const reach = (): void => {
      if (this.#isKilled) throw new Killed();
      const { from, requests } = this.#faults.away ?? { from: 0, requests: 0 };
      this.#requests += 1;
      if (this.#requests >= from && this.#requests < from + requests) throw noAnswer();
    };
    const reached = async <T>(send: () => Promise<T>): Promise<T> => {
      reach();
      return send();
    };
    return {
      ...client,
      get: (type, key, options) => reached(() => client.get(type, key, options)),
      list: (type, options) => reached(() => client.list(type, options)),
      create: (type, object, options) => reached(() => client.create(type, object, options)),
      patch: (type, key, patch, options) => reached(() => client.patch(type, key, patch, options)),
      delete: (type, key, options) => reached(() => client.delete(type, key, options)),
    };
  }

  #watch<T extends KubernetesObject>(
    cache: Cache,
    type: ResourceType<T>,
    indexes: readonly { readonly name: string; readonly of: IndexFunction<T> }[],
    triggers: () => readonly Triggered<T>[],
    transform: (object: Stored<T>) => Stored<T> = (object) => object,
  ): Informer<T> {
    const { cluster } = this;
    const informer = cache.informer(type, {
      indexes: Object.fromEntries(indexes.map(({ name, of }) => [name, of])),
      transform,
    });
    const { store } = informer;
    const put = (object: unknown): Change<T>[] => store.put(transform(structuredClone(object) as Stored<T>));
    let shown = cluster.log.length;
    const show = ({ path, before, after, version }: Written): Change<T>[] => {
      if (!path.startsWith(`${type.plural}/`)) return [];
      const gone = after === undefined ? store.remove(structuredClone(before) as Stored<T>) : undefined;
      const changes = after === undefined ? [] : put(after);
      return [...(gone === undefined ? changes : [gone]), ...store.progressed(String(version))];
    };
    this.#watches.push({
      plural: type.plural,
      fill: () => {
        for (const object of cluster.all(type)) put(object);
        store.markSynced();
      },
      deliver: () => {
        const news = cluster.log.slice(shown);
        shown = cluster.log.length;
        for (const change of news.flatMap(show)) for (const each of triggers()) this.#trigger(change, each);
      },
    });
    return informer;
  }

  /** As `connect` in kinds/setup.ts, with the queue of this world. */
  #trigger<T extends KubernetesObject>(
    change: Change<T>,
    { part, triggers: { triggers, freesSlots } }: Triggered<T>,
  ): void {
    const objects = change.type === "updated" ? [change.object, change.old] : [change.object];
    for (const { when, enqueue } of triggers) if (when(change)) part.enqueue(objects.flatMap((each) => enqueue(each)));
    if (freesSlots?.(change) === true) part.slots.ended(change.object);
  }

  /** Invariants that must hold at every moment, not only once everything is settled. */
  #check(): void {
    const { cluster } = this;
    const services = cluster.livePods.map(({ metadata }) => metadata.labels?.service ?? "");
    if (new Set(services).size !== services.length)
      throw new Error(`two agents in a workspace: ${services.join(", ")}`);
    for (const { path, before, after } of cluster.log.slice(this.#checked)) {
      if (after === undefined || before !== undefined || !path.startsWith("jobs/")) continue;
      const job = `${path} of ${ownerUID(after) ?? ""}`;
      if (this.#jobs.has(job)) throw new Error(`created twice: ${job}`);
      this.#jobs.add(job);
    }
    this.#checked = cluster.log.length;
  }
}

function noAnswer(): Error {
  return new ConnectionError({ method: "?", path: "" }, new Error("the API server is away"));
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && error.name === "Conflict";
}
