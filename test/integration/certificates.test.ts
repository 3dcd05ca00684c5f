/** Self-managed certificates against a real API server, which has to trust them. */
import { randomBytes } from "node:crypto";
import t, { type Test } from "tap";
import { createAuthority, issueLeaf, readBundle, type KeyPair } from "#src/runtime/certs/authority.js";
import { CertificateManager, type CertificateManagerOptions } from "#src/runtime/certs/manager.js";
import {
  ConfigMaps,
  MutatingWebhookConfigurations,
  Secrets,
  ValidatingWebhookConfigurations,
} from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { ConfigMap, KubernetesObject, Secret } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { admissionHandlers } from "#src/runtime/webhook/handlers.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { eventually } from "../eventually.js";
import { Balancer } from "./balancer.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";

const cluster = await testCluster(t);
const client = await adminClient(t, cluster);
const day = 86_400_000;

interface Replica {
  readonly certificates: CertificateManager;
  readonly served: KeyPair[];
  stop(): Promise<void>;
}

/** A webhook under test: its configurations, and the replicas that serve it. */
class Webhook {
  readonly balancer = new Balancer();
  readonly name = `test-${randomBytes(4).toString("hex")}`;
  namespace = "";

  async prepare(t: Test): Promise<void> {
    await this.balancer.start(t);
    this.namespace = await testNamespace(t, client, { webhook: this.name });
    const hook = (name: string, path: string) => ({
      name,
      clientConfig: { url: `https://127.0.0.1:${this.balancer.port}${path}` },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
      namespaceSelector: { matchLabels: { webhook: this.name } },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      failurePolicy: "Fail",
      timeoutSeconds: 5,
    });
    const metadata = { name: this.name };
    await client.create(MutatingWebhookConfigurations, {
      metadata,
      webhooks: [hook("m.test.io", "/mutate--v1-configmap")],
    });
    await client.create(ValidatingWebhookConfigurations, {
      metadata,
      webhooks: [hook("v.test.io", "/validate--v1-configmap"), hook("w.test.io", "/validate--v1-configmap")],
    });
    t.teardown(async () => {
      await client.delete(MutatingWebhookConfigurations, metadata);
      await client.delete(ValidatingWebhookConfigurations, metadata);
    });
  }

  /** Resolves when it is ready and gets requests. */
  async replica(t: Test, options: Partial<CertificateManagerOptions> = {}): Promise<Replica> {
    const stop = new AbortController();
    const server = new WebhookServer({
      host: "127.0.0.1",
      port: 0,
      clock: systemClock,
      logger: silentLogger,
      handlers: new Map(
        admissionHandlers<ConfigMap>({
          type: ConfigMaps,
          defaulter: (object) => ({ ...object, data: { ...object.data, seen: "yes" } }),
          validator: () => ({ errors: [], warnings: [] }),
        }),
      ),
    });
    // every request uses a new connection, and so a new handshake
    server.drain();
    const served: KeyPair[] = [];
    const certificates = this.manager({
      ...options,
      serve: (pair) => {
        served.push(pair);
        server.useCertificate(pair);
      },
    });
    const running = Promise.all([server.start(stop.signal), certificates.start(stop.signal)]);
    await server.ready(stop.signal);
    const { port } = server;
    this.balancer.set(port, true);
    const ended = async (): Promise<void> => {
      this.balancer.set(port, false);
      // like a pod that is no longer ready: it keeps answering until the Service routes no more requests to it
      await eventually("its connections have ended", () => (this.balancer.connections.get(port) ?? 0) === 0);
      stop.abort(new Error("the replica stops"));
      await running;
    };
    t.teardown(ended);
    await eventually("the replica is ready", () => certificates.check() === undefined);
    return { certificates, served, stop: ended };
  }

  manager(options: Partial<CertificateManagerOptions> & Pick<CertificateManagerOptions, "serve">): CertificateManager {
    return new CertificateManager({
      client,
      secret: this.secret,
      names: ["127.0.0.1"],
      configurations: [
        { kind: "Mutating", name: this.name },
        { kind: "Validating", name: this.name },
      ],
      clock: systemClock,
      logger: silentLogger,
      settle: 500,
      ...options,
    });
  }

  get secret(): { namespace: string; name: string } {
    return { namespace: this.namespace, name: "certs" };
  }

  async call(): Promise<void> {
    const created = await client.create(
      ConfigMaps,
      { metadata: { namespace: this.namespace, name: "c" }, data: {} },
      { dryRun: true },
    );
    if (created.data?.seen !== "yes") throw new Error("the webhook was not called");
  }

  /** Calls without pause until stopped; returns the number of calls and the errors. */
  stream(t: Test): { calls(): number; end(): Promise<{ calls: number; failures: string[] }> } {
    let running = true;
    let calls = 0;
    const failures: string[] = [];
    const worker = async (): Promise<void> => {
      while (running) {
        calls++;
        await this.call().catch((error: unknown) => failures.push(String(error)));
      }
    };
    const workers = Promise.all([worker(), worker(), worker()]);
    const end = async (): Promise<{ calls: number; failures: string[] }> => {
      running = false;
      await workers;
      return { calls, failures };
    };
    t.teardown(end);
    return { calls: () => calls, end };
  }

  async authority(): Promise<string | undefined> {
    const secret = await client.get(Secrets, this.secret);
    return readBundle(text(secret, "ca.crt"))[0]?.fingerprint256;
  }
}

function text(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? "", "base64").toString();
}

function secretOf(key: { namespace: string; name: string }, ca: KeyPair, leaf: KeyPair): Secret {
  const encode = (value: string): string => Buffer.from(value).toString("base64");
  return {
    type: "Opaque",
    metadata: key,
    data: {
      "ca.crt": encode(ca.certificate),
      "ca.key": encode(ca.key),
      "tls.crt": encode(leaf.certificate),
      "tls.key": encode(leaf.key),
    },
  };
}

t.test(
  "certificates and authorities of two replicas are renewed when they are due, and no request fails",
  async (t) => {
    const webhook = new Webhook();
    await webhook.prepare(t);
    // a renewal has a third of the lifetime to complete: here some seconds instead of days
    const lifetimes = { authority: 24_000, leaf: 16_000 };
    const [first, second] = await Promise.all([webhook.replica(t, { lifetimes }), webhook.replica(t, { lifetimes })]);
    await eventually("the API server calls it", () => webhook.call().then(() => true));
    const authorities = new Set<string | undefined>();
    const stream = webhook.stream(t);
    const wanted = process.env.TEST_FULL === "1" ? 10 : 2;
    await eventually(
      "so many authorities have followed one another",
      async () => authorities.add(await webhook.authority()).size > wanted,
      240_000,
    );
    const { calls, failures } = await stream.end();
    t.comment(`${calls} calls; certificates: ${first.served.length} and ${second.served.length}`);
    t.same([...new Set(failures)], []);
    t.ok(calls > 50);
    t.ok(first.served.length > wanted);
  },
);

t.test("the authority of two replicas is rotated several times, and no request fails", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const replicas = await Promise.all([webhook.replica(t), webhook.replica(t)]);
  await eventually("the API server calls it", () => webhook.call().then(() => true));
  const stream = webhook.stream(t);
  for (let round = 0; round < (process.env.TEST_FULL === "1" ? 10 : 3); round++) {
    const before = replicas.map(({ served }) => served.at(-1)?.certificate);
    await client.delete(Secrets, webhook.secret);
    await eventually("all serve a certificate of the new authority", () =>
      replicas.every(({ served }, index) => served.at(-1)?.certificate !== before[index]),
    );
  }
  const { calls, failures } = await stream.end();
  t.comment(`${calls} calls`);
  t.same([...new Set(failures)], []);
  t.ok(calls > 50);
  const { data } = await client.get(Secrets, webhook.secret);
  t.ok(readBundle(Buffer.from(data?.["ca.crt"] ?? "", "base64").toString()).length <= 3, "the bundle stays small");
});

t.test("replicas are replaced one by one, and no request fails", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const running = [await webhook.replica(t), await webhook.replica(t)];
  await eventually("the API server calls it", () => webhook.call().then(() => true));
  const stream = webhook.stream(t);
  for (let round = 0; round < 6; round++) {
    running.push(await webhook.replica(t));
    await running.shift()?.stop();
    const before = stream.calls();
    await eventually("the new ones are called", () => stream.calls() > before + 5);
  }
  t.same([...new Set((await stream.end()).failures)], []);
});

t.test("three replicas that start at once end up with one Secret and one certificate", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const replicas = await Promise.all([webhook.replica(t), webhook.replica(t), webhook.replica(t)]);
  const last = new Set(replicas.map(({ served }) => served.at(-1)?.certificate));
  t.equal(last.size, 1);
  t.same(
    replicas.map(({ served }) => served.length),
    [1, 1, 1],
  );
});

t.test("a replica whose clock is wrong by a year behaves like the others", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const wrong = (by: number): CertificateManagerOptions["clock"] => ({ ...systemClock, now: () => Date.now() + by });
  const early = await webhook.replica(t, { clock: wrong(-365 * day) });
  const stream = webhook.stream(t);
  const right = await webhook.replica(t);
  const late = await webhook.replica(t, { clock: wrong(500 * day) });
  await eventually("the API server calls it", () => webhook.call().then(() => true));
  for (const { served } of [early, right, late]) {
    t.equal(served.length, 1);
    t.equal(served[0]?.certificate, early.served[0]?.certificate);
  }
  t.same((await stream.end()).failures, []);
});

t.test("anything that is cleared or broken is repaired within ten seconds", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const replicas = [await webhook.replica(t), await webhook.replica(t)];
  await eventually("the API server calls it", () => webhook.call().then(() => true));
  const repaired = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    const began = performance.now();
    await eventually(what, condition, 10_000);
    await eventually(
      `requests go through, and replicas are ready, after: ${what}`,
      async () => {
        await webhook.call();
        return replicas.every(({ certificates }) => certificates.check() === undefined);
      },
      10_000 - (performance.now() - began),
    );
    t.pass(`${what}: ${(performance.now() - began).toFixed(0)} ms`);
  };

  const types: ResourceType[] = [MutatingWebhookConfigurations, ValidatingWebhookConfigurations];
  for (const type of types) {
    await client.patch(
      type,
      { name: webhook.name },
      { type: "json", body: [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }] },
    );
    await repaired(`the caBundle of a ${type.kind} is back`, async () => {
      const { webhooks = [] } = (await client.get(type, { name: webhook.name })) as Configuration;
      return webhooks.every(({ clientConfig }) => clientConfig.caBundle !== undefined);
    });
  }

  // from here on a valid certificate is served, so nothing may fail
  const stream = webhook.stream(t);
  const before = await webhook.authority();
  await client.delete(Secrets, webhook.secret);
  await repaired("a deleted Secret is there again, with another authority", async () => {
    const now = await webhook.authority();
    return now !== undefined && now !== before;
  });
  const second = await webhook.authority();
  await client.patch(Secrets, webhook.secret, {
    type: "merge",
    body: { data: { "ca.crt": "Z2FyYmFnZQ==", "ca.key": "Z2FyYmFnZQ==", "tls.crt": null, "tls.key": "" } },
  });
  await repaired("garbage in the Secret is replaced", async () => {
    const now = await webhook.authority();
    return now !== undefined && now !== second;
  });
  t.same([...new Set((await stream.end()).failures)], []);
  await eventually("all serve the certificate of the last authority", async () => {
    const { data } = await client.get(Secrets, webhook.secret);
    const certificate = Buffer.from(data?.["tls.crt"] ?? "", "base64").toString();
    return replicas.every(({ served }) => served.at(-1)?.certificate === certificate);
  });
});

interface Configuration extends KubernetesObject {
  webhooks?: { clientConfig: { caBundle?: string } }[];
}

t.test("an expired certificate in the Secret and cleared bundles are repaired at the start", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const ca = await createAuthority("old", Date.now() - 10 * day, 365 * day);
  const expired = await issueLeaf(ca, ["127.0.0.1"], Date.now() - 9 * day, 7 * day);
  await client.create(Secrets, secretOf(webhook.secret, ca, expired));
  const began = performance.now();
  const { served } = await webhook.replica(t);
  await eventually("requests go through", () => webhook.call().then(() => true), 10_000);
  t.ok(performance.now() - began < 10_000, `${(performance.now() - began).toFixed(0)} ms`);
  t.equal(served.length, 1, "the expired one was never served");
  t.not(served[0]?.certificate, expired.certificate);
  t.equal(await webhook.authority(), readBundle(ca.certificate)[0]?.fingerprint256, "the authority was still good");
});

t.test("a Secret of another type with foreign labels and keys is used as it is", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const ca = await createAuthority("theirs", Date.now(), 365 * day);
  const theirs = await issueLeaf(ca, ["other.example.com"], Date.now(), 7 * day);
  const { data = {} } = secretOf(webhook.secret, ca, theirs);
  delete data["ca.key"];
  const labels = { "app.kubernetes.io/managed-by": "Helm", team: "blue" };
  const annotations = { "example.com/note": "kept" };
  await client.create(Secrets, {
    type: "kubernetes.io/tls",
    metadata: { ...webhook.secret, labels, annotations },
    data: { ...data, "more.txt": "bW9yZQ==" },
  });
  await webhook.replica(t);
  await eventually("requests go through", () => webhook.call().then(() => true), 10_000);
  t.match(await client.get(Secrets, webhook.secret), {
    type: "kubernetes.io/tls",
    metadata: { labels, annotations },
    data: { "more.txt": "bW9yZQ==" },
  });
});

t.test("the manager is not ready while a webhook configuration lacks the bundle, and names it", async (t) => {
  const webhook = new Webhook();
  await webhook.prepare(t);
  const served: KeyPair[] = [];
  const refused = {
    get: client.get.bind(client),
    create: client.create.bind(client),
    update: client.update.bind(client),
    list: client.list.bind(client),
    listPages: client.listPages.bind(client),
    watch: client.watch.bind(client),
    fieldManager: client.fieldManager,
    patch: () => Promise.reject(new Error("patching is forbidden")),
  } as unknown as HttpClient;
  const manager = webhook.manager({ client: refused, serve: (pair) => served.push(pair) });
  t.equal(manager.check(), "not started");
  const stop = new AbortController();
  const running = manager.start(stop.signal);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
  });
  await eventually("it tells why", () => manager.check() === "patching is forbidden");
  t.equal(served.length, 0);
});
