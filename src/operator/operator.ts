/** The orchestrator put together: the runtime's manager with the caches, webhooks and controllers of agent runs. */
import type { Logger } from "../runtime/logger.js";
import { configurationPath, validateConfiguration } from "../admission/index.js";
import { admittedCodeRun } from "../kinds/coderun/admission.js";
import { admittedDocsRun } from "../kinds/docsrun/admission.js";
import { admittedTaskRun } from "../kinds/taskrun/admission.js";
import { configurationName, webhookService } from "../admission/manifests.js";
import { controlAgentPrompts } from "../kinds/agent-prompts.js";
import { codeRunKind } from "../kinds/coderun/coderun.js";
import { controlledKind, setUpController, type Filling, type SharedControl } from "../kinds/setup.js";
import { docsRunKind } from "../kinds/docsrun/docsrun.js";
import { taskRunKind } from "../kinds/taskrun/taskrun.js";
import { runLabels, ownerIndex, ownerNameIndex, podIndex } from "../runs/metadata.js";
import { SlotBook } from "../runs/slot-book.js";
import { Informer } from "../runtime/cache/informer.js";
import { CertificateFiles } from "../runtime/certs/files.js";
import { CertificateManager } from "../runtime/certs/manager.js";
import type { ServerAccess } from "../runtime/client/access.js";
import {
  ConfigMaps,
  Jobs,
  Namespaces,
  PersistentVolumeClaims,
  Pods,
  ServiceAccounts,
} from "../runtime/client/builtin.js";
import type { ConfigMap, Job, Namespace, Pod, Stored } from "../runtime/client/objects.js";
import type { Clock } from "../runtime/clock.js";
import type { LeaderElectionOptions } from "../runtime/leaderelection/elector.js";
import { Manager } from "../runtime/manager/manager.js";
import { validating } from "../runtime/webhook/review.js";
import { WebhookServer } from "../runtime/webhook/server.js";
import type { Flag } from "../configuration/layers.js";
import { operatorNames } from "../configuration/names.js";
import { NamespaceScope } from "../configuration/namespaces.js";
import { formatProblem, ConfigurationSource } from "../configuration/source.js";
import { watchConfiguration } from "../configuration/watch.js";
import { TemplateSource } from "../templates/source.js";
import { watchTemplates } from "../templates/watch.js";

export interface OperatorOptions {
  readonly access: ServerAccess;
  readonly logger: Logger;
  readonly version: string;
  /** Where the operator's own objects are: Lease, certificates, configuration. */
  readonly namespace: string;
  /** Namespaces whose runs it looks after. Absent: all. */
  readonly watchNamespaces?: readonly string[];
  readonly probes: { readonly host?: string; readonly port: number };
  readonly webhooks: {
    readonly host?: string;
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
  readonly configuration: ConfigurationSource;
}

/** Puts the operator together; nothing runs and nothing is asked of the API server until its manager is started. */
export function createOperator(options: OperatorOptions): Operator {
  const { access, logger, version, namespace, watchNamespaces } = options;
  const manager = new Manager({
    access,
    logger,
    version,
    name: "agent-orchestrator",
    metricPrefix: "orchestrator",
    profilePrefix: "orchestrator",
    tracerName: "agent-orchestrator/runtime",
    probes: options.probes,
    ...(options.leaderElection !== undefined && {
      leaderElection: { ...options.leaderElection, namespace, name: operatorNames.lease },
    }),
    ...(options.drainDelay !== undefined && { drainDelay: options.drainDelay }),
    ...(options.profiling !== undefined && { profiling: options.profiling }),
    ...(options.clock !== undefined && { clock: options.clock }),
    ...(options.freezeCache !== undefined && { freezeCache: options.freezeCache }),
  });
  const configuration = new ConfigurationSource(options.env ?? process.env, options.flags);
  const { cache, clock } = manager;
  const scope = watchNamespaces === undefined ? {} : { namespaces: watchNamespaces };

  const templates = new TemplateSource();
  const taskRuns = controlledKind(cache, taskRunKind, admittedTaskRun, scope);
  const codeRuns = controlledKind(cache, codeRunKind(templates), admittedCodeRun, scope);
  const docsRuns = controlledKind(cache, docsRunKind(templates), admittedDocsRun, scope);
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
    labelSelector: runLabels.ownerUID,
    transform: withoutSpec,
    indexes: { [podIndex.name]: podIndex.of },
  });
  const serviceAccounts = cache.informer(ServiceAccounts, { ...scope, metadataOnly: true });

  // configuration: watched by every replica, since admission injects from it
  const configurationInformer = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], fieldSelector: `metadata.name=${operatorNames.configuration}` },
    manager.informerDependencies,
  );
  const { registry, events } = manager;
  watchConfiguration({ informer: configurationInformer, logger, registry, events }, configuration);
  manager.add(
    {
      name: "configuration",
      start: (signal) => configurationInformer.start(signal),
      ready: (signal) => configurationInformer.waitForSync(signal),
    },
    "others",
  );

  // templates: the built-in ones hold until there are others, so nothing waits for these
  const templateOverrides = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], fieldSelector: `metadata.name=${operatorNames.templates}` },
    manager.informerDependencies,
  );
  watchTemplates({ informer: templateOverrides, logger, registry, events }, templates);
  manager.add({ name: "templates", start: (signal) => templateOverrides.start(signal) }, "others");

  // namespaces: only their labels, and only for a configuration that chooses by them, so nothing else waits for this
  const namespaces = new Informer<Namespace>(Namespaces, { metadataOnly: true }, manager.informerDependencies);
  manager.add({ name: "namespaces", start: (signal) => namespaces.start(signal) }, "others");
  const tenants = new NamespaceScope({
    choice: () => configuration.current().namespaces,
    namespaces: namespaces.reader,
  });

  const labelled = (): boolean => !tenants.takesLabels || namespaces.reader.hasSynced;
  const filled = (runs: Filling, kind: string): undefined | Promise<void> =>
    runs.reader.hasSynced && configurationInformer.reader.hasSynced && labelled() ? undefined : filling(runs, kind);
  const filling = async (runs: Filling, kind: string): Promise<void> => {
    const abort = new AbortController();
    const timer = clock.after(admissionSyncTimeout, () =>
      abort.abort(new Error(`the orchestrator is starting and doesn't know all ${kind}s yet; try again in a moment`)),
    );
    try {
      await Promise.all([runs.waitForSync(abort.signal), configurationInformer.waitForSync(abort.signal)]);
      if (!labelled()) await namespaces.waitForSync(abort.signal);
    } finally {
      timer.cancel();
    }
  };
  const shared: SharedControl = {
    ...{ manager, configuration, tenants, filled, jobs, files, workspaces, pods },
    slots: new SlotBook({ configuration: () => configuration.current(), clock }),
    serviceAccountExists: (ns, name) =>
      !serviceAccounts.reader.hasSynced || serviceAccounts.reader.get({ namespace: ns, name }) !== undefined,
    ...(options.workers !== undefined && { workers: options.workers }),
  };
  const [ofTasks, ofCode, ofDocs] = [taskRuns.runs.reader, codeRuns.runs.reader, docsRuns.runs.reader];
  const controls = [
    setUpController(shared, taskRuns, [ofCode, ofDocs]),
    setUpController(shared, codeRuns, [ofTasks, ofDocs]),
    setUpController(shared, docsRuns, [ofTasks, ofCode]),
  ];

  const rewritePrompts = controlAgentPrompts({
    ...{ manager, tenants, scope, codeRuns: codeRuns.runs, docsRuns: docsRuns.runs },
    configuration: () => configuration.current(),
    templates: () => templates.current(),
  });
  // after the handlers that take what they hold into force
  configurationInformer.addHandler(rewritePrompts);
  templateOverrides.addHandler(rewritePrompts);

  const webhookServer = new WebhookServer({
    ...(options.webhooks.host !== undefined && { host: options.webhooks.host }),
    port: options.webhooks.port,
    clock,
    logger,
    metrics: manager.metrics,
    handlers: new Map([
      ...controls.flatMap(({ handlers }) => handlers),
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
  manager.addReadyCheck("configuration", () => (configurationInformer.reader.hasSynced ? undefined : "not read yet"));

  // a namespace that is looked after from now on has runs that nothing else would bring up
  const bringUp = (tenant?: string): void => {
    for (const control of controls) control.bringUp(tenant);
    rewritePrompts();
  };
  namespaces.addHandler((change) => {
    if (change.type !== "deleted" && tenants.takesLabels && tenants.covers(change.object.metadata.name))
      bringUp(change.object.metadata.name);
  });
  // nor does anything else happen when those who wait for a slot may start by a new limit
  let [chosen, limits] = [configuration.current().namespaces, configuration.current().concurrency];
  configurationInformer.addHandler(() => {
    const before = [JSON.stringify(chosen), JSON.stringify(limits)];
    ({ namespaces: chosen, concurrency: limits } = configuration.current());
    if (JSON.stringify(chosen) !== before[0]) bringUp();
    if (JSON.stringify(limits) !== before[1]) shared.slots.wake(undefined);
  });
  for (const problem of configuration.last.problems) logger.warn({}, `configuration: ${formatProblem(problem)}`);
  return { manager, webhookServer, configuration };
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
