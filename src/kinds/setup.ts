/** Connects one kind to a manager: the cache of its runs, its controller, and the leader's background work for it. */
import { admissionHandlersOf } from "./webhooks.js";
import { indexByWork, workIndex, type AdmittedKind, type AnyRun } from "../admission/index.js";
import { CurrentStore } from "../archive/open-store.js";
import { Archive } from "../runs/archive.js";
import { dependencyIndex, workspaceIndex } from "../runs/indexes.js";
import type { BudgetBook } from "../runs/budgets/budget-book.js";
import type { Ledger } from "../runs/ledger.js";
import { runMetrics } from "../runs/metrics.js";
import { agentNetworkPolicy } from "../runs/network-policy.js";
import type { AgentNetworkState } from "../runs/observed.js";
import type { RunReaders } from "../runs/observe.js";
import type { NamespaceFacts } from "../runs/namespace-facts.js";
import { Orphans } from "../runs/orphans.js";
import { Progress } from "../runs/progress/progress.js";
import { RunReconciler } from "../runs/reconciler.js";
import { RunArchiver } from "../runs/run-archiver.js";
import type { AgentRun, RunKind } from "../runs/run.js";
import { trustLevelOf } from "../runs/workspace.js";
import type { KindSlots, SlotBook } from "../runs/slot-book.js";
import { Transcripts } from "../runs/transcripts.js";
import { triggerTable, type TriggersOf } from "../runs/triggers.js";
import { lastApplied } from "../api/labels.js";
import { traceparentOf } from "../api/trace.js";
import type { Authorizer } from "../runtime/authorization/access-reviews.js";
import type { Cache } from "../runtime/cache/cache.js";
import type { Informer } from "../runtime/cache/informer.js";
import type { IndexFunction, Reader } from "../runtime/cache/reader.js";
import { dropManagedFields } from "../runtime/cache/reflector.js";
import {
  formatKey,
  objectKey,
  type ConfigMap,
  type Job,
  type KubernetesObject,
  type NetworkPolicy,
  type PersistentVolumeClaim,
  type Pod,
} from "../runtime/client/objects.js";
import type { Controller } from "../runtime/controller/controller.js";
import type { Reconciler } from "../runtime/controller/reconciler.js";
import type { Manager } from "../runtime/manager/manager.js";
import type { AdmissionHandlers, SyncingCache } from "./webhooks.js";
import { agentNetworkName } from "../configuration/names.js";
import type { NamespaceScope } from "../configuration/namespaces.js";
import type { History } from "../configuration/configuration.js";
import type { ConfigurationSource } from "../configuration/source.js";

/** What all kinds share. */
export interface SharedSetup {
  readonly manager: Manager;
  readonly configuration: ConfigurationSource;
  /** The namespaces whose runs the operator manages. */
  readonly tenants: NamespaceScope;
  /** How runs of all kinds ended that `history` removed. */
  readonly ledger: Ledger;
  /** Counts the runs of all kinds. */
  readonly slots: SlotBook;
  /** Counts what the runs of all kinds spend. */
  readonly budgets: BudgetBook;
  readonly jobs: Informer<Job>;
  readonly files: Informer<ConfigMap>;
  readonly workspaces: Informer<PersistentVolumeClaim>;
  readonly pods: Informer<Pod>;
  readonly networkPolicies: Informer<NetworkPolicy>;
  /** Answers what the authors of runs may do. */
  readonly authorizer: Authorizer;
  /** What policy has to know of a namespace. */
  readonly namespaceFacts: (name: string) => NamespaceFacts;
  readonly serviceAccountExists: (namespace: string, name: string) => boolean;
  /** Waits until the caches that admission reads are filled; undefined if they are. */
  readonly ensureSynced: (runs: SyncingCache, kind: string) => undefined | Promise<void>;
  /** Concurrent reconciles of one kind. Absent: the controller's default. */
  readonly workers?: number;
}

/** A kind with the cache of its runs. */
export interface KindSetup<R extends AnyRun & AgentRun> {
  readonly kind: RunKind<R>;
  readonly admitted: AdmittedKind<R>;
  readonly runs: Informer<R>;
}

/** A kind that is connected to the manager. */
export interface ConnectedKind {
  /** Webhook handlers by path. */
  readonly handlers: AdmissionHandlers;
  /** Enqueues all runs of a namespace; without a namespace, all runs. */
  enqueueAll(namespace?: string): void;
}

/** The cache of a kind's runs, with the indexes that the rest needs. */
export function cacheRuns<R extends AnyRun & AgentRun>(
  cache: Cache,
  kind: RunKind<R>,
  admitted: AdmittedKind<R>,
  scope: { readonly namespaces?: readonly string[] },
  indexes: Readonly<Record<string, IndexFunction<R>>> = {},
): KindSetup<R> {
  const workspace = workspaceIndex(kind);
  const runs = cache.informer<R>(kind.type, {
    ...scope,
    transform: (run) => {
      const slim = dropManagedFields(run);
      delete slim.metadata.annotations?.[lastApplied];
      kind.dropContents?.(slim);
      return slim;
    },
    indexes: {
      ...indexes,
      [workIndex]: indexByWork(admitted),
      [dependencyIndex.name]: dependencyIndex.of,
      [workspace.name]: workspace.of,
    },
  });
  return { kind, admitted, runs };
}

/** @param otherRuns the caches of the other kinds, whose runs may use the same workspaces */
export function setUpKind<R extends AnyRun & AgentRun>(
  shared: SharedSetup,
  setup: KindSetup<R>,
  otherRuns: readonly Reader<AgentRun>[],
): ConnectedKind {
  const controller = setUpController(shared, setup, otherRuns);
  return {
    handlers: admissionHandlersOf(shared, setup),
    enqueueAll: (namespace) => {
      for (const run of setup.runs.reader.list(namespace)) controller.enqueue(objectKey(run));
    },
  };
}

/** Everything that the leader does for the runs of a kind. */
function setUpController<R extends AnyRun & AgentRun>(
  shared: SharedSetup,
  setup: KindSetup<R>,
  otherRuns: readonly Reader<AgentRun>[],
): Controller {
  const { kind, runs } = setup;
  const { manager, tenants, jobs, files, workspaces, pods, ledger } = shared;
  const name = kind.type.kind.toLowerCase();
  const progress = new Progress<R>({
    ...{ kind, client: manager.client, runs: tenants.within(runs.reader), pods: pods.reader },
    ...{ clock: manager.clock, logger: manager.logger, settings: () => shared.configuration.current().progress },
    onChange: (key) => controller.enqueue(key),
  });
  manager.add(progress, "leader");
  const readers: RunReaders<R> = {
    progress: (uid) => progress.of(uid),
    runs: runs.reader,
    otherRuns,
    jobs: jobs.reader,
    files: files.reader,
    workspaces: workspaces.reader,
    pods: pods.reader,
    ledger,
    namespaceFacts: shared.namespaceFacts,
    trustLevel: (namespace) => trustLevelOf(shared.configuration.current().isolation, shared.namespaceFacts(namespace)),
    network: (namespace) => networkOf(shared, namespace),
  };
  const slots = shared.slots.add<R>({
    kind,
    readers: { ...readers, runs: tenants.within(runs.reader) },
    enqueue: (keys) => {
      for (const key of keys) controller.enqueue(key);
    },
  });
  const budgets = shared.budgets.add<R>({ kind, runs: runs.reader, enqueue: (key) => controller.enqueue(key) });
  const orphans = addBackgroundWork(shared, setup, readers);
  const reconciler = new RunReconciler<R>({
    ...{ kind, readers, slots, budgets, orphans, ledger, client: manager.client, clock: manager.clock },
    configuration: shared.configuration,
    events: manager.events,
    metrics: runMetrics({
      registry: manager.registry,
      prefix: name,
      runs: runs.reader,
      isLeader: () => manager.elector?.isLeader ?? true,
      limitsOf: (waiting) => slots.limitsOf(waiting),
    }),
  });
  const controller: Controller = manager.controller({
    name,
    reconciler: withinTenants(reconciler, tenants, runs.reader),
    traceparentOf: (request) => {
      const run = runs.reader.get(request);
      return run && traceparentOf(run);
    },
    groupOf: ({ namespace = "" }) => namespace,
    ...(shared.workers && { maxConcurrentReconciles: shared.workers }),
  });
  const table = triggerTable(kind, runs.reader);
  connect(controller, slots, runs, table.runs);
  connect(controller, slots, jobs, table.jobs);
  connect(controller, slots, workspaces, table.workspaces);
  connect(controller, slots, pods, table.pods);
  return controller;
}

/** The NetworkPolicy of agents in a namespace; undefined if the configuration wants none. */
function networkOf({ configuration, networkPolicies }: SharedSetup, namespace: string): AgentNetworkState | undefined {
  const { network } = configuration.current();
  if (!network.enabled) return undefined;
  const present = networkPolicies.reader.get({ namespace, name: agentNetworkName });
  return { wanted: () => agentNetworkPolicy(namespace, network), ...(present !== undefined && { present }) };
}

/** The sweep for orphans and the history of finished runs. */
function addBackgroundWork<R extends AnyRun & AgentRun>(
  { manager, configuration, tenants, ledger }: SharedSetup,
  { kind, runs }: KindSetup<R>,
  readers: RunReaders<R>,
): Orphans<R> {
  const { clock, logger, client } = manager;
  const orphans = new Orphans<R>({
    ...{ kind, client, readers, clock, logger },
    interval: () => configuration.current().orphanSweepSeconds,
  });
  manager.add(orphans, "leader");
  const rules = (): History => configuration.current().history;
  const stores = new CurrentStore();
  const archiver = new RunArchiver<R>({
    ...{ kind, client, clock, logger, registry: manager.registry },
    store: () => stores.of(rules().archive),
    giveUpSeconds: () => rules().archive.giveUpSeconds,
  });
  const transcripts = new Transcripts<R>({
    ...{ kind, client, clock, logger, registry: manager.registry },
    ...{ runs: tenants.within(runs.reader), jobs: readers.jobs, pods: readers.pods },
    rules: () => rules().archive,
    store: () => stores.of(rules().archive),
  });
  manager.add(transcripts, "leader");
  const archive = new Archive<R>({
    ...{ kind, client, clock, logger, ledger, archiver, rules },
    isUnfinished: (run) => transcripts.awaits(run),
    runs: tenants.within(runs.reader),
    onRulesChanged: (listener) => configuration.onChangeOf(({ history }) => history, listener),
  });
  manager.add(archive, "leader");
  return orphans;
}

/** Ignores runs of other namespaces, except those being deleted: nobody else would remove their finalizer. */
function withinTenants<R extends AgentRun>(
  reconciler: RunReconciler<R>,
  tenants: NamespaceScope,
  runs: Reader<R>,
): Reconciler {
  return {
    reconcile: async (request, context) => {
      const isCovered =
        tenants.covers(request.namespace ?? "") || runs.get(request)?.metadata.deletionTimestamp !== undefined;
      return isCovered ? reconciler.reconcile(request, context) : {};
    },
  };
}

/** Connects one part of the trigger table to the cache of its objects. */
function connect<T extends KubernetesObject, R extends AgentRun>(
  controller: Controller,
  slots: KindSlots<R>,
  informer: Informer<T>,
  { triggers, freesSlots }: TriggersOf<T>,
): void {
  for (const { when, enqueue } of triggers) {
    controller.watches(informer, (object) => enqueue(object).map(formatKey), when);
  }
  if (freesSlots === undefined) return;
  informer.addHandler((change) => {
    if (freesSlots(change)) slots.ended(change.object);
  });
}
