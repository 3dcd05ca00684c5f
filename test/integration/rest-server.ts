/** The REST server as users run it: a separate process, with an account that may do nothing, and callers with and without rights. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { ServiceAccounts } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { OperatorProcess } from "./operator.js";

const rbac = { group: "rbac.authorization.k8s.io", version: "v1", namespaced: false };
const ClusterRoles = resourceType<KubernetesObject & { rules: object[] }>({
  ...{ ...rbac, kind: "ClusterRole", plural: "clusterroles" },
});
const ClusterRoleBindings = resourceType<KubernetesObject & { roleRef: object; subjects: object[] }>({
  ...{ ...rbac, kind: "ClusterRoleBinding", plural: "clusterrolebindings" },
});

/** What somebody needs who uses every route. */
const editorRules = [
  { apiGroups: ["orchestrator.io"], resources: ["*"], verbs: ["*"] },
  {
    apiGroups: [""],
    resources: ["namespaces", "pods", "pods/log", "events", "configmaps"],
    verbs: ["get", "list", "watch"],
  },
];

/** The token of a new ServiceAccount. */
export async function accountToken(client: HttpClient, namespace: string, name: string): Promise<string> {
  await client.create(ServiceAccounts, { metadata: { namespace, name } });
  const answer = await client.raw({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  });
  return (answer as { status: { token: string } }).status.token;
}

/** The token of a new account that may use every route. */
export async function editorToken(t: Test, client: HttpClient, namespace: string): Promise<string> {
  const name = `editor-${namespace}`;
  const token = await accountToken(client, namespace, "editor");
  await client.create(ClusterRoles, { metadata: { name }, rules: editorRules });
  await client.create(ClusterRoleBindings, {
    metadata: { name },
    roleRef: { apiGroup: ClusterRoles.group, kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name: "editor", namespace }],
  });
  t.teardown(async () => {
    await client.delete(ClusterRoleBindings, { name });
    await client.delete(ClusterRoles, { name });
  });
  return token;
}

/** A server with the kubeconfig of an account without any role. It ends with the test. */
export async function startRestServer(
  t: Test,
  cluster: Cluster,
  client: HttpClient,
  namespace: string,
  flags: readonly string[] = [],
): Promise<OperatorProcess> {
  await client.create(ServiceAccounts, { metadata: { namespace, name: "server" } });
  const directory = await mkdtemp(join(tmpdir(), "orchestrator-test-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const kubeconfig = join(directory, "kubeconfig");
  await cluster.serviceAccountKubeconfig(namespace, "server", kubeconfig);
  const [port = 0] = await freePorts(1);
  const server = new OperatorProcess(
    [
      ...["--kubeconfig", kubeconfig, "--host", "127.0.0.1", "--port", String(port), "--namespace", namespace],
      ...["--log-level", "debug", ...flags],
    ],
    port,
    {},
    "server",
  );
  t.teardown(() => server.end("SIGTERM"));
  await server.start();
  return server;
}
