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
import { RunReconciler } from "#src/runs/reconciler.js";
import type { RunKind } from "#src/runs/run.js";
import { trustLevelOf } from "#src/runs/workspace.js";
import { taskRunKind } from "#src/kinds/taskrun/taskrun.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { NetworkPolicy, Stored } from "#src/runtime/client/objects.js";
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
  configuration: Configuration = defaultConfiguration;
  kind: RunKind<TaskRun> = taskRunKind;

  /** Whether agents' network access is restricted, as the configuration says by default. */
  restrictsNetwork = false;

  /** Labels of the run's namespace; absent: not known. */
  namespaceLabels: Readonly<Record<string, string>> | undefined;

  /** The decision for every request for a slot; absent if slots are unlimited. */
  slotDecision: SlotDecision | undefined;
  /** Remembers what history removed; absent: nothing does. */
  ledger: Ledger | undefined;

  constructor(
    readonly cluster: ModelCluster,
    readonly metrics: Metrics = noMetrics,
  ) {}

  /** One reconcile; undefined if the manager was killed, or has to retry after an error. */
  async reconcile({ age, fail, kill }: Faults = {}, name = runName): Promise<Result | undefined> {
    const { cluster } = this;
    const reconciler = new RunReconciler<TaskRun>({
      kind: this.kind,
      client: cluster.client(),
      readers: {
        ...cluster.readers(age),
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
      if (error instanceof Killed) return undefined;
      // as with the controller's back-off: a stale cache can make a reconcile fail
      if (age !== undefined || fail !== undefined) return undefined;
      throw error;
    } finally {
      cluster.onWrite = () => undefined;
    }
  }

  #factsOf(name: string): NamespaceFacts {
    const labels = this.namespaceLabels;
    return { name, isOperators: false, ...(labels !== undefined && { labels }) };
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
