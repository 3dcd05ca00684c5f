/** The orchestrator put together: the runtime's manager with the caches, webhooks and controllers of agent runs. */
import type { Logger } from "./runtime/logger.js";
import type { TaskRun } from "./api/taskrun.js";
import { TaskRuns } from "./api/taskrun.js";
import {
  cachedTaskRuns,
  configurationPath,
  indexByTask,
  taskIndex,
  taskRunAdmission,
  validateConfiguration,
  webhookPaths,
} from "./admission/index.js";
import { configurationName, webhookService } from "./admission/manifests.js";
import { taskRunKind, taskRunWorkspaceIndex } from "./kinds/taskrun/taskrun.js";
import { Archive } from "./runs/archive.js";
import { dependencyIndex, marks, notes, ownerIndex, ownerNameIndex, podIndex } from "./runs/marks.js";
import { runMetrics } from "./runs/metrics.js";
import { dependents, type RunReaders } from "./runs/observe.js";
import { isPodLive } from "./runs/observed.js";
import { Orphans } from "./runs/orphans.js";
import { isActive } from "./runs/outcome.js";
import { RunReconciler } from "./runs/reconciler.js";
import { SlotBook } from "./runs/slotbook.js";
import { Informer } from "./runtime/cache/informer.js";
import { CertificateFiles } from "./runtime/certs/files.js";
import { CertificateManager } from "./runtime/certs/manager.js";
import type { ServerAccess } from "./runtime/client/access.js";
import {
  ConfigMaps,
  Jobs,
  Namespaces,
  PersistentVolumeClaims,
  Pods,
  ServiceAccounts,
} from "./runtime/client/builtin.js";
import {
  formatKey,
  type ConfigMap,
  type Job,
  type Namespace,
  type Pod,
  type Stored,
} from "./runtime/client/objects.js";
import type { Clock } from "./runtime/clock.js";
import type { Reconciler } from "./runtime/controller/reconciler.js";
import type { LeaderElectionOptions } from "./runtime/leaderelection/elector.js";
import { Manager } from "./runtime/manager/manager.js";
import type { Validator } from "./runtime/webhook/admission.js";
import { admissionHandlers } from "./runtime/webhook/handlers.js";
import { validating } from "./runtime/webhook/review.js";
import { WebhookServer } from "./runtime/webhook/server.js";
import type { Flag } from "./settings/layers.js";
import { operatorNames } from "./settings/names.js";
import { NamespaceScope } from "./settings/namespaces.js";
import { formatProblem, SettingsSource } from "./settings/source.js";
import { watchSettings } from "./settings/watch.js";
import { TemplateSource } from "./templates/source.js";
import { watchTemplates } from "./templates/watch.js";

export interface OperatorOptions {
  readonly access: ServerAccess;
  readonly logger: Logger;
  readonly version: string;
  /** Where the operator's own objects are: Lease, certificates, configuration. */
  readonly namespace: string;
  /** Namespaces whose runs it looks after. Absent: all. */
  readonly watchNamespaces?: readonly string[];
  readonly probes: { readonly host: string; readonly port: number };
  readonly webhooks: {
    readonly host: string;
    /** 0: any free one. */
    readonly port: number;
    /** Names and addresses beside those of the Service by which the API server calls. */
    readonly names: readonly string[];
    /** Serve the certificate in this directory, which somebody else keeps; absent: keep one of our own. */
    readonly certificates?: string;
  };
  /** Profiles beside the probes, for those who may. */
  readonly profiling?: boolean;
  /** Absent: no election; only where no second manager can run. */
  readonly leaderElection?: Omit<LeaderElectionOptions, "namespace" | "name">;
  /** Reconciles at once. Default 10. */
  readonly workers?: number;
  readonly drainDelay?: number;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Settings of the command line; they win over environment and file. */
  readonly flags?: readonly Flag[];
  readonly clock?: Clock;
  readonly freezeCache?: boolean;
}

/** How long a webhook waits for the first fill of its cache: less than the API server waits for the webhook. */
const admissionSyncTimeout = 4_000;

/** An operator that is ready to be started: `manager.start(signal)` runs it. */
export interface Operator {
  readonly manager: Manager;
  readonly webhookServer: WebhookServer;
  readonly settings: SettingsSource;
}

/** Puts the operator together; nothing runs and nothing is asked of the API server until its manager is started. */
export function createOperator(options: OperatorOptions): Operator {
  const { access, logger, version, namespace, watchNamespaces } = options;
  const manager = new Manager({
    access,
    logger,
    version,
    name: "agent-orchestrator",
    probes: options.probes,
    ...(options.leaderElection !== undefined && {
      leaderElection: { ...options.leaderElection, namespace, name: operatorNames.lease },
    }),
    ...(options.drainDelay !== undefined && { drainDelay: options.drainDelay }),
    ...(options.profiling !== undefined && { profiling: options.profiling }),
    ...(options.clock !== undefined && { clock: options.clock }),
    ...(options.freezeCache !== undefined && { freezeCache: options.freezeCache }),
  });
  const settings = new SettingsSource(options.env ?? process.env, options.flags);
  const { cache, clock } = manager;
  const scope = watchNamespaces === undefined ? {} : { namespaces: watchNamespaces };

  const runs = cache.informer<TaskRun>(TaskRuns, {
    ...scope,
    indexes: {
      [taskIndex]: indexByTask,
      [dependencyIndex.name]: dependencyIndex.of,
      [taskRunWorkspaceIndex.name]: taskRunWorkspaceIndex.of,
    },
  });
  const jobs = cache.informer<Job>(Jobs, {
    ...scope,
    transform: withoutPod,
    indexes: { [ownerIndex.name]: ownerIndex.of, [ownerNameIndex.name]: ownerNameIndex.of },
  });
  const files = cache.informer<ConfigMap>(ConfigMaps, {
    ...scope,
    // the contents are never read back, and they are what would fill the memory
    metadataOnly: true,
    transform: withoutContents,
    indexes: { [ownerIndex.name]: ownerIndex.of },
  });
  const workspaces = cache.informer(PersistentVolumeClaims, scope);
  const pods = cache.informer<Pod>(Pods, {
    ...scope,
    labelSelector: marks.ownerUID,
    transform: withoutSpec,
    indexes: { [podIndex.name]: podIndex.of },
  });
  const serviceAccounts = cache.informer(ServiceAccounts, { ...scope, metadataOnly: true });

  // configuration: watched by every replica, since admission injects from it
  const configuration = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], fieldSelector: `metadata.name=${operatorNames.configuration}` },
    manager.informerDependencies,
  );
  watchSettings({ informer: configuration, settings, logger, registry: manager.registry, events: manager.events });
  manager.add(
    {
      name: "configuration",
      start: (signal) => configuration.start(signal),
      ready: (signal) => configuration.waitForSync(signal),
    },
    "others",
  );

  // templates: the built-in ones hold until there are others, so nothing waits for these
  const templates = new TemplateSource();
  const templateOverrides = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], fieldSelector: `metadata.name=${operatorNames.templates}` },
    manager.informerDependencies,
  );
  watchTemplates({
    informer: templateOverrides,
    templates,
    logger,
    registry: manager.registry,
    events: manager.events,
  });
  manager.add({ name: "templates", start: (signal) => templateOverrides.start(signal) }, "others");

  // namespaces: only their labels, and only for a configuration that chooses by them, so nothing else waits for this
  const namespaces = new Informer<Namespace>(Namespaces, { metadataOnly: true }, manager.informerDependencies);
  manager.add({ name: "namespaces", start: (signal) => namespaces.start(signal) }, "others");
  const tenants = new NamespaceScope({
    choice: () => settings.current().namespaces,
    namespaces: namespaces.reader,
  });

  // admission
  const admission = taskRunAdmission({
    settings: () => settings.current(),
    lookup: cachedTaskRuns(runs.reader),
    surroundings: {
      serviceAccountExists: (ns, name) =>
        !serviceAccounts.reader.hasSynced || serviceAccounts.reader.get({ namespace: ns, name }) !== undefined,
    },
  });
  const filled = async (): Promise<void> => {
    const labelled = (): boolean => !tenants.takesLabels || namespaces.reader.hasSynced;
    if (runs.reader.hasSynced && configuration.reader.hasSynced && labelled()) return;
    const abort = new AbortController();
    const timer = clock.after(admissionSyncTimeout, () =>
      abort.abort(new Error("the orchestrator is starting and doesn't know all TaskRuns yet; try again in a moment")),
    );
    try {
      await Promise.all([runs.waitForSync(abort.signal), configuration.waitForSync(abort.signal)]);
      if (!labelled()) await namespaces.waitForSync(abort.signal);
    } finally {
      timer.cancel();
    }
  };
  const validate: Validator<TaskRun> = async (request) => {
    await filled();
    const { namespace: tenant = "" } = request;
    if (!tenants.covers(tenant))
      return {
        errors: [],
        warnings: [
          `namespace ${tenant} is not among those that the orchestrator's configuration names: nothing will run`,
        ],
      };
    return admission.validate(request);
  };
  const webhookServer = new WebhookServer({
    host: options.webhooks.host,
    port: options.webhooks.port,
    clock,
    logger,
    metrics: manager.metrics,
    handlers: new Map([
      ...admissionHandlers({
        type: TaskRuns,
        paths: webhookPaths("taskrun"),
        defaulter: async (object, request) => {
          await filled();
          return tenants.covers(request.namespace ?? "") ? admission.default(object, request) : object;
        },
        validator: validate,
        validateWhileMutating: true,
      }),
      [configurationPath, validating(validateConfiguration)],
    ]),
  });
  const service = `${webhookService.name}.${namespace}.svc`;
  const keeping = { clock, logger, metrics: manager.metrics, serve: webhookServer.useCertificate };
  const certificates =
    options.webhooks.certificates === undefined
      ? new CertificateManager({
          ...keeping,
          client: manager.liveClient,
          secret: { namespace, name: operatorNames.certificates },
          names: [service, `${service}.cluster.local`, ...options.webhooks.names],
          configurations: [
            { kind: "Mutating", name: configurationName },
            { kind: "Validating", name: configurationName },
          ],
        })
      : new CertificateFiles({ ...keeping, directory: options.webhooks.certificates });
  manager.add(certificates, "webhooks");
  manager.add(webhookServer, "webhooks");
  manager.addReadyCheck("certificates", certificates.check);
  manager.addReadyCheck("webhooks", webhookServer.check);
  manager.addReadyCheck("configuration", () => (configuration.reader.hasSynced ? undefined : "not read yet"));

  // reconciling
  const readers: RunReaders<TaskRun> = {
    runs: runs.reader,
    jobs: jobs.reader,
    files: files.reader,
    workspaces: workspaces.reader,
    pods: pods.reader,
  };
  const slots = new SlotBook<TaskRun>({
    kind: taskRunKind,
    readers: { ...readers, runs: tenants.within(runs.reader) },
    limits: () => settings.current().concurrency,
    clock,
    wake: (keys) => {
      for (const key of keys) controller.enqueue(key);
    },
  });
  const orphans = new Orphans<TaskRun>({
    kind: taskRunKind,
    client: manager.client,
    readers,
    clock,
    logger,
    interval: () => settings.current().orphanSweepSeconds,
  });
  manager.add(orphans, "leader");
  const archive = new Archive<TaskRun>({
    kind: taskRunKind,
    client: manager.client,
    runs: tenants.within(runs.reader),
    clock,
    logger,
    rules: () => settings.current().history,
  });
  manager.add(archive, "leader");
  const reconciler = new RunReconciler<TaskRun>({
    kind: taskRunKind,
    client: manager.client,
    readers,
    slots,
    orphans,
    settings,
    events: manager.events,
    metrics: runMetrics({
      registry: manager.registry,
      prefix: "taskrun",
      runs: runs.reader,
      isLeader: () => manager.elector?.isLeader ?? true,
    }),
    clock,
  });
  // what is being deleted is let go wherever it is: nobody else would
  const reconcileCovered: Reconciler["reconcile"] = async (request, context) => {
    const { namespace: tenant = "" } = request;
    const isCovered = tenants.covers(tenant) || runs.reader.get(request)?.metadata.deletionTimestamp !== undefined;
    return isCovered ? reconciler.reconcile(request, context) : {};
  };
  const owner = { group: TaskRuns.group, kind: TaskRuns.kind };
  const controller = manager
    .controller({
      name: "taskrun",
      reconciler: { reconcile: reconcileCovered },
      ...(options.workers && { maxConcurrentReconciles: options.workers }),
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
          .byIndex(taskRunWorkspaceIndex.name, `${metadata.namespace ?? ""}/${metadata.name}`)
          .map((run) => formatKey({ name: run.metadata.name, namespace: run.metadata.namespace ?? "" })),
      ({ type }) => type === "deleted",
    )
    .watches(pods, ({ metadata }) => {
      const name = metadata.annotations?.[notes.runName];
      return name === undefined ? [] : [formatKey({ name, namespace: metadata.namespace ?? "" })];
    });
  // whoever ends makes room for others
  jobs.addHandler((change) => {
    if (change.type === "deleted" || (change.type === "updated" && !isActive(change.object)))
      slots.ended(change.object);
  });
  pods.addHandler((change) => {
    if (change.type === "deleted" || (change.type === "updated" && !isPodLive(change.object)))
      slots.ended(change.object);
  });
  runs.addHandler((change) => {
    if (change.type === "deleted" || (change.type === "updated" && endedBetween(change.old, change.object))) {
      slots.ended(change.object);
    }
  });
  // a namespace that is looked after from now on has runs that nothing else would bring up
  const bringUp = (tenant?: string): void => {
    for (const { metadata } of runs.reader.list(tenant))
      controller.enqueue({
        name: metadata.name,
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      });
  };
  namespaces.addHandler((change) => {
    if (change.type !== "deleted" && tenants.takesLabels && tenants.covers(change.object.metadata.name))
      bringUp(change.object.metadata.name);
  });
  let chosen = settings.current().namespaces;
  configuration.addHandler(() => {
    const before = JSON.stringify(chosen);
    chosen = settings.current().namespaces;
    if (JSON.stringify(chosen) !== before) bringUp();
  });
  for (const problem of settings.last.problems) logger.warn({}, `configuration: ${formatProblem(problem)}`);
  return { manager, webhookServer, settings };
}

/** Whether the run came to rest, or one of its runs ended: then it is known whether it wants another. */
function endedBetween({ status: before }: TaskRun, { status: after }: TaskRun): boolean {
  const outcome = (status: TaskRun["status"]): string | undefined => status?.runs?.at(-1)?.outcome;
  return before?.phase !== after?.phase || outcome(before) !== outcome(after);
}

/** What a Job makes its pods of is most of it, and is never read back; all Jobs are cached, since any may have a name that is wanted. */
function withoutPod(job: Stored<Job>): Stored<Job> {
  delete job.metadata.managedFields;
  if (job.spec !== undefined) Reflect.deleteProperty(job.spec, "template");
  return job;
}

/** Of a pod only its status counts. */
function withoutSpec(pod: Stored<Pod>): Stored<Pod> {
  delete pod.metadata.managedFields;
  delete pod.spec;
  return pod;
}

/** A write's answer holds the contents even where lists don't. */
function withoutContents<T extends ConfigMap>(object: T): T {
  delete object.data;
  delete object.binaryData;
  delete object.metadata?.managedFields;
  return object;
}
