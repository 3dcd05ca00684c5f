/** Two API servers of one cluster, one of which sees changes seconds later than the other. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { CertificateManager } from "#src/runtime/certs/manager.js";
import type { KeyPair } from "#src/runtime/certs/authority.js";
import { ConfigMaps, MutatingWebhookConfigurations, Namespaces, Secrets } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { validating } from "#src/runtime/webhook/review.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { eventually } from "../eventually.js";
import { BrokenCable } from "./broken-cable.js";
import { adminClient, clientOf, ownCluster, testNamespace } from "./cluster.js";

/** Delay of the second API server, within the five seconds that it may take. */
const late = 3_000;
const name = "late-server";

/** A second API server on the same etcd, which it reaches only through the cable. */
async function secondServer(t: Test, cluster: Cluster): Promise<{ client: HttpClient; cable: BrokenCable }> {
  const { pid = 0 } =
    cluster.state().components.find((component) => component.name === "kube-apiserver")?.process ?? {};
  const first = execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" })
    .trim()
    .split(" ");
  const etcd = first.find((flag) => flag.startsWith("--etcd-servers="))?.slice("--etcd-servers=".length) ?? "";
  const cable = await BrokenCable.open(new URL(etcd));
  t.teardown(() => cable.close());
  const [port = 0] = await freePorts(1);
  await cluster.startComponent({
    name,
    port,
    argv: [
      ...first.filter((flag) => !/^--(audit-|etcd-servers=|secure-port=)/.test(flag)),
      `--etcd-servers=https://127.0.0.1:${cable.port}`,
      `--secure-port=${port}`,
    ],
  });
  const file = join(cluster.directory, `${name}.kubeconfig`);
  const kubeconfig = await readFile(cluster.kubeconfig, "utf8");
  await writeFile(file, kubeconfig.replaceAll(cluster.server, `https://127.0.0.1:${port}`), { mode: 0o600 });
  return { client: clientOf(t, await kubeconfigAccess({ file })), cable };
}

interface Configuration extends KubernetesObject {
  webhooks?: { clientConfig: { caBundle?: string } }[];
}

t.test("a certificate of a new authority is not served before a slow API server trusts the authority", async (t) => {
  const cluster = await ownCluster(t);
  const client = await adminClient(t, cluster);
  const second = await secondServer(t, cluster);
  const namespace = await testNamespace(t, client);
  await eventually("the second API server is there", () => second.client.get(Namespaces, { name: namespace }));

  const [port = 0] = await freePorts(1);
  await client.create(MutatingWebhookConfigurations, {
    metadata: { name },
    webhooks: [
      {
        name: "late.test.io",
        clientConfig: { url: `https://127.0.0.1:${port}/` },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        failurePolicy: "Fail",
      },
    ],
  });
  // a denied request needs no etcd, from which the second API server is cut off for a while
  const refusal = { field: "data", reason: "FieldValueForbidden", message: "the webhook was called" } as const;
  const server = new WebhookServer({
    host: "127.0.0.1",
    port,
    clock: systemClock,
    logger: silentLogger,
    handlers: new Map([["/", validating(() => ({ errors: [refusal], warnings: [] }))]]),
  });
  // each request uses a new connection, and so a new handshake
  server.drain();
  const served: KeyPair[] = [];
  const secret = { namespace, name: "certs" };
  const certificates = new CertificateManager({
    client,
    secret,
    names: ["127.0.0.1"],
    configurations: [{ kind: "Mutating", name }],
    clock: systemClock,
    logger: silentLogger,
    serve: (pair) => {
      served.push(pair);
      server.useCertificate(pair);
    },
  });
  const stop = new AbortController();
  const running = Promise.all([server.start(stop.signal), certificates.start(stop.signal)]);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
  });

  let calls = 0;
  const failures: string[] = [];
  const call = async (): Promise<void> => {
    calls++;
    const object = { metadata: { namespace, name: "a" } };
    const error: unknown = await second.client.create(ConfigMaps, object, { dryRun: true }).catch((e: unknown) => e);
    if (!String(error).includes(refusal.message)) failures.push(String(error));
  };
  await eventually("the second API server calls the webhook", async () => {
    failures.length = 0;
    await call();
    return failures.length === 0;
  });

  const bundle = async (): Promise<string | undefined> => {
    const { webhooks } = (await client.get(MutatingWebhookConfigurations, { name })) as Configuration;
    return webhooks?.[0]?.clientConfig.caBundle;
  };
  const before = await bundle();
  t.equal(served.length, 1);
  second.cable.hold();
  await client.delete(Secrets, secret);
  await eventually("the first API server knows the new authority", async () => (await bundle()) !== before);
  const known = performance.now();
  while (performance.now() - known < late) await call();
  t.ok(calls > 10, `${calls} calls that trust the former authority only`);
  t.same([...new Set(failures)], []);
  second.cable.release();
  await eventually("what the new authority has signed is served", async () => {
    await call();
    return served.length === 2;
  });
  for (let more = 0; more < 10; more++) await call();
  t.same([...new Set(failures)], []);
});
