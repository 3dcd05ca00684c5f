/** The manager with its parts, on a server in memory and a fake clock; only the probes use sockets. */
import { getEventListeners } from "node:events";
import t, { type Test } from "tap";
import { aborted } from "#src/runtime/abort.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";
import { sleep } from "#src/runtime/clock.js";
import { NotLeaderError } from "#src/runtime/leaderelection/elector.js";
import { silentLogger, type Logger } from "#src/runtime/logger.js";
import { LeadershipLostError, Manager, type ManagerOptions } from "#src/runtime/manager/manager.js";
import type { Runnable } from "#src/runtime/manager/runnable.js";
import { FakeClock, settle } from "#src/runtime/testing/clock.js";
import { MemoryServer } from "../memory-server.js";
import { until } from "../turns.js";

const lease = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/lease";
const leaderElection = { namespace: "ns", name: "lease", identity: "me" };

interface Subject {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly manager: Manager;
  /** What happened, in order. */
  readonly log: string[];
  /** A runnable that logs its life; it ends with its signal. */
  part(name: string, more?: Partial<Runnable>): Runnable;
  readonly start: () => { readonly stop: () => void; readonly ended: Promise<void>; readonly signal: AbortSignal };
}

function subject(t: Test, options: Partial<ManagerOptions> = {}): Subject {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  const log: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_, message) => log.push(`error: ${message}`) };
  const manager = new Manager({
    access: server.access,
    client: server.client({ clock }),
    name: "test-operator",
    version: "1.2.3",
    logger,
    clock,
    random: () => 0.5,
    probes: { host: "127.0.0.1", port: 0 },
    ...options,
  });
  return {
    clock,
    server,
    manager,
    log,
    part: (name, more) => ({
      name,
      async start(signal) {
        log.push(`${name} starts`);
        await aborted(signal);
        log.push(`${name} ends`);
      },
      drain: () => void log.push(`${name} drains`),
      ...more,
    }),
    start() {
      const stop = new AbortController();
      const ended = manager.start(stop.signal);
      ended.catch(() => undefined);
      t.teardown(async () => {
        stop.abort(new Error("the test ended"));
        await clock.advance(60_000);
      });
      return { stop: () => stop.abort(new Error("stopped")), ended, signal: stop.signal };
    },
  };
}

async function readiness({ manager }: Subject): Promise<string> {
  return (await fetch(`http://127.0.0.1:${manager.probesPort}/readyz`)).text();
}

/** Waits for the end without letting time pass; what is due now may come due in several steps. */
async function atEnd({ clock }: Subject, ended: Promise<void>): Promise<void> {
  const over = new AbortController();
  ended.finally(() => over.abort()).catch(() => undefined);
  for (let turn = 0; turn < 1_000 && !over.signal.aborted; turn++) await clock.advance(0);
  if (!over.signal.aborted) throw new Error("the manager did not end");
  await ended;
}

t.test("groups start in order, each when the one before is ready, and stop in reverse", async (t) => {
  const s = subject(t);
  let webhooksAreReady = (): void => undefined;
  s.manager.add(s.part("leader"), "leader");
  s.manager.add(s.part("others"), "others");
  s.manager.add(
    s.part("webhooks", { ready: () => new Promise<void>((resolve) => (webhooksAreReady = resolve)) }),
    "webhooks",
  );
  s.manager.cache
    .informer<ConfigMap>(ConfigMaps)
    .addHandler(({ object }) => s.log.push(`cached ${object.metadata.name}`));
  s.server.put("/api/v1/namespaces/ns/configmaps/a", {});
  const { stop, ended } = s.start();
  await until("webhooks start", () => s.log.length > 0);
  for (let turn = 0; turn < 20; turn++) await settle();
  t.same(s.log, ["webhooks starts"]);
  t.match(await readiness(s), "caches: waiting for configmaps");
  webhooksAreReady();
  await until("the leader starts", () => s.log.includes("leader starts"));
  t.same(s.log, ["webhooks starts", "cached a", "others starts", "leader starts"]);
  t.equal(await readiness(s), "ok\n");
  t.equal(s.server.openWatches, 1);
  s.log.length = 0;
  stop();
  await atEnd(s, ended);
  t.same(s.log, ["webhooks drains", "others drains", "leader ends", "others ends", "webhooks ends"]);
  t.equal(s.server.openWatches, 0);
  t.equal(s.server.closed, 2, "the client is closed");
  t.equal(s.clock.pending, 0);
});

t.test("from the beginning of the stop it is not ready, while webhooks are served for the drain delay", async (t) => {
  const s = subject(t, { drainDelay: 5_000 });
  s.manager.add(s.part("webhooks"), "webhooks");
  const { stop, ended } = s.start();
  await until("it is ready", () => s.server.openWatches === 0 && s.log.includes("webhooks starts"));
  await until("the probes listen", () => s.manager.probesPort > 0);
  stop();
  await s.clock.advance(4_999);
  t.match(await readiness(s), "shutdown: stopping");
  t.same(s.log, ["webhooks starts", "webhooks drains"]);
  await s.clock.advance(1);
  await ended;
  t.same(s.log.at(-1), "webhooks ends");
});

for (const group of ["webhooks", "others", "leader"] as const) {
  t.test(`a failure in the group ${group} stops everything, and is thrown`, async (t) => {
    const s = subject(t);
    const failure = new Error("broken");
    let fail = (): void => undefined;
    s.manager.add(s.part("other"), group);
    const start = (): Promise<void> => new Promise((_, reject) => (fail = () => reject(failure)));
    s.manager.add(s.part("broken", { start }), group);
    const { ended, signal } = s.start();
    await until("it started", () => s.log.includes("other starts"));
    for (let turn = 0; turn < 20; turn++) await settle();
    fail();
    await atEnd(s, ended).catch(() => undefined);
    await t.rejects(ended, failure);
    t.ok(s.log.includes("error: a part of the manager failed"));
    t.ok(s.log.includes("other ends"));
    t.equal(getEventListeners(signal, "abort").length, 0, "nothing is left on the caller's signal");
  });
}

t.test("a runnable that ends by itself is a failure", async (t) => {
  const s = subject(t);
  s.manager.add(s.part("short", { start: () => Promise.resolve() }), "others");
  const { ended } = s.start();
  await until("it failed", () => s.log.includes("error: a part of the manager failed"));
  await atEnd(s, ended).catch(() => undefined);
  await t.rejects(ended, { message: "short ended by itself" });
});

t.test("a stop while parts are not ready is not a failure", async (t) => {
  const s = subject(t);
  s.manager.add(s.part("slow", { ready: () => new Promise(() => undefined) }), "webhooks");
  s.manager.add(s.part("others"), "others");
  const { stop, ended } = s.start();
  await until("it started", () => s.log.includes("slow starts"));
  stop();
  await atEnd(s, ended);
  t.same(s.log, ["slow starts", "slow drains", "slow ends"]);
});

t.test("other parts continue while the leader drains, and an error after the stop is not a failure", async (t) => {
  const s = subject(t);
  s.manager.add(s.part("others"), "others");
  s.manager.add(
    s.part("leader", {
      async start(signal) {
        await aborted(signal);
        await sleep(s.clock, 3_000);
        throw new Error("cut short");
      },
    }),
    "leader",
  );
  const { stop, ended } = s.start();
  await until("it started", () => s.log.includes("others starts"));
  for (let turn = 0; turn < 20; turn++) await settle();
  t.ok(s.manager.registry.getSingleMetric("process_cpu_user_seconds_total"));
  stop();
  await s.clock.advance(2_999);
  t.notOk(s.log.includes("others ends"));
  await s.clock.advance(1);
  await atEnd(s, ended);
  t.ok(s.log.includes("others ends"));
  t.equal(s.manager.registry.getSingleMetric("process_cpu_user_seconds_total"), undefined);
});

t.test("a part that does not end is left behind after the shutdown timeout", async (t) => {
  const s = subject(t, { shutdownTimeout: 20_000 });
  s.manager.add(s.part("stuck", { start: () => new Promise(() => undefined) }), "others");
  const { stop, ended } = s.start();
  let over = false;
  void ended.then(() => (over = true));
  await until("the probes listen", () => s.manager.probesPort > 0);
  for (let turn = 0; turn < 20; turn++) await settle();
  stop();
  await s.clock.advance(19_999);
  t.notOk(over);
  await s.clock.advance(1);
  await ended;
  t.ok(s.log.includes("error: the stop exceeded its timeout and is cut short"));
});

t.test("its client writes only while this process leads, and its writes are in the cache at once", async (t) => {
  const s = subject(t, { leaderElection });
  s.server.put(lease, { spec: { holderIdentity: "other", leaseDurationSeconds: 15 } } as object);
  const informer = s.manager.cache.informer<ConfigMap>(ConfigMaps, { namespaces: ["ns"] });
  s.manager.add(s.part("leader"), "leader");
  const { stop, ended } = s.start();
  const write = (name: string): Promise<unknown> =>
    s.manager.client.create(ConfigMaps, { metadata: { namespace: "ns", name } });
  await until("the cache is filled", () => informer.reader.hasSynced);
  await s.clock.advance(14_000);
  await t.rejects(write("early"), NotLeaderError);
  t.notOk(s.log.includes("leader starts"));
  await s.manager.liveClient.create(ConfigMaps, { metadata: { namespace: "ns", name: "live" } });
  await s.clock.advance(4_000);
  t.same(s.log, ["leader starts"]);
  s.server.silent = true;
  await write("mine");
  t.ok(informer.reader.get({ namespace: "ns", name: "mine" }));
  stop();
  await atEnd(s, ended);
  t.match(s.server.find(lease), { spec: { holderIdentity: "" } });
  await t.rejects(write("late"), NotLeaderError);
});

t.test("a lost lease stops everything with LeadershipLostError; webhooks go last", async (t) => {
  const s = subject(t, { leaderElection, drainDelay: 1_000 });
  s.server.put(lease, {});
  s.manager.add(s.part("webhooks"), "webhooks");
  s.manager.add(s.part("leader"), "leader");
  const { ended } = s.start();
  await until("the probes listen", () => s.manager.probesPort > 0);
  await until("it leads", () => s.log.includes("leader starts"));
  s.server.intercept = ({ path }) => {
    if (path === lease) throw new Error("unreachable");
  };
  await s.clock.advance(9_000);
  t.ok(s.manager.elector?.isLeader);
  await s.clock.advance(30_000);
  await t.rejects(ended, LeadershipLostError);
  const order = s.log.filter((line) => line.endsWith("ends"));
  t.same(order, ["leader ends", "webhooks ends"]);
});

t.test(
  "a stop of its own accord serves webhooks for twice the drain delay: its pod is not being deleted",
  async (t) => {
    const s = subject(t, { drainDelay: 5_000 });
    s.manager.add(s.part("webhooks"), "webhooks");
    let fail = (): void => undefined;
    const start = (): Promise<void> => new Promise((_, reject) => (fail = () => reject(new Error("broken"))));
    s.manager.add(s.part("broken", { start }), "others");
    s.manager.add(s.part("others"), "others");
    const { ended } = s.start();
    ended.catch(() => undefined); // looked at below
    await until("it started", () => s.log.includes("others starts"));
    fail();
    await until("it drains", () => s.log.includes("webhooks drains"));
    await s.clock.advance(9_999);
    t.notOk(s.log.includes("webhooks ends"));
    await s.clock.advance(1);
    await t.rejects(ended, { message: "broken" });
    t.ok(s.log.includes("webhooks ends"));
  },
);

t.test("without parts to lead, the lease is held until the stop", async (t) => {
  const s = subject(t, { leaderElection });
  s.server.put(lease, {});
  const { stop, ended } = s.start();
  await until("it leads", () => s.manager.elector?.isLeader === true);
  await s.clock.advance(60_000);
  t.match(s.server.find(lease), { spec: { holderIdentity: "me" } });
  stop();
  await atEnd(s, ended);
});

t.test("the last Events are written before the lease is released, and name the program and the process", async (t) => {
  const s = subject(t, { leaderElection });
  s.server.put(lease, {});
  const regarding = { kind: "ConfigMap", metadata: { namespace: "ns", name: "a", uid: "1" } };
  s.manager.add(
    s.part("leader", {
      async start(signal) {
        await aborted(signal);
        s.manager.events.event(regarding, { type: "Normal", reason: "Stopped", action: "Stop", note: "Stopped." });
      },
    }),
    "leader",
  );
  const { stop, ended } = s.start();
  await until("it leads", () => s.manager.elector?.isLeader === true);
  stop();
  await atEnd(s, ended);
  const events = s.server.requests.filter(({ path }) => path.endsWith("/events"));
  t.match(
    events.map(({ body }) => body),
    [{ reportingController: "test-operator", reportingInstance: "me", reason: "Stopped" }],
  );
  t.match(s.server.sent("POST", "PUT").slice(-2), [/^POST .*events$/, /^PUT .*leases/]);
});

t.test("a controller reconciles what the cache shows, and stops with the manager", async (t) => {
  const s = subject(t);
  const informer = s.manager.cache.informer<ConfigMap>(ConfigMaps);
  const reconciled: string[] = [];
  const reconcile = ({ name }: { readonly name: string }): Promise<object> => {
    reconciled.push(name);
    return Promise.resolve({});
  };
  s.manager.controller({ name: "maps", reconciler: { reconcile } }).for(informer);
  s.server.put("/api/v1/namespaces/ns/configmaps/a", {});
  const { stop, ended } = s.start();
  await until("it is reconciled", () => reconciled.length === 1);
  s.server.put("/api/v1/namespaces/ns/configmaps/b", {});
  await until("it is reconciled", () => reconciled.length === 2);
  t.match(
    await s.manager.registry.metrics(),
    /controller_runtime_reconcile_total\{controller="maps",result="success"\} 2/,
  );
  stop();
  await atEnd(s, ended);
});

t.test("names come from the program; nothing is named after this package", async (t) => {
  const s = subject(t);
  const plain = new Manager({ access: s.server.access, name: "my-operator", version: "1", logger: silentLogger });
  t.equal(plain.liveClient.fieldManager, "my-operator");
  const names = (await plain.registry.getMetricsAsJSON()).map(({ name }) => name);
  t.ok(names.includes("controller_runtime_events_dropped_total"));
  t.ok(names.includes("controller_runtime_webhook_certificate_expiry_timestamp_seconds"));
  t.notOk(names.some((name) => name.includes("orchestrator")));
  const prefixed = new Manager({
    access: s.server.access,
    name: "my-operator",
    version: "1",
    logger: silentLogger,
    metricPrefix: "mine",
  });
  t.ok(prefixed.registry.getSingleMetric("mine_events_dropped_total"));
});

t.test("checks that a program adds are served by the probes", async (t) => {
  const s = subject(t);
  let problem: string | undefined = "not yet";
  s.manager.addReadyCheck("mine", () => problem);
  s.manager.addHealthCheck("alive", () => problem);
  s.start();
  await until("the probes listen", () => s.manager.probesPort > 0);
  for (let turn = 0; turn < 20; turn++) await settle();
  t.equal(await readiness(s), "[-] mine: not yet\n");
  const url = `http://127.0.0.1:${s.manager.probesPort}`;
  t.equal((await fetch(`${url}/healthz`)).status, 503);
  t.match(await (await fetch(`${url}/health`)).json(), {
    status: "unhealthy",
    version: "1.2.3",
    timestamp: "2026-01-01T00:00:00.000Z",
  });
  problem = undefined;
  t.equal(await readiness(s), "ok\n");
  t.equal((await fetch(`${url}/healthz`)).status, 200);
});
