/** Puts the runs of one kind under a manager's control: their cache, their webhooks, and all that leads them. */
import {
  cachedRuns,
  indexByWork,
  runAdmission,
  webhookPaths,
  workIndex,
  type AdmittedKind,
  type AnyRun,
} from "../admission/index.js";
import { Archive } from "../runs/archive.js";
import { dependencyIndex, runAnnotations, runKindOf, workspaceIndex } from "../runs/metadata.js";
import { runMetrics } from "../runs/metrics.js";
import { dependents, type RunReaders } from "../runs/observe.js";
import { isPodLive } from "../runs/observed.js";
import { Orphans } from "../runs/orphans.js";
import { isActive } from "../runs/outcome.js";
import { RunReconciler } from "../runs/reconciler.js";
import type { AgentRun, RunKind } from "../runs/run.js";
import type { SlotBook } from "../runs/slot-book.js";
import type { Cache } from "../runtime/cache/cache.js";
import type { Informer } from "../runtime/cache/informer.js";
import type { Reader } from "../runtime/cache/reader.js";
import { dropManagedFields } from "../runtime/cache/reflector.js";
import {
  objectKey,
  formatKey,
  type ConfigMap,
  type Job,
  type KubernetesObject,
  type PersistentVolumeClaim,
  type Pod,
} from "../runtime/client/objects.js";
import type { Reconciler } from "../runtime/controller/reconciler.js";
import type { Manager } from "../runtime/manager/manager.js";
import type { Defaulter, Validator } from "../runtime/webhook/admission.js";
import { admissionHandlers } from "../runtime/webhook/handlers.js";
import type { NamespaceScope } from "../configuration/namespaces.js";
import type { ConfigurationSource } from "../configuration/source.js";

/** A cache that is being filled. */
export interface SyncingCache {
  readonly reader: { readonly hasSynced: boolean };
  waitForSync(signal: AbortSignal): Promise<void>;
}

/** What all kinds share. */
export interface SharedSetup {
  readonly manager: Manager;
  readonly configuration: ConfigurationSource;
  /** Namespaces that are looked after. */
  readonly tenants: NamespaceScope;
  /** Counts the runs of all kinds. */
  readonly slots: SlotBook;
  readonly jobs: Informer<Job>;
  readonly files: Informer<ConfigMap>;
  readonly workspaces: Informer<PersistentVolumeClaim>;
  readonly pods: Informer<Pod>;
  readonly serviceAccountExists: (namespace: string, name: string) => boolean;
  /** Waits until admission knows enough to answer about runs of that cache; undefined where it does already. */
  readonly filled: (runs: SyncingCache, kind: string) => undefined | Promise<void>;
  /** Reconciles of a kind at once. Absent: the controller's default. */
  readonly workers?: number;
}

/** A kind of runs with the cache of them. */
export interface KindSetup<R extends AnyRun & AgentRun> {
  readonly kind: RunKind<R>;
  readonly admitted: AdmittedKind<R>;
  readonly runs: Informer<R>;
}

/** The part of a kind's control that others have to know. */
export interface KindControl {
  /** Of its webhooks, by path. */
  readonly handlers: ReturnType<typeof admissionHandlers>;
  /** Has the runs of a namespace, or of all, looked at again. */
  bringUp(tenant?: string): void;
}

/** Where `kubectl apply` keeps the whole object a second time. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** The cache of a kind's runs, with the indexes that the rest needs. */
export function cacheRuns<R extends AnyRun & AgentRun>(
  cache: Cache,
  kind: RunKind<R>,
  admitted: AdmittedKind<R>,
  scope: { readonly namespaces?: readonly string[] },
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
      [workIndex]: indexByWork(admitted),
      [dependencyIndex.name]: dependencyIndex.of,
      [workspace.name]: workspace.of,
    },
  });
  return { kind, admitted, runs };
}

/** @param otherRuns the caches of the other kinds, whose runs may work in the same workspaces */
export function setUpController<R extends AnyRun & AgentRun>(
  shared: SharedSetup,
  controlled: KindSetup<R>,
  otherRuns: readonly Reader<AgentRun>[],
): KindControl {
  const bringUp = lead(shared, controlled, otherRuns);
  return { handlers: webhooks(shared, controlled), bringUp };
}

function webhooks<R extends AnyRun & AgentRun>(
  { configuration, tenants, filled, serviceAccountExists }: SharedSetup,
  { kind, admitted, runs }: KindSetup<R>,
): KindControl["handlers"] {
  const admission = runAdmission(admitted, {
    configuration: () => configuration.current(),
    lookup: cachedRuns(runs.reader),
    surroundings: { serviceAccountExists },
  });
  const validate: Validator<R> = (request) => {
    const { namespace: tenant = "" } = request;
    if (tenants.covers(tenant)) return admission.validate(request);
    return {
      errors: [],
      warnings: [
        `namespace ${tenant} is not among those that the orchestrator's configuration names: nothing will run`,
      ],
    };
  };
  const fill: Defaulter<R> = (object, request) =>
    tenants.covers(request.namespace ?? "") ? admission.default(object, request) : object;
  const ready = (): undefined | Promise<void> => filled(runs, kind.type.kind);
  return admissionHandlers({
    type: kind.type,
    paths: webhookPaths(kind.type.kind.toLowerCase()),
    defaulter: (object, request) => ready()?.then(() => fill(object, request)) ?? fill(object, request),
    validator: (request) => ready()?.then(() => validate(request)) ?? validate(request),
    validateWhileMutating: true,
  });
}

/** Everything that the leader does for the kind's runs. */
function lead<R extends AnyRun & AgentRun>(
  shared: SharedSetup,
  { kind, runs }: KindSetup<R>,
  otherRuns: readonly Reader<AgentRun>[],
): KindControl["bringUp"] {
  const { manager, configuration, tenants, jobs, files, workspaces, pods } = shared;
  const { clock, logger, client } = manager;
  const name = kind.type.kind.toLowerCase();
  const readers: RunReaders<R> = {
    runs: runs.reader,
    otherRuns,
    jobs: jobs.reader,
    files: files.reader,
    workspaces: workspaces.reader,
    pods: pods.reader,
  };
  const slots = shared.slots.add<R>({
    kind,
    readers: { ...readers, runs: tenants.within(runs.reader) },
    wake: (keys) => {
      for (const key of keys) controller.enqueue(key);
    },
  });
  const orphans = new Orphans<R>({
    ...{ kind, client, readers, clock, logger },
    interval: () => configuration.current().orphanSweepSeconds,
  });
  manager.add(orphans, "leader");
  const archive = new Archive<R>({
    ...{ kind, client, clock, logger },
    runs: tenants.within(runs.reader),
    rules: () => configuration.current().history,
  });
  manager.add(archive, "leader");
  const reconciler = new RunReconciler<R>({
    ...{ kind, client, readers, slots, orphans, configuration, clock },
    events: manager.events,
    metrics: runMetrics({
      registry: manager.registry,
      prefix: name,
      runs: runs.reader,
      isLeader: () => manager.elector?.isLeader ?? true,
    }),
  });
  // what is being deleted is let go wherever it is: nobody else would
  const reconcileCovered: Reconciler["reconcile"] = async (request, context) => {
    const { namespace: tenant = "" } = request;
    const isCovered = tenants.covers(tenant) || runs.reader.get(request)?.metadata.deletionTimestamp !== undefined;
    return isCovered ? reconciler.reconcile(request, context) : {};
  };
  const owner = { group: kind.type.group, kind: kind.type.kind };
  const workspace = workspaceIndex(kind);
  const controller = manager
    .controller({
      name,
      reconciler: { reconcile: reconcileCovered },
      ...(shared.workers && { maxConcurrentReconciles: shared.workers }),
    })
    .for(runs)
    .owns(jobs, owner)
    .owns(files, owner, ({ type }) => type === "deleted")
    .watches(
      runs,
      (run) => dependents(runs.reader, run).map(formatKey),
      ({ type }) => type !== "added",
    )
    .watches(
      workspaces,
      ({ metadata }) =>
        runs.reader
          .byIndex(workspace.name, `${metadata.namespace ?? ""}/${metadata.name}`)
          .map((run) => formatKey({ name: run.metadata.name, namespace: run.metadata.namespace ?? "" })),
      ({ type }) => type === "deleted",
    )
    .watches(pods, (pod) => {
      const { namespace = "", annotations } = pod.metadata;
      const run = annotations?.[runAnnotations.runName];
      return run === undefined || !isOfKind(pod) ? [] : [formatKey({ name: run, namespace })];
    });
  const isOfKind = (object: KubernetesObject): boolean => runKindOf(object) === kind.type.kind;
  // whoever ends makes room for others
  jobs.addHandler((change) => {
    const hasEnded = change.type === "deleted" || (change.type === "updated" && !isActive(change.object));
    if (hasEnded && isOfKind(change.object)) slots.ended(change.object);
  });
  pods.addHandler((change) => {
    const hasEnded = change.type === "deleted" || (change.type === "updated" && !isPodLive(change.object));
    if (hasEnded && isOfKind(change.object)) slots.ended(change.object);
  });
  runs.addHandler((change) => {
    if (change.type === "deleted" || (change.type === "updated" && endedBetween(change.old, change.object)))
      slots.ended(change.object);
  });
  return (tenant) => {
    for (const run of runs.reader.list(tenant)) controller.enqueue(objectKey(run));
  };
}

/** Whether the run came to rest, or one of its runs ended: then it is known whether it wants another. */
function endedBetween({ status: before }: AgentRun, { status: after }: AgentRun): boolean {
  const outcome = (status: AgentRun["status"]): string | undefined => status?.runs?.at(-1)?.outcome;
  return before?.phase !== after?.phase || outcome(before) !== outcome(after);
}
