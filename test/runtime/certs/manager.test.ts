/** The certificate manager on a server in memory; each check is a call, and time passes by a fake clock. */
import { X509Certificate } from "node:crypto";
import { getEventListeners } from "node:events";
import { Registry } from "prom-client";
import t from "tap";
import { isSignedBy, readBundle, validity, type KeyPair } from "#src/runtime/certs/authority.js";
import { CertificateManager, type CertificateManagerOptions } from "#src/runtime/certs/manager.js";
import type { KubernetesObject, Secret } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { MemoryServer } from "../memory-server.js";
import { pass, until } from "../turns.js";

const day = 86_400_000;
const secret = "/api/v1/namespaces/ns/secrets/certs";
const mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hooks";
const validating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/hooks";
const signal = new AbortController().signal;

interface Replica {
  readonly manager: CertificateManager;
  readonly served: KeyPair[];
  readonly check: () => Promise<number>;
}

class Scene {
  readonly clock = new FakeClock();
  readonly server: MemoryServer;

  /** @param skew milliseconds by which the server's clock is ahead. */
  constructor(skew = 0) {
    this.server = new MemoryServer({ now: () => this.clock.now() + skew });
    for (const path of [mutating, validating]) this.server.put(path, hooks());
  }

  replica(options: Partial<CertificateManagerOptions> = {}): Replica {
    const served: KeyPair[] = [];
    const manager = new CertificateManager({
      client: this.server.client({ clock: this.clock }),
      secret: { namespace: "ns", name: "certs" },
      names: ["webhook.ns.svc"],
      configurations: [
        { kind: "Mutating", name: "hooks" },
        { kind: "Validating", name: "hooks" },
      ],
      clock: this.clock,
      random: () => 0,
      logger: silentLogger,
      serve: (pair) => served.push(pair),
      ...options,
    });
    return { manager, served, check: () => manager.reconcile(signal) };
  }

  get data(): Record<string, string> {
    const { data = {} } = (this.server.find(secret) ?? {}) as Secret;
    return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, decode(text)]));
  }

  /** The bundles of all places, which must be the same. */
  bundle(): string {
    const all = [mutating, validating].flatMap((path) => {
      const { webhooks } = this.server.find(path) as unknown as ReturnType<typeof hooks>;
      return webhooks.map(({ clientConfig }) => decode(clientConfig.caBundle ?? ""));
    });
    return new Set(all).size === 1 ? (all[0] ?? "") : `different: ${all.join("|")}`;
  }

  writes(): string[] {
    return this.server.requests
      .filter(({ method, query }) => method !== "GET" && query.get("dryRun") === null)
      .map(({ method, path }) => `${method} ${path.split("/").at(-1) ?? ""}`);
  }
}

interface Hooks extends KubernetesObject {
  webhooks: { name: string; clientConfig: { url: string; caBundle?: string } }[];
}

function hooks(): Hooks {
  return { webhooks: ["a", "b"].map((name) => ({ name, clientConfig: { url: "https://127.0.0.1" } })) };
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString();
}

t.test("the first check issues all, injects the CA everywhere and serves; it is ready after a moment", async (t) => {
  const scene = new Scene();
  const registry = new Registry();
  const { manager, served, check } = scene.replica({ metrics: new RuntimeMetrics(registry) });
  t.equal(manager.check(), "not started");
  t.equal(await check(), 60_000, "the next check is due after the interval");
  const { data } = scene;
  t.same(Object.keys(data).sort(), ["ca.crt", "ca.key", "tls.crt", "tls.key"]);
  t.match(scene.server.find(secret), {
    type: "Opaque",
    metadata: { labels: { "app.kubernetes.io/managed-by": "test" } },
  });
  t.equal(scene.bundle(), data["ca.crt"]);
  t.same(served, [{ certificate: data["tls.crt"], key: data["tls.key"] }]);
  t.ok(isSignedBy(data["tls.crt"] ?? "", data["ca.crt"] ?? ""));
  t.match(new X509Certificate(data["ca.crt"] ?? "").subject, /^CN=test-webhook-[0-9a-f]{8}$/);
  t.equal(manager.check(), "waiting for API servers to see the new bundle");
  await scene.clock.advance(2_000);
  t.equal(manager.check(), undefined);
  const expiry = (validity(data["tls.crt"] ?? "")?.to ?? 0) / 1000;
  t.match(await registry.metrics(), `certificate_expiry_timestamp_seconds ${expiry}`);
});

t.test("nothing is written while nothing is due, and what others put on the Secret stays", async (t) => {
  const scene = new Scene();
  const { served, check } = scene.replica({ authorityName: "mine" });
  await check();
  t.match(new X509Certificate(scene.data["ca.crt"] ?? "").subject, /^CN=mine-/);
  scene.server.requests.length = 0;
  await check();
  t.same(scene.writes(), []);
  t.equal(served.length, 1);
  const stored = scene.server.find(secret) as Secret;
  scene.server.put(secret, { ...stored, data: { ...stored.data, theirs: "eA==" } } as Secret);
  const before = scene.data;
  await scene.clock.advance(4.7 * day);
  await check();
  t.same(scene.writes(), ["PUT certs"]);
  t.equal(scene.data.theirs, "x");
  t.equal(scene.data["ca.crt"], before["ca.crt"], "the authority is the same");
  t.not(scene.data["tls.crt"], before["tls.crt"]);
  t.equal(served.at(-1)?.certificate, scene.data["tls.crt"]);
});

t.test("a new authority is trusted before it signs", async (t) => {
  const scene = new Scene();
  const { manager, served, check } = scene.replica({ lifetimes: { authority: 30 * day, leaf: 30 * day } });
  await check();
  const [first] = served;
  await scene.clock.advance(2_000);
  t.equal(manager.check(), undefined);
  await scene.clock.advance(20.1 * day);
  t.ok((await check()) <= 500, "it checks again soon");
  t.equal(readBundle(scene.bundle()).length, 2);
  t.same(served, [first], "the former authority's certificate is still served");
  t.equal(manager.check(), undefined);
  await scene.clock.advance(5_000);
  await check();
  t.same(served, [first]);
  await scene.clock.advance(2_000);
  await check();
  t.equal(served.length, 2);
  const [authority = ""] = readBundle(scene.bundle()).map(String);
  t.ok(isSignedBy(served[1]?.certificate ?? "", authority));
  t.notOk(isSignedBy(first?.certificate ?? "", authority));
  t.equal(manager.check(), undefined);
});

t.test("a deleted Secret does not end what is served: its authority stays in the bundle", async (t) => {
  const scene = new Scene();
  const { manager, served, check } = scene.replica();
  await check();
  await scene.clock.advance(10_000);
  t.equal(manager.check(), undefined);
  scene.server.remove(secret);
  await check();
  t.equal(served.length, 1);
  t.equal(scene.data["tls.crt"], served[0]?.certificate);
  t.equal(readBundle(scene.bundle()).length, 2);
  t.equal(manager.check(), undefined);
});

t.test("replicas share one certificate, whoever comes first", async (t) => {
  const scene = new Scene();
  const [one, two] = [scene.replica(), scene.replica()];
  await Promise.allSettled([one.check(), two.check()]);
  await Promise.all([one.check(), two.check()]);
  t.equal(one.served.at(-1)?.certificate, two.served.at(-1)?.certificate);
  t.equal(scene.bundle(), scene.data["ca.crt"]);
  const third = scene.replica();
  scene.server.requests.length = 0;
  await third.check();
  t.same(scene.writes(), []);
  t.equal(third.served[0]?.certificate, scene.data["tls.crt"]);
});

t.test("a replica that is overtaken while it creates the Secret serves the other's certificate", async (t) => {
  const [scene, elsewhere] = [new Scene(), new Scene()];
  await elsewhere.replica().check();
  const theirs = elsewhere.server.find(secret) ?? {};
  const { served, check } = scene.replica();
  scene.server.intercept = ({ method, path, query }) => {
    if (method === "POST" && path.endsWith("/secrets") && query.get("dryRun") === null)
      scene.server.put(secret, theirs);
  };
  await check();
  t.equal(served[0]?.certificate, elsewhere.data["tls.crt"]);
  t.equal(scene.bundle(), elsewhere.data["ca.crt"]);
});

t.test("a configuration that changes just before its patch is read again: its indexes may have changed", async (t) => {
  const scene = new Scene();
  const { check } = scene.replica();
  scene.server.intercept = ({ method, path }) => {
    if (method !== "PATCH" || path !== validating) return;
    scene.server.intercept = () => undefined;
    scene.server.put(validating, { webhooks: hooks().webhooks.slice(1) } as Hooks);
  };
  await check();
  t.equal(scene.bundle(), scene.data["ca.crt"]);
});

t.test("it is not ready while a configuration has another bundle", async (t) => {
  const scene = new Scene();
  const { manager, check } = scene.replica();
  await check();
  await scene.clock.advance(2_000);
  t.equal(manager.check(), undefined);
  scene.server.put(validating, hooks());
  scene.server.intercept = ({ method }) => {
    if (method === "PATCH") throw new Error("unreachable");
  };
  await t.rejects(check(), /unreachable/);
  t.equal(manager.check(), "the served certificate is not signed by the bundle in Validating hooks");
});

t.test("a bundle that is removed from a configuration is restored, and only there", async (t) => {
  const scene = new Scene();
  const { check } = scene.replica();
  await check();
  const { webhooks } = scene.server.find(validating) as unknown as Hooks;
  scene.server.put(validating, { webhooks: [...webhooks.slice(0, 1), ...hooks().webhooks.slice(1)] } as Hooks);
  scene.server.requests.length = 0;
  await check();
  t.same(scene.writes(), ["PATCH hooks"]);
  t.equal(scene.bundle(), scene.data["ca.crt"]);
});

t.test("a replica with an older Secret does not put an older bundle over a newer one", async (t) => {
  const scene = new Scene();
  const { check } = scene.replica();
  await check();
  scene.server.put(validating, hooks());
  // another replica writes the Secret between this one's read of it and its patch
  scene.server.intercept = ({ method, path }) => {
    if (method !== "GET" || path !== validating) return;
    scene.server.intercept = () => undefined;
    scene.server.put(secret, scene.server.find(secret) ?? {});
  };
  await t.rejects(check(), /another replica has just changed the Secret/);
  t.match(scene.bundle(), /^different/);
  await check();
  t.equal(scene.bundle(), scene.data["ca.crt"]);
});

t.test("a missing configuration fails the check, but the others get the CA", async (t) => {
  const scene = new Scene();
  const { manager, served, check } = scene.replica();
  scene.server.remove(mutating);
  await t.rejects(check(), { code: 404 });
  t.same(served, []);
  t.ok((scene.server.find(validating) as unknown as Hooks).webhooks.every(({ clientConfig }) => clientConfig.caBundle));
  scene.server.put(mutating, hooks());
  await check();
  t.equal(served.length, 1);
  await scene.clock.advance(2_000);
  t.equal(manager.check(), undefined);
});

t.test("certificates are valid by the API server's clock, however wrong this machine's is", async (t) => {
  for (const skew of [-400 * day, 400 * day]) {
    const scene = new Scene(skew);
    const { manager, served, check } = scene.replica();
    await check();
    const theirs = scene.server.clock.now();
    const valid = validity(served[0]?.certificate ?? "");
    t.ok(valid !== undefined && valid.from < theirs && theirs < valid.to);
    await scene.clock.advance(2_500);
    t.equal(manager.check(), undefined);
    t.equal(await check(), 60_000);
  }
});

t.test("it checks when a watch reports a change, after the interval, and a second after a failure", async (t) => {
  const scene = new Scene();
  const { manager, served } = scene.replica();
  let failing = true;
  let checks = 0;
  scene.server.intercept = ({ method, path }) => {
    if (method !== "GET" || path !== secret) return;
    checks++;
    if (failing) throw new Error("unreachable");
  };
  const stop = new AbortController();
  const running = manager.start(stop.signal);
  let isReady = false;
  void manager.ready(stop.signal).then(() => (isReady = true));
  // reads are sent up to four times
  await pass(scene.clock, 900);
  t.match(manager.check(), /unreachable/);
  t.notOk(isReady);
  failing = false;
  checks = 0;
  await pass(scene.clock, 2_000);
  await until("it serves", () => served.length === 1);
  await until("it is ready", () => isReady);
  // changes of its own making are checked, too
  await pass(scene.clock, 5_000);
  checks = 0;
  await pass(scene.clock, 50_000);
  t.equal(checks, 0);
  const listeners = getEventListeners(stop.signal, "abort").length;
  await pass(scene.clock, 12_000);
  t.equal(checks, 1, "after the interval");
  t.equal(getEventListeners(stop.signal, "abort").length, listeners, "no check leaves a listener behind");
  scene.server.put(mutating, hooks());
  await pass(scene.clock, 1_000);
  t.equal(scene.bundle(), scene.data["ca.crt"], "after a change");
  stop.abort(new Error("stopped"));
  await running;
  t.equal(scene.clock.pending, 0);
  t.equal(scene.server.openWatches, 0);
});
