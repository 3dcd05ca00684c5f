/** The runtime against a real API server, to cover what fakes could get wrong. */
import { randomBytes } from "node:crypto";
import t, { type Test } from "tap";
import { Registry } from "prom-client";
import { Cache } from "#src/runtime/cache/cache.js";
import { writeThrough } from "#src/runtime/cache/write-through.js";
import { CertificateManager } from "#src/runtime/certs/manager.js";
import {
  ConfigMaps,
  Leases,
  Secrets,
  ServiceAccounts,
  ValidatingWebhookConfigurations,
} from "#src/runtime/client/builtin.js";
import { AlreadyExists, type ApiError, Conflict, Invalid, NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { Manager } from "#src/runtime/manager/manager.js";
import { validating } from "#src/runtime/webhook/review.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import type { Cluster } from "#src/cluster/index.js";
import { eventually } from "../eventually.js";
import { adminClient, ownCluster, testCluster, testNamespace } from "./cluster.js";

let cluster: Cluster;
t.before(async () => {
  cluster = await testCluster(t);
});

function makeCache(t: Test, client: HttpClient): { cache: Cache; start: () => Promise<void> } {
  const cache = new Cache({ client, clock: systemClock, random: Math.random, logger: silentLogger, freeze: true });
  const stop = new AbortController();
  return {
    cache,
    async start() {
      const running = cache.start(stop.signal);
      t.teardown(async () => {
        stop.abort(new Error("the test ended"));
        await running;
      });
      await cache.waitForSync(stop.signal);
    },
  };
}

t.test("the client's errors contain the response of the server", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await t.rejects(client.get(ConfigMaps, { namespace, name: "absent" }), NotFound);
  const created = await client.create(ConfigMaps, { metadata: { namespace, name: "one" }, data: { a: "1" } });
  await t.rejects(client.create(ConfigMaps, { metadata: { namespace, name: "one" } }), AlreadyExists);
  await client.patch(ConfigMaps, { namespace, name: "one" }, { type: "merge", body: { data: { a: "2" } } });
  await t.rejects(client.update(ConfigMaps, created), Conflict);
  const invalid = await client
    .create(ConfigMaps, { metadata: { namespace, name: "Not Valid" } })
    .catch((error: unknown) => error);
  t.type(invalid, Invalid);
  t.equal((invalid as Invalid).causes[0]?.field, "metadata.name");
  await t.rejects(
    client.delete(ConfigMaps, { namespace, name: "one" }, { preconditions: { uid: "another" } }),
    Conflict,
  );
  t.equal(await client.delete(ConfigMaps, { namespace, name: "one" }), undefined);
});

t.test("a list reads all pages", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const names = Array.from({ length: 7 }, (_, index) => `page-${index}`);
  await Promise.all(names.map((name) => client.create(ConfigMaps, { metadata: { namespace, name } })));
  const { items } = await client.list(ConfigMaps, {
    namespace,
    limit: 3,
    fieldSelector: "metadata.name!=kube-root-ca.crt",
  });
  t.same(items.map(({ metadata }) => metadata.name).sort(), names);
  t.ok(items.every(({ kind, apiVersion }) => kind === "ConfigMap" && apiVersion === "v1"));
});

t.test("server-side apply owns the fields that it wrote, and metadata-only lists contain no data", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const applied = await client.apply(
    ConfigMaps,
    { metadata: { namespace, name: "applied" }, data: { a: "1", b: "2" } },
    { fieldManager: "first" },
  );
  t.same(applied.data, { a: "1", b: "2" });
  const again = await client.apply(
    ConfigMaps,
    { metadata: { namespace, name: "applied" }, data: { a: "1" } },
    { fieldManager: "first" },
  );
  t.same(again.data, { a: "1" });
  const { items } = await client.list(ConfigMaps, { namespace, metadataOnly: true });
  t.ok(items.some(({ metadata }) => metadata.name === "applied"));
  t.ok(items.every((item) => item.data === undefined));
});

t.test("a cache follows the server, and a write is visible in it before its promise resolves", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await client.create(ConfigMaps, { metadata: { namespace, name: "before", labels: { colour: "red" } } });
  const { cache, start } = makeCache(t, client);
  const informer = cache.informer<ConfigMap>(ConfigMaps, {
    namespaces: [namespace],
    indexes: { colour: (object) => [object.metadata.labels?.colour ?? "none"] },
  });
  const seen: string[] = [];
  informer.addHandler((change) => {
    if (change.object.metadata.name === "kube-root-ca.crt") return;
    seen.push(
      `${change.type} ${change.object.metadata.name}${change.type === "added" && change.initial ? " initial" : ""}`,
    );
  });
  informer.addHandler(() => {
    throw new Error("a handler that breaks");
  });
  await start();
  const { reader } = informer;
  t.equal(reader.byIndex("colour", "red").length, 1);
  t.equal(reader.get({ namespace, name: "before" })?.metadata.managedFields, undefined);

  const writer = writeThrough(client, cache);
  for (let round = 0; round < 20; round++) {
    const name = `written-${round}`;
    await writer.create(ConfigMaps, { metadata: { namespace, name, labels: { colour: "blue" } }, data: { n: "0" } });
    t.equal(reader.get({ namespace, name })?.data?.n, "0");
    await writer.patch(ConfigMaps, { namespace, name }, { type: "merge", body: { data: { n: "1" } } });
    t.equal(reader.get({ namespace, name })?.data?.n, "1");
    const uid = reader.get({ namespace, name })?.metadata.uid ?? "";
    await writer.delete(ConfigMaps, { namespace, name }, { preconditions: { uid } });
    t.equal(reader.get({ namespace, name }), undefined);
  }
  t.equal(reader.byIndex("colour", "blue").length, 0);
  await client.patch(
    ConfigMaps,
    { namespace, name: "before" },
    { type: "merge", body: { metadata: { labels: { colour: "green" } } } },
  );
  await eventually("the index follows", () => reader.byIndex("colour", "green").length === 1);
  t.equal(reader.byIndex("colour", "red").length, 0);
  await client.delete(ConfigMaps, { namespace, name: "before" });
  await eventually("the deletion is seen", () => reader.get({ namespace, name: "before" }) === undefined);
  await eventually("the handlers hear of all", () => seen.at(-1) === "deleted before");
  t.equal(seen[0], "added before initial");
});

t.test("a cache is correct again after a restart of the API server and a compaction of etcd", async (t) => {
  const own = await ownCluster(t);
  const client = await adminClient(t, own);
  const namespace = await testNamespace(t, client);
  const { cache, start } = makeCache(t, client);
  const informer = cache.informer<ConfigMap>(ConfigMaps, {
    namespaces: [namespace],
    backoff: { initial: 50, max: 1000 },
  });
  await start();
  const rounds = process.env.TEST_FULL === "1" ? 50 : 2;
  for (let round = 0; round < rounds; round++) {
    await client.create(ConfigMaps, { metadata: { namespace, name: `round-${round}` }, data: { round: "a" } });
    await own.restartComponent("kube-apiserver");
    await eventually("the server is back", async () => {
      await client.patch(
        ConfigMaps,
        { namespace, name: `round-${round}` },
        { type: "merge", body: { data: { round: "b" } } },
      );
      return true;
    });
    await eventually(
      "the cache shows what was written after the restart",
      () => informer.reader.get({ namespace, name: `round-${round}` })?.data?.round === "b",
      35_000,
    );
  }
  const { items } = await client.list(ConfigMaps, { namespace });
  t.same(
    informer.reader
      .list()
      .map(({ metadata }) => [metadata.name, metadata.resourceVersion])
      .sort(),
    items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]).sort(),
  );
});

t.test("one of two managers leads; when it stops, the other takes over, and writes are fenced", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const access = await kubeconfigAccess({ file: cluster.kubeconfig });
  const leading: string[] = [];
  const make = (identity: string): { manager: Manager; stop: AbortController; done: Promise<void> } => {
    const manager = new Manager({
      access,
      name: "test",
      version: "0",
      logger: silentLogger,
      probes: { host: "127.0.0.1", port: 0 },
      registry: new Registry(),
      leaderElection: {
        namespace,
        name: "lease",
        identity,
        leaseDuration: 3000,
        renewDeadline: 2000,
        retryPeriod: 300,
      },
    });
    manager.add(
      {
        name: "work",
        async start(signal) {
          leading.push(identity);
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        },
      },
      "leader",
    );
    const stop = new AbortController();
    t.teardown(() => stop.abort(new Error("the test ended")));
    return { manager, stop, done: manager.start(stop.signal) };
  };
  const first = make("first");
  await eventually("the first leads", () => leading.includes("first"));
  const second = make("second");
  await eventually("the second is ready", async () => {
    const answer = await fetch(`http://127.0.0.1:${second.manager.probesPort}/readyz`);
    return answer.status === 200;
  });
  await t.rejects(
    second.manager.client.create(ConfigMaps, { metadata: { namespace, name: "by-the-follower" } }),
    /holds no fresh lease/,
  );
  await first.manager.client.create(ConfigMaps, { metadata: { namespace, name: "by-the-leader" } });
  t.same(leading, ["first"]);
  first.stop.abort(new Error("stopped"));
  await first.done;
  const released = await client.get(Leases, { namespace, name: "lease" });
  t.not(released.spec?.holderIdentity, "first");
  await eventually("the second leads", () => leading.includes("second"), 2000);
  const metrics = await (await fetch(`http://127.0.0.1:${second.manager.probesPort}/metrics`)).text();
  t.match(metrics, /leader_election_master_status\{name="lease"\} 1/);
  second.stop.abort(new Error("stopped"));
  await second.done;
});

t.test("the API server calls a webhook with self-managed certificates, which restores cleared objects", async (t) => {
  const client = await adminClient(t, cluster);
  const marker = randomBytes(4).toString("hex");
  const namespace = await testNamespace(t, client, { webhook: marker });
  const stop = new AbortController();
  const name = `test-${marker}`;
  const server = new WebhookServer({
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    logger: silentLogger,
    handlers: new Map([
      [
        "/validate",
        validating<ConfigMap>(({ object }) => ({
          warnings: ["a warning"],
          errors:
            object?.data?.colour === "red"
              ? [
                  { field: "data.colour", reason: "FieldValueInvalid", message: "red is taken: use blue" },
                  { field: "data", reason: "FieldValueForbidden", message: "and one more" },
                ]
              : [],
        })),
      ],
      ["/break", validating(() => Promise.reject(new Error("broken")))],
    ]),
  });
  const certificates = new CertificateManager({
    client,
    secret: { namespace, name: "certs" },
    names: ["127.0.0.1", "localhost"],
    configurations: [{ kind: "Validating", name }],
    clock: systemClock,
    logger: silentLogger,
    interval: 200,
    serve: server.useCertificate,
  });
  t.match(certificates.check(), /not started/);
  const running = [server.start(stop.signal), certificates.start(stop.signal)];
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await Promise.all(running);
    await client.delete(ValidatingWebhookConfigurations, { name });
  });
  // the port is known once it listens, which needs a certificate, which waits for the configuration
  await client.create(ValidatingWebhookConfigurations, {
    metadata: { name },
    webhooks: [webhook("placeholder.test.io", "https://127.0.0.1:1/validate", marker, "none")],
  });
  await server.ready(stop.signal);
  const url = `https://127.0.0.1:${server.port}`;
  const stored = await client.get(ValidatingWebhookConfigurations, { name });
  await client.update(ValidatingWebhookConfigurations, {
    ...stored,
    webhooks: [
      webhook("validate.test.io", `${url}/validate`, marker, "configmaps"),
      webhook("break.test.io", `${url}/break`, marker, "serviceaccounts"),
    ],
  });
  const admitted = (colour: string): Promise<unknown> =>
    client
      .create(ConfigMaps, { metadata: { namespace, name: "c" }, data: { colour } }, { dryRun: true })
      .catch((error: unknown) => error);
  const denial = await eventually("the API server calls the webhook", async () => {
    const answer = await admitted("red");
    return answer instanceof Invalid && answer;
  });
  t.same(
    denial.causes.map(({ field }) => field),
    ["data.colour", "data"],
  );
  t.notOk((await admitted("blue")) instanceof Error);
  await eventually("it is ready", () => certificates.check() === undefined);
  const broken = await client
    .create(ServiceAccounts, { metadata: { namespace, name: "s" } }, { dryRun: true })
    .catch((error: unknown) => error);
  t.match((broken as ApiError).message, /the admission handler failed: broken/);

  await client.delete(Secrets, { namespace, name: "certs" });
  await client.patch(
    ValidatingWebhookConfigurations,
    { name },
    { type: "json", body: [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }] },
  );
  await eventually(
    "a wiped Secret and bundle are repaired",
    async () => {
      const { webhooks } = await client.get(ValidatingWebhookConfigurations, { name });
      await client.get(Secrets, { namespace, name: "certs" });
      const answer = await admitted("blue");
      return webhooks?.[0]?.clientConfig.caBundle !== undefined && !(answer instanceof Error);
    },
    10_000,
  );
});

function webhook(name: string, url: string, marker: string, resource: string) {
  return {
    name,
    clientConfig: { url },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: [resource] }],
    namespaceSelector: { matchLabels: { webhook: marker } },
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    failurePolicy: "Fail",
    timeoutSeconds: 5,
  };
}
