/** The cluster that tests run against, and helpers for tests to use it. */
import { randomBytes } from "node:crypto";
import type { Test } from "tap";
import { findCluster, startCluster, type Cluster } from "#src/cluster/index.js";
import { eventually } from "../eventually.js";
import { configurationName } from "#src/admission/manifests.js";
import { configurationKey, operatorNames } from "#src/configuration/names.js";
import { ConfigMaps, Namespaces, ValidatingWebhookConfigurations } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import type { ServerAccess } from "#src/runtime/client/access.js";

/**
 * The cluster that the test runner started for this worker, or a separate one if a file is run directly. Files that run at
 * the same time never share a cluster.
 */
export async function testCluster(t: Test): Promise<Cluster> {
  const name = process.env.TEST_CLUSTER;
  const shared = name === undefined ? undefined : await findCluster(name);
  return shared ?? ownCluster(t);
}

/** A cluster that no other test sees: for tests that break it. */
export async function ownCluster(t: Test, apiServerFlags: readonly string[] = []): Promise<Cluster> {
  const cluster = await startCluster({
    name: `test-${randomBytes(3).toString("hex")}`,
    node: "none",
    apiServerFlags,
    progress: (line) => t.comment(line),
  });
  t.teardown(() => cluster.stop());
  return cluster;
}

/** A client as the cluster's administrator, to prepare and inspect; tests of permissions use other clients. */
export async function adminClient(t: Test, cluster: Cluster): Promise<HttpClient> {
  return clientOf(t, await kubeconfigAccess({ file: cluster.kubeconfig }));
}

export function clientOf(t: Test, access: ServerAccess): HttpClient {
  const client = new HttpClient({ access, fieldManager: "test" });
  t.teardown(() => client.close());
  return client;
}

/** A namespace for the test. Its deletion is requested at the end, without waiting for it. */
export async function testNamespace(t: Test, client: HttpClient, labels: Record<string, string> = {}): Promise<string> {
  const name = `t-${randomBytes(4).toString("hex")}`;
  await client.create(Namespaces, { metadata: { name, labels } });
  t.teardown(async () => {
    await client.delete(Namespaces, { name }).catch((error: unknown) => {
      if (!(error instanceof NotFound)) throw error;
    });
  });
  return name;
}

/** Until the test ends, the API server stores the operator's configuration without asking the webhook. */
export async function disableConfigurationWebhook(t: Test, client: HttpClient): Promise<void> {
  const name = { name: configurationName };
  const { webhooks = [] } = await client.get(ValidatingWebhookConfigurations, name);
  const index = webhooks.findIndex(({ rules }) => rules?.some(({ resources }) => resources?.includes("configmaps")));
  const path = `/webhooks/${index}/matchConditions`;
  const replace = (value: unknown): Promise<unknown> =>
    client.patch(ValidatingWebhookConfigurations, name, { type: "json", body: [{ op: "replace", path, value }] });
  await replace([{ name: "never", expression: "false" }]);
  t.teardown(() => replace(webhooks[index]?.matchConditions));
  const invalid = {
    metadata: { namespace: "orchestrator", name: operatorNames.configuration },
    data: { [configurationKey]: "agent: [" },
  };
  await eventually("the API server has the changed webhook", () =>
    client.apply(ConfigMaps, invalid, { dryRun: true, force: true }).then(
      () => true,
      () => false,
    ),
  );
}
