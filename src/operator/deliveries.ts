/** Connects Deliveries to the manager: their cache, the reads from GitHub, and the controller that decides and acts. */
import type { CodeRun } from "../api/coderun.js";
import { Deliveries } from "../api/delivery.js";
import { isLive } from "../api/phase.js";
import type { NamespaceScope } from "../configuration/namespaces.js";
import type { ConfigurationSource } from "../configuration/source.js";
import { DeliveryReconciler } from "../deliveries/delivery-reconciler.js";
import { WebhookRecovery } from "../deliveries/webhook-recovery.js";
import { GitHubApps } from "./github-apps.js";
import { deliveryIndexes, repositoryTask, taskIndex, waitingIndex } from "../deliveries/indexes.js";
import { reportKeysOf, ReportReconciler } from "../deliveries/report-reconciler.js";
import { PlayWorkflows } from "../argo/workflows.js";
import type { Informer } from "../runtime/cache/informer.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import { keyOf, type ConfigMap } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import type { Manager } from "../runtime/manager/manager.js";

export interface DeliveriesSetup {
  readonly manager: Manager;
  readonly configuration: ConfigurationSource;
  readonly configurationInformer: Informer<ConfigMap>;
  readonly tenants: NamespaceScope;
  readonly codeRuns: Informer<CodeRun>;
  /** Namespace of the operator's own objects, and of the Deliveries. */
  readonly namespace: string;
  /** Directory with `app-id` and `private-key` of the GitHub App that reads repositories. */
  readonly appDirectory: string;
  /** The fixed set of managed namespaces, if there is one. */
  readonly watchNamespaces?: readonly string[];
}

export function addDeliveries(setup: DeliveriesSetup): void {
  const { manager, configuration, configurationInformer, tenants, codeRuns, namespace } = setup;
  const { clock, client, cache } = manager;
  const informer = cache.informer(Deliveries, { namespaces: [namespace], indexes: deliveryIndexes });
  const apps = new GitHubApps({
    ...{ clock, configuration, directory: setup.appDirectory },
    authorities: async (name) => (await unlessMissing(client.get(ConfigMaps, { namespace, name })))?.data?.["ca.crt"],
  });
  const workflows = new PlayWorkflows({
    client,
    ...(setup.watchNamespaces !== undefined && { namespaces: setup.watchNamespaces }),
    manages: (name) => tenants.covers(name),
  });
  const recovery = new WebhookRecovery({
    ...{ client, clock, namespace, deliveries: informer.reader, sources: () => apps.sources() },
    ...{ logger: manager.logger, registry: manager.registry },
    seconds: () => {
      const { webhook, recovery } = configuration.current().github;
      return webhook.enabled && recovery.enabled ? recovery.seconds : undefined;
    },
  });
  const reconciler = new DeliveryReconciler({
    ...{ client, clock, deliveries: informer.reader, runs: codeRuns.reader },
    configuration: () => configuration.current(),
    manages: (name) => tenants.covers(name),
    repository: (spec) => apps.reader(spec),
    access: (repository) => apps.reportAccess(repository),
    recoveredUntil: () => recovery.recoveredUntil,
    workflows: () => (configuration.current().argo.enabled ? workflows : undefined),
  });
  const controller = manager
    .controller({ name: "delivery", reconciler, maxConcurrentReconciles: 4 })
    .for(informer)
    // the end of a run is what a Delivery of its task waits for
    .watches(
      codeRuns,
      ({ metadata, spec }) =>
        informer.reader.byIndex(waitingIndex, `${metadata.namespace ?? ""}/${spec.taskId}`).map((each) => keyOf(each)),
      (change) => change.type === "deleted" || !isLive(change.object),
    );
  const reports = manager
    .controller({
      name: "report",
      reconciler: new ReportReconciler({
        ...{ deliveries: informer.reader, runs: codeRuns.reader },
        configuration: () => configuration.current(),
        access: (repository) => apps.reportAccess(repository),
      }),
      maxConcurrentReconciles: 1,
    })
    .watches(informer, reportKeysOf)
    .watches(codeRuns, (run) =>
      informer.reader.byIndex(taskIndex, repositoryTask(run)).flatMap((delivery) => reportKeysOf(delivery)),
    );
  manager.add(recovery, "leader");
  const enabled = (): { readonly webhook: boolean; readonly report: boolean } => {
    const { webhook, report } = configuration.current().github;
    return { webhook: webhook.enabled, report: webhook.enabled && report.enabled };
  };
  let before = enabled();
  configurationInformer.addHandler(() => {
    const now = enabled();
    for (const delivery of informer.reader.list()) {
      if (now.webhook && !before.webhook) controller.enqueue(delivery.metadata);
      if (now.report && !before.report) for (const name of reportKeysOf(delivery)) reports.enqueue({ name });
    }
    before = now;
  });
}
