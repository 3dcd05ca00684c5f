/** Puts the operator together: the runtime's manager with the caches, webhooks and controllers of agent runs. */
import { sharedCaches } from "./caches.js";
import { addCloudEvents } from "./cloud-events.js";
import { addConfiguration } from "./configuration.js";
import { addDeliveries } from "./deliveries.js";
import { addSchedules } from "./schedules.js";
import { addIdleWorkspaces } from "./idle-workspaces.js";
import { addLedger } from "./ledger.js";
import { addNamespaces, factsOf, syncGate, type Tenants } from "./namespaces.js";
import type { OperatorOptions } from "./options.js";
import { addTemplates } from "./templates.js";
import { addWebhooks } from "./webhooks.js";
import { operatorNames } from "../configuration/names.js";
import { ConfigurationSource } from "../configuration/source.js";
import { setUpAgentNetwork } from "../kinds/agent-network.js";
import { setUpAgentPrompts } from "../kinds/agent-prompts.js";
import { admittedCodeRun } from "../kinds/coderun/admission.js";
import { setUpBudgets } from "../kinds/budgets.js";
import { codeRunIndexes } from "../deliveries/indexes.js";
import { codeRunKind } from "../kinds/coderun/coderun.js";
import { admittedDocsRun } from "../kinds/docsrun/admission.js";
import { docsRunKind } from "../kinds/docsrun/docsrun.js";
import { cacheRuns, setUpKind, type ConnectedKind, type SharedSetup } from "../kinds/setup.js";
import { admittedTaskRun } from "../kinds/taskrun/admission.js";
import { taskRunKind } from "../kinds/taskrun/taskrun.js";
import { SlotBook } from "../runs/slot-book.js";
import { AccessReviews } from "../runtime/authorization/access-reviews.js";
import type { Informer } from "../runtime/cache/informer.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import { Manager } from "../runtime/manager/manager.js";
import type { WebhookServer } from "../runtime/webhook/server.js";
import { TemplateSource } from "../templates/source.js";

export type { OperatorOptions } from "./options.js";

/** An operator that is ready to start: `manager.start(signal)` runs it. */
export interface Operator {
  readonly manager: Manager;
  readonly webhookServer: WebhookServer;
  readonly configuration: ConfigurationSource;
}

/** Creates an operator. Nothing runs, and the API server is not contacted, until its manager is started. */
export function createOperator(options: OperatorOptions): Operator {
  const { namespace, watchNamespaces } = options;
  const manager = createManager(options);
  const configuration = new ConfigurationSource(options.env ?? process.env, options.flags);
  const templates = new TemplateSource();
  const scope = watchNamespaces === undefined ? {} : { namespaces: watchNamespaces };

  const taskRuns = cacheRuns(manager.cache, taskRunKind(templates), admittedTaskRun, scope);
  const codeRuns = cacheRuns(manager.cache, codeRunKind(templates), admittedCodeRun, scope, codeRunIndexes);
  const docsRuns = cacheRuns(manager.cache, docsRunKind(templates), admittedDocsRun, scope);
  const { serviceAccounts, ...caches } = sharedCaches(manager.cache, scope);
  const { informer: configurationInformer, inForce } = addConfiguration(manager, configuration, options);
  const templatesInformer = addTemplates(manager, templates, namespace);
  const tenants = addNamespaces(manager, configuration, watchNamespaces);

  const shared: SharedSetup = {
    ...caches,
    ...{ manager, configuration, tenants: tenants.scope },
    ledger: addLedger(manager, configuration, namespace, caches.files),
    ensureSynced: syncGate(manager, inForce, tenants),
    budgets: setUpBudgets({ manager, configuration, watchNamespaces, namespace }),
    slots: new SlotBook({ configuration: () => configuration.current(), clock: manager.clock }),
    // every replica serves admission: the reviews are not fenced
    authorizer: new AccessReviews({ client: manager.liveClient, clock: manager.clock }),
    namespaceFacts: factsOf(tenants, namespace),
    serviceAccountExists: (ns, name) =>
      !serviceAccounts.reader.hasSynced || serviceAccounts.reader.get({ namespace: ns, name }) !== undefined,
    ...(options.workers !== undefined && { workers: options.workers }),
  };
  const [ofTasks, ofCode, ofDocs] = [taskRuns.runs.reader, codeRuns.runs.reader, docsRuns.runs.reader];
  const kinds = [
    setUpKind(shared, taskRuns, [ofCode, ofDocs]),
    setUpKind(shared, codeRuns, [ofTasks, ofDocs]),
    setUpKind(shared, docsRuns, [ofTasks, ofCode]),
  ];
  addIdleWorkspaces(shared, [ofTasks, ofCode, ofDocs]);
  const enqueuePrompts = setUpAgentPrompts({
    ...{ manager, scope, tenants: tenants.scope, codeRuns: codeRuns.runs, docsRuns: docsRuns.runs },
    configuration: () => configuration.current(),
    templates: () => templates.current(),
  });
  const enqueueNetworks = setUpAgentNetwork({
    ...{ manager, tenants: tenants.scope, policies: caches.networkPolicies, pods: caches.pods },
    configuration: () => configuration.current(),
  });
  // registered after the handlers that apply what these objects hold
  configurationInformer.addHandler(enqueuePrompts);
  configurationInformer.addHandler(enqueueNetworks);
  templatesInformer.addHandler(enqueuePrompts);

  const webhookServer = addWebhooks(
    manager,
    options,
    kinds.map(({ handlers }) => handlers),
  );
  addDeliveries({
    ...{ manager, configuration, configurationInformer, tenants: tenants.scope, codeRuns: codeRuns.runs, namespace },
    appDirectory: options.githubAppDirectory,
    ...(watchNamespaces !== undefined && { watchNamespaces }),
  });
  const enqueueSchedules = addSchedules({
    ...{ manager, watchNamespaces, tenants: tenants.scope },
    ...{ taskRuns: taskRuns.runs, codeRuns: codeRuns.runs, docsRuns: docsRuns.runs },
  });
  const events = addCloudEvents({
    ...{ manager, configuration, configurationInformer, tenants, version: options.version },
    keyDirectory: options.sinkKeyDirectory,
  });
  events.watch(taskRuns.runs);
  events.watch(codeRuns.runs);
  events.watch(docsRuns.runs);
  followConfiguration(configurationInformer, tenants, shared, kinds, (namespace) => {
    enqueuePrompts();
    enqueueSchedules(namespace);
  });
  return { manager, webhookServer, configuration };
}

function createManager(options: OperatorOptions): Manager {
  const { access, logger, version, namespace } = options;
  return new Manager({
    ...{ access, logger, version, name: "agent-orchestrator", probes: options.probes },
    // dashboards, traces and files of profiles refer to these
    ...{ metricPrefix: "orchestrator", profilePrefix: "orchestrator", tracerName: "agent-orchestrator/runtime" },
    ...(options.leaderElection !== undefined && {
      leaderElection: { ...options.leaderElection, namespace, name: operatorNames.lease },
    }),
    ...(options.drainDelay !== undefined && { drainDelay: options.drainDelay }),
    ...(options.secureMetrics !== undefined && { secureMetrics: options.secureMetrics }),
    ...(options.profiling !== undefined && { profiling: options.profiling }),
    ...(options.clock !== undefined && { clock: options.clock }),
    ...(options.freezeCache !== undefined && { freezeCache: options.freezeCache }),
  });
}

/** Enqueues the runs that a change of managed namespaces or limits concerns: no change of theirs would. */
function followConfiguration(
  informer: Informer<ConfigMap>,
  tenants: Tenants,
  { configuration, slots }: SharedSetup,
  kinds: readonly ConnectedKind[],
  enqueueOthers: (namespace?: string) => void,
): void {
  const enqueueAll = (namespace?: string): void => {
    for (const kind of kinds) kind.enqueueAll(namespace);
    enqueueOthers(namespace);
  };
  tenants.namespaces.addHandler((change) => {
    const { name } = change.object.metadata;
    if (change.type !== "deleted" && tenants.scope.takesLabels && tenants.scope.covers(name)) enqueueAll(name);
  });
  const snapshot = (): { readonly namespaces: string; readonly limits: string } => {
    const { namespaces, concurrency } = configuration.current();
    return { namespaces: JSON.stringify(namespaces), limits: JSON.stringify(concurrency) };
  };
  let before = snapshot();
  informer.addHandler(() => {
    const now = snapshot();
    if (now.namespaces !== before.namespaces) enqueueAll();
    if (now.limits !== before.limits) slots.wake(undefined);
    before = now;
  });
}
