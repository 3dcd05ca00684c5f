/** Connects Deliveries to the manager: their cache, what is asked of GitHub, and the controller that decides and acts. */
import { join } from "node:path";
import type { CodeRun } from "../api/coderun.js";
import { Deliveries, type DeliverySpec } from "../api/delivery.js";
import { isLive } from "../api/phase.js";
import { gitServer } from "../configuration/git-hosts.js";
import type { NamespaceScope } from "../configuration/namespaces.js";
import type { ConfigurationSource } from "../configuration/source.js";
import { DeliveryReconciler, NoAccess } from "../deliveries/delivery-reconciler.js";
import { deliveryIndexes, waitingIndex } from "../deliveries/indexes.js";
import { PlayWorkflows } from "../argo/workflows.js";
import { GitHubApi } from "../github/github-api.js";
import { GitHubApp } from "../github/github-app.js";
import { RepositoryReader } from "../github/repository-reader.js";
import type { Informer } from "../runtime/cache/informer.js";
import { keyOf, type ConfigMap } from "../runtime/client/objects.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";
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

/** What the App has to be allowed, for each repository. */
const permissions = { metadata: "read", contents: "read", pull_requests: "read" } as const;

const maxKeyBytes = 16_384;

export function addDeliveries(setup: DeliveriesSetup): void {
  const { manager, configuration, configurationInformer, tenants, codeRuns, namespace } = setup;
  const { clock, client, cache } = manager;
  const informer = cache.informer(Deliveries, { namespaces: [namespace], indexes: deliveryIndexes });
  const repositories = new Repositories(setup);
  const workflows = new PlayWorkflows({
    client,
    ...(setup.watchNamespaces !== undefined && { namespaces: setup.watchNamespaces }),
    manages: (name) => tenants.covers(name),
  });
  const reconciler = new DeliveryReconciler({
    ...{ client, clock, deliveries: informer.reader, runs: codeRuns.reader },
    configuration: () => configuration.current(),
    manages: (name) => tenants.covers(name),
    repository: (spec) => repositories.reader(spec),
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
  let wasEnabled = configuration.current().github.webhook.enabled;
  configurationInformer.addHandler(() => {
    const { enabled } = configuration.current().github.webhook;
    if (enabled && !wasEnabled) for (const { metadata } of informer.reader.list()) controller.enqueue(metadata);
    wasEnabled = enabled;
  });
}

/** Reads repositories as the GitHub App whose key is mounted. */
class Repositories {
  readonly #setup: DeliveriesSetup;
  readonly #apps = new Map<string, { readonly api: GitHubApi; readonly app: GitHubApp }>();

  constructor(setup: DeliveriesSetup) {
    this.#setup = setup;
  }

  /** @throws NoAccess; AppRefused; AppUnavailable */
  async reader({ repository }: DeliverySpec): Promise<RepositoryReader> {
    if (repository === undefined) throw new NoAccess("The event names no repository.");
    const { host, owner, name } = repository;
    const server = gitServer(`https://${host}/${owner}/${name}`, this.#setup.configuration.current());
    if (server === undefined) throw new NoAccess(`${host} is not in git.hosts of the configuration: add it there.`);
    const { api, app } = this.#at(server.apiUrl);
    const token = await app.token({ owner, repositories: [name], permissions });
    return new RepositoryReader(api, token, owner, name);
  }

  #at(url: string): { readonly api: GitHubApi; readonly app: GitHubApp } {
    const known = this.#apps.get(url);
    if (known !== undefined) return known;
    const { manager, appDirectory } = this.#setup;
    const api = new GitHubApi({ url, timeout: 15_000 });
    const read = async (): Promise<{ id: string; privateKey: string }> => {
      const [id, privateKey] = await Promise.all(
        ["app-id", "private-key"].map((file) => text(join(appDirectory, file))),
      );
      if (id === undefined || privateKey === undefined)
        throw new NoAccess(`The operator has no key of a GitHub App: ${appDirectory} needs app-id and private-key.`);
      return { id: id.trim(), privateKey };
    };
    const made = { api, app: new GitHubApp({ name: "of the operator", api, read, clock: manager.clock }) };
    this.#apps.set(url, made);
    return made;
  }
}

const text = async (file: string): Promise<string | undefined> =>
  (await readBoundedFile(file, maxKeyBytes))?.toString("utf8");
