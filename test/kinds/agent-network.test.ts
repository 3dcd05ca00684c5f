/** The controller of the NetworkPolicy of agents: it follows the configuration, and restores what others changed. */
import t, { type Test } from "tap";
import { allowedBy } from "../operator/roles.js";
import { metricOf, scene, type Scene } from "../operator/running.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { agentNetworkName } from "#src/configuration/names.js";
import { setUpAgentNetwork } from "#src/kinds/agent-network.js";
import { agentNetworkPermissions } from "#src/kinds/rbac.js";
import { agentNetworkPolicy } from "#src/runs/network-policy.js";
import { cached } from "#src/runtime/cache/rbac.js";
import { NetworkPolicies, Pods } from "#src/runtime/client/builtin.js";
import type { NetworkPolicy, Pod, Stored } from "#src/runtime/client/objects.js";

const team = "team-a";
const controller = "agent-network";

/** The controller, with a configuration that a test changes. */
class Network {
  configuration: Configuration = defaultConfiguration;
  readonly enqueue: () => void;

  constructor(readonly scene: Scene) {
    const { manager } = scene;
    this.enqueue = setUpAgentNetwork({
      manager,
      policies: manager.cache.informer<NetworkPolicy>(NetworkPolicies),
      pods: manager.cache.informer<Pod>(Pods),
      tenants: { covers: (namespace) => namespace !== "unmanaged" },
      configuration: () => this.configuration,
    });
  }

  set network(network: Partial<Configuration["network"]>) {
    this.configuration = { ...this.configuration, network: { ...this.configuration.network, ...network } };
    this.enqueue();
  }

  /** As the engine creates it before an attempt. */
  create(namespace = team): void {
    this.scene.api.create(NetworkPolicies, agentNetworkPolicy(namespace, this.configuration.network));
  }

  pod(phase: string, namespace = team): void {
    this.scene.api.create(Pods, { metadata: { namespace, name: `pod-${phase.toLowerCase()}` }, status: { phase } });
  }

  stored(namespace = team): Stored<NetworkPolicy> | undefined {
    return this.scene.api.get(NetworkPolicies, { namespace, name: agentNetworkName });
  }

  /** Resolves when the policy is the one of the configuration. */
  isUpToDate(): Promise<unknown> {
    const wanted = JSON.stringify(agentNetworkPolicy(team, this.configuration.network).spec);
    return this.scene.until("the policy is up to date", () => JSON.stringify(this.stored()?.spec) === wanted);
  }
}

async function started(t: Test): Promise<Network> {
  const network = new Network(await scene(t));
  const { api } = network.scene;
  api.allows = allowedBy([...agentNetworkPermissions, cached(Pods)]);
  t.teardown(() => {
    if (api.forbidden.length > 0) throw new Error(`not allowed by its permissions: ${api.forbidden.join(", ")}`);
  });
  network.scene.start();
  return network;
}

t.test("an up-to-date policy is not written again", async (t) => {
  const network = await started(t);
  network.create();
  await network.scene.idle(controller, 1);
  t.same(network.scene.api.writes, []);
});

t.test("a change of the configuration changes the policy", async (t) => {
  const network = await started(t);
  network.create();
  await network.scene.idle(controller, 1);
  network.network = { allow: [{ cidr: "10.1.2.0/24" }] };
  await network.isUpToDate();
  t.match(JSON.stringify(network.stored()?.spec), /10\.1\.2\.0/);
});

t.test("rules that someone else adds are removed", async (t) => {
  const network = await started(t);
  network.create();
  await network.scene.idle(controller, 1);
  network.scene.api.change(NetworkPolicies, { namespace: team, name: agentNetworkName }, (policy) => {
    policy.spec = { ...policy.spec, podSelector: {}, ingress: [{}] };
  });
  await network.isUpToDate();
  t.equal(network.stored()?.spec?.ingress, undefined);
});

t.test("a deleted policy is restored while agents run, and not afterwards", async (t) => {
  const network = await started(t);
  network.create();
  network.create("ended");
  network.pod("Running");
  network.pod("Succeeded", "ended");
  await network.scene.idle(controller, 2);
  for (const namespace of [team, "ended"])
    network.scene.api.remove(NetworkPolicies, { namespace, name: agentNetworkName });
  await network.scene.until("it is back", () => network.stored() !== undefined);
  await network.scene.idle(controller, 4);
  t.equal(network.stored("ended"), undefined);
});

t.test("switched off, it is deleted; another owner's stays, and so does that of an unmanaged namespace", async (t) => {
  const network = await started(t);
  network.create();
  network.create("unmanaged");
  network.scene.api.create(NetworkPolicies, { metadata: { namespace: "other", name: agentNetworkName } });
  await network.scene.idle(controller, 3);
  network.network = { enabled: false };
  await network.scene.until("it is gone", () => network.stored() === undefined);
  await network.scene.idle(controller, 6);
  t.ok(network.stored("unmanaged"));
  t.ok(network.stored("other"));
  t.equal(await metricOf(network.scene.manager, "controller_runtime_reconcile_errors_total", { controller }), 0);
});
