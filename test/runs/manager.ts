/** Runs the reconciler against the model: with fresh or stale caches, and killed where a test requests it. */
import type { ModelCluster } from "./model-cluster.js";
import { Killed } from "./model-cluster.js";
import { agentNetworkName } from "#src/configuration/names.js";
import { agentNetworkPolicy } from "#src/runs/network-policy.js";
import { NetworkPolicies } from "#src/runtime/client/builtin.js";
import { noMetrics, type Metrics } from "#src/runs/metrics.js";
import type { Ledger } from "#src/runs/ledger.js";
import { slotGranted, type SlotDecision } from "#src/runs/slots.js";
import type { NamespaceFacts } from "#src/runs/namespace-facts.js";
import { BudgetBook, type KindBudgets } from "#src/runs/budgets/budget-book.js";
import { RunReconciler } from "#src/runs/reconciler.js";
import type { RunKind } from "#src/runs/run.js";
import { trustLevelOf } from "#src/runs/workspace.js";
import { taskRunKind } from "../kinds/task-runs.js";
import type { Budget } from "#src/api/budget.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { NetworkPolicy, ObjectKey, Stored } from "#src/runtime/client/objects.js";
import type { Result } from "#src/runtime/controller/reconciler.js";
import { silentLogger } from "#src/runtime/logger.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import type { Configuration } from "#src/configuration/configuration.js";
import type { Announcement } from "#src/runs/announcements.js";

export const runName = "auth-service-task-1001";

export interface Faults {
  /** By how many writes the cache of a type is stale. */
  readonly age?: (plural: string) => number;
  /** The API server returns an error for the nth write of this reconcile, which did or did not take effect. */
  readonly fail?: number;
  /** The manager is killed at its nth write of this reconcile, before or after it takes effect. */
  readonly kill?: { readonly at: number; readonly when: "before" | "after" };
}

export class Manager {
  readonly events: Announcement[] = [];
  /** Names of runs that were enqueued because a Budget has room again. */
  readonly woken: string[] = [];
  configuration: Configuration = defaultConfiguration;
  kind: RunKind<TaskRun> = taskRunKind;

  /** Whether agents' network access is restricted, as the configuration says by default. */
  restrictsNetwork = false;

  /** Labels of the run's namespace; absent: not known. */
  namespaceLabels: Readonly<Record<string, string>> | undefined;

  /** The decision for every request for a slot; absent if slots are unlimited. */
  slotDecision: SlotDecision | undefined;
  /** What it knows of Budgets; a killed manager loses it. */
  #budgets: KindBudgets<TaskRun> | undefined;
  #book: BudgetBook | undefined;
  /** How stale its caches are in this reconcile. */
  #age: Faults["age"];
  /** Whether it watches the runs of a namespace. */
  watches: (namespace: string) => boolean = () => true;
  /** Remembers what history removed; absent: nothing does. */
  ledger: Ledger | undefined;

  constructor(
    readonly cluster: ModelCluster,
    readonly metrics: Metrics = noMetrics,
  ) {}

  /** One reconcile; undefined if the manager was killed, or has to retry after an error. */
  async reconcile({ age, fail, kill }: Faults = {}, name = runName): Promise<Result | undefined> {
    const { cluster } = this;
    this.#age = age;
    this.#budgets ??= this.#newBudgets();
    const { budgets: _budgets, ...readers } = cluster.readers(age);
    const reconciler = new RunReconciler<TaskRun>({
      kind: this.kind,
      client: cluster.client(),
      budgets: this.#budgets,
      readers: {
        ...readers,
        ...(this.restrictsNetwork && {
          network: (namespace) => {
            const present = cluster.get(NetworkPolicies, agentNetworkName);
            const wanted = (): NetworkPolicy => agentNetworkPolicy(namespace, this.configuration.network);
            return { wanted, ...(present !== undefined && { present }) };
          },
        }),
        ...(this.ledger !== undefined && { ledger: this.ledger }),
        namespaceFacts: (name) => this.#factsOf(name),
        trustLevel: (name) => trustLevelOf(this.configuration.isolation, this.#factsOf(name)),
      },
      ...(this.ledger !== undefined && { ledger: this.ledger }),
      configuration: { current: () => this.configuration },
      ...(this.slotDecision !== undefined && {
        slots: { request: () => this.slotDecision ?? slotGranted, release: () => undefined },
      }),
      metrics: this.metrics,
      events: { event: (_regarding, event) => this.events.push(event) },
      clock: { now: () => cluster.time, monotonic: () => cluster.time, after: () => ({ cancel: () => undefined }) },
    });
    let writes = 0;
    cluster.onWrite = (when) => {
      if (when === "before") writes += 1;
      if (kill?.at === writes && kill.when === when) throw new Killed();
      // every second one after it took effect, as when a response is lost
      if (fail === writes && when === (writes % 2 === 0 ? "after" : "before")) throw new Error("the server has failed");
    };
    try {
      return await reconciler.reconcile(
        { namespace: "orchestrator", name },
        { signal: new AbortController().signal, logger: silentLogger, reconcileID: "test" },
      );
    } catch (error) {
      if (error instanceof Killed) {
        this.#budgets = undefined;
        return undefined;
      }
      // as with the controller's back-off: a stale cache can make a reconcile fail
      if (age !== undefined || fail !== undefined) return undefined;
      throw error;
    } finally {
      cluster.onWrite = () => undefined;
    }
  }

  /** The Budgets of the cluster, of which the operator's namespace is the one that everything is in. */
  #newBudgets(): KindBudgets<TaskRun> {
    const { cluster } = this;
    const runs = { get: (key: ObjectKey) => cluster.readers().runs.get(key) };
    const list = (): Stored<Budget>[] => cluster.readers(this.#age).budgets.list();
    const book = new BudgetBook({
      client: cluster.client(),
      budgets: {
        hasSynced: true,
        get: (key) => cluster.readers(this.#age).budgets.get(key),
        list,
        byIndex: list,
      },
      clock: { now: () => cluster.time, monotonic: () => cluster.time, after: () => ({ cancel: () => undefined }) },
      configuration: () => this.configuration,
      operatorNamespace: "orchestrator",
      watches: (namespace) => this.watches(namespace),
      events: { event: (_regarding, event) => this.events.push(event) },
    });
    this.#book = book;
    return book.add({ kind: this.kind, runs, enqueue: ({ name }) => this.woken.push(name) });
  }

  #factsOf(name: string): NamespaceFacts {
    const labels = this.namespaceLabels;
    return { name, isOperators: false, ...(labels !== undefined && { labels }) };
  }

  /** What it knows of Budgets, with caches that are up to date. */
  get book(): BudgetBook {
    this.#age = undefined;
    this.#budgets ??= this.#newBudgets();
    if (this.#book === undefined) throw new Error("there is none without its part");
    return this.#book;
  }

  /** What the controller of Budgets does. */
  async refreshBudget(name: string): Promise<number | undefined> {
    return this.book.refresh({ namespace: "orchestrator", name }, new AbortController().signal);
  }

  /** The Job starts its pod, the agent ends, and the caches show it. */
  async work(exitCode: number, message?: string): Promise<void> {
    this.cluster.runJobController();
    this.cluster.endPods(exitCode, message);
    this.cluster.runJobController();
    await this.reconcile();
  }

  get run(): Stored<TaskRun> {
    const run = this.cluster.get(TaskRuns, runName);
    if (run === undefined) throw new Error("the run is gone");
    return run;
  }

  get phase(): string | undefined {
    return this.run.status?.phase;
  }

  /** Outcomes of the recorded attempts, oldest first. */
  get outcomes(): string[] {
    return (this.run.status?.runs ?? []).map(
      ({ number, cause, outcome }) => `${number} ${cause ?? ""} ${outcome ?? "-"}`,
    );
  }
}
