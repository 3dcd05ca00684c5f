import { isDeepStrictEqual } from "node:util";
import { Registry } from "prom-client";
import t from "tap";
import { Informer } from "#src/runtime/cache/informer.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { apiError } from "#src/runtime/client/errors.js";
import { formatKey, type ConfigMap } from "#src/runtime/client/objects.js";
import { Controller, type ControllerOptions } from "#src/runtime/controller/controller.js";
import { TerminalError, type Reconciler, type Result } from "#src/runtime/controller/reconciler.js";
import { NotLeaderError } from "#src/runtime/leaderelection/elector.js";
import { silentLogger, type Logger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { FakeClock, settle } from "#src/runtime/testing/clock.js";
import { FaultyServer } from "../cache/faulty-server.js";

interface Subject {
  readonly clock: FakeClock;
  readonly server: FaultyServer;
  readonly controller: Controller;
  readonly asked: string[];
  /** @param reason of the stop; default: a regular stop. */
  stop(reason?: Error): Promise<void>;
}

async function begin(
  reconcile: (key: string, signal: AbortSignal) => Promise<Result>,
  options: Partial<ControllerOptions> = {},
  server = new FaultyServer(),
): Promise<Subject> {
  const clock = new FakeClock();
  const shared = { clock, random: () => 0, logger: silentLogger };
  const informer = new Informer<ConfigMap>(ConfigMaps, { silence: 1e9 }, { ...shared, client: server.client() });
  const asked: string[] = [];
  const reconciler: Reconciler = {
    reconcile({ name }, { signal }) {
      asked.push(name);
      return reconcile(name, signal);
    },
  };
  const controller = new Controller({ ...shared, name: "test", reconciler, ...options }).for(informer);
  const stop = new AbortController();
  const running = [informer.start(stop.signal), controller.start(stop.signal)];
  await settle();
  return {
    clock,
    server,
    controller,
    asked,
    async stop(reason = new Error("stopped")) {
      stop.abort(reason);
      await clock.advance(60_000);
      await Promise.all(running);
    },
  };
}

const done: Result = {};

t.test("existing objects are reconciled at the start, and then each change, once", async (t) => {
  const server = new FaultyServer();
  server.write("a", {});
  server.write("b", {});
  const subject = await begin(() => Promise.resolve(done), {}, server);
  t.same(subject.asked.sort(), ["a", "b"]);
  server.write("a", { n: "1" });
  await settle();
  t.same(subject.asked.length, 3);
  await subject.stop();
  t.equal(subject.clock.pending, 0);
});

t.test("nothing is reconciled before all of its caches are filled", async (t) => {
  const server = new FaultyServer();
  server.write("a", {});
  server.inject("internalError");
  const subject = await begin(() => Promise.resolve(done), {}, server);
  subject.controller.enqueue({ namespace: "ns", name: "b" });
  await settle();
  t.same(subject.asked, []);
  await subject.clock.advance(5_000);
  t.same(subject.asked.sort(), ["a", "b"]);
  await subject.stop();
});

t.test("changes come before objects that existed at the start", async (t) => {
  const server = new FaultyServer();
  for (let index = 0; index < 5; index++) server.write(`old-${index}`, {});
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const subject = await begin(() => gate.then(() => done), { maxConcurrentReconciles: 1 }, server);
  server.write("new", {});
  await settle();
  release();
  await settle();
  t.equal(subject.asked[1], "new");
  t.equal(subject.asked.length, 6);
  await subject.stop();
});

t.test("a key is never reconciled twice at once, and a change during a reconcile is not lost", async (t) => {
  let running = 0;
  let most = 0;
  const gates: (() => void)[] = [];
  const subject = await begin(async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => gates.push(resolve));
    running--;
    return done;
  });
  subject.server.write("a", { n: "1" });
  await settle();
  subject.server.write("a", { n: "2" });
  subject.server.write("a", { n: "3" });
  await settle();
  t.equal(gates.length, 1);
  gates.shift()?.();
  await settle();
  t.equal(gates.length, 1, "both changes are one more reconcile");
  gates.shift()?.();
  await settle();
  t.equal(gates.length, 0);
  t.equal(most, 1);
  await subject.stop();
});

t.test("a failure is retried with growing delays, and the first success resets them", async (t) => {
  let failures = 3;
  const subject = await begin(() => (failures-- > 0 ? Promise.reject(new Error("no")) : Promise.resolve(done)), {
    backoff: { initial: 100, max: 10_000, jitter: 0 },
  });
  subject.server.write("a", {});
  await settle();
  const at: number[] = [];
  for (let time = 0; time < 1000; time += 10) {
    const before = subject.asked.length;
    await subject.clock.advance(10);
    if (subject.asked.length > before) at.push(time + 10);
  }
  t.same(at, [100, 300, 700]);
  await subject.stop();
});

t.test("a conflict is retried after the same short delay each time, without back-off", async (t) => {
  let conflicts = 20;
  const subject = await begin(() =>
    conflicts-- > 0
      ? Promise.reject(apiError({ reason: "Conflict" }, 409, { method: "PUT", path: "/" }))
      : Promise.resolve(done),
  );
  subject.server.write("a", {});
  await settle();
  await subject.clock.advance(20 * 50);
  t.equal(subject.asked.length, 21);
  await subject.stop();
});

t.test("too many consecutive conflicts are a failure: they back off and are logged", async (t) => {
  const logged: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_, message) => logged.push(message), child: () => logger };
  const subject = await begin(
    () => Promise.reject(apiError({ reason: "Conflict" }, 409, { method: "PATCH", path: "/" })),
    { logger },
  );
  subject.server.write("a", {});
  await settle();
  await subject.clock.advance(3_600_000);
  t.ok(subject.asked.length < 50, `${subject.asked.length} in an hour`);
  t.ok(logged.includes("reconcile failed; retrying"));
  await subject.stop();
});

t.test("reconciles that never wait yield to the event loop", async (t) => {
  let left = 1_000;
  const subject = await begin(() => {
    subject.clock.advanceSync(1);
    return Promise.resolve(--left > 0 ? { requeueAfter: 0 } : done);
  });
  const waited = new Promise<number>((resolve) => setImmediate(() => resolve(left)));
  subject.controller.enqueue({ namespace: "ns", name: "busy" });
  const leftThen = await waited;
  t.ok(leftThen > 900, `the event loop continues after some 20 ms of them: ${leftThen} left`);
  while (left > 0) await settle();
  await subject.stop();
});

t.test("a requeue after NaN is a failure", async (t) => {
  const subject = await begin(() => Promise.resolve({ requeueAfter: Number.NaN }), {
    backoff: { initial: 1_000, max: 1_000, jitter: 0 },
  });
  subject.server.write("a", {});
  await settle();
  t.equal(subject.asked.length, 1);
  await subject.clock.advance(1_000);
  t.equal(subject.asked.length, 2);
  await subject.stop();
});

t.test("a predicate that throws loses no change, and a mapping that throws affects only its own object", async (t) => {
  const clock = new FakeClock();
  const server = new FaultyServer();
  const shared = { clock, random: () => 0, logger: silentLogger };
  const informer = new Informer<ConfigMap>(ConfigMaps, { silence: 1e9 }, { ...shared, client: server.client() });
  const asked: string[] = [];
  const reconciler: Reconciler = {
    reconcile({ name }) {
      asked.push(name);
      return Promise.resolve(done);
    },
  };
  const controller = new Controller({ ...shared, name: "test", reconciler })
    .for(informer, ({ object }) => {
      if (object.metadata.name === "odd") throw new Error("unexpected");
      return false;
    })
    .watches(informer, ({ data }) => {
      if (data?.owner === undefined) throw new Error("unexpected");
      return [data.owner];
    });
  const stop = new AbortController();
  const running = [informer.start(stop.signal), controller.start(stop.signal)];
  await settle();
  server.write("odd", { owner: "first" });
  await settle();
  t.same(asked.sort(), ["first", "odd"]);
  asked.length = 0;
  server.write("even", { owner: "former" });
  await settle();
  asked.length = 0;
  // it has no owner any more: that is its former owner's business
  server.write("even", {});
  await settle();
  t.same(asked, ["former"]);
  stop.abort(new Error("stopped"));
  await clock.advance(60_000);
  await Promise.all(running);
});

t.test("an owner is found by group and kind; a cluster-scoped one has no namespace", async (t) => {
  for (const [owner, apiVersion, expected] of [
    [{ group: "example.com", kind: "Team" }, "example.com/v1", "ns/blue"],
    [{ group: "example.com", kind: "Team", namespaced: true }, "example.com/v2", "ns/blue"],
    [{ group: "example.com", kind: "Team", namespaced: false }, "example.com/v1", "blue"],
    [{ group: "", kind: "Team" }, "v1", "ns/blue"],
    [{ group: "", kind: "Team" }, "vendor.example.com/v1", undefined],
    [{ group: "example.com", kind: "Team" }, "example.com.evil/v1", undefined],
    [{ group: "example.com", kind: "Crew" }, "example.com/v1", undefined],
  ] as const) {
    const clock = new FakeClock();
    const shared = { clock, random: () => 0, logger: silentLogger };
    const server = new FaultyServer();
    const informer = new Informer<ConfigMap>(ConfigMaps, { silence: 1e9 }, { ...shared, client: server.client() });
    const asked: string[] = [];
    const reconciler: Reconciler = {
      reconcile(request) {
        asked.push(formatKey(request));
        return Promise.resolve(done);
      },
    };
    const controller = new Controller({ ...shared, name: "test", reconciler }).owns(informer, owner);
    const reference = { apiVersion, kind: "Team", name: "blue", uid: "1", controller: true };
    const stop = new AbortController();
    const running = [informer.start(stop.signal), controller.start(stop.signal)];
    await settle();
    server.write("child", {}, { ownerReferences: [{ ...reference, name: "red", controller: false }, reference] });
    await settle();
    t.same(asked, expected === undefined ? [] : [expected], JSON.stringify([owner, apiVersion]));
    stop.abort(new Error("stopped"));
    await clock.advance(60_000);
    await Promise.all(running);
  }
});

t.test("the signal of a reconcile that begins as leadership ends has fired", async (t) => {
  const reasons: unknown[] = [];
  const subject = await begin((_, signal) => {
    reasons.push(signal.reason);
    return Promise.resolve(done);
  });
  // the worker has its key, and hasn't begun
  subject.controller.enqueue({ namespace: "ns", name: "a" });
  await Promise.resolve();
  await subject.stop(new NotLeaderError("lost"));
  t.ok(reasons.length === 0 || reasons[0] instanceof NotLeaderError);
});

t.test("metrics exist from the start, and show work that never ends", async (t) => {
  const metrics = new RuntimeMetrics(new Registry());
  let end = (): void => undefined;
  const gate = new Promise<void>((resolve) => (end = resolve));
  const subject = await begin(() => gate.then(() => done), { metrics });
  const value = async (name: string, labels: Record<string, string>): Promise<number | undefined> => {
    const { values = [] } = (await metrics.registry.getSingleMetric(name)?.get()) ?? {};
    return values.find((one) => isDeepStrictEqual(one.labels, labels))?.value;
  };
  const controller = "test";
  for (const result of ["success", "requeue", "requeue_after", "error"]) {
    t.equal(await value("controller_runtime_reconcile_total", { controller, result }), 0);
  }
  for (const what of ["reconcile_errors", "terminal_reconcile_errors", "reconcile_panics", "reconcile_timeouts"]) {
    t.equal(await value(`controller_runtime_${what}_total`, { controller }), 0, what);
  }
  t.equal(await value("controller_runtime_active_workers", { controller }), 0);
  const queue = { name: controller, controller };
  t.equal(await value("workqueue_depth", queue), 0);
  t.equal(await value("workqueue_unfinished_work_seconds", queue), 0);
  subject.server.write("a", {});
  await subject.clock.advance(2_000);
  subject.server.write("b", {});
  await subject.clock.advance(3_000);
  t.equal(await value("workqueue_unfinished_work_seconds", queue), 8);
  t.equal(await value("workqueue_longest_running_processor_seconds", queue), 5);
  t.equal(await value("controller_runtime_active_workers", { controller }), 2);
  end();
  await settle();
  t.equal(await value("workqueue_unfinished_work_seconds", queue), 0);
  t.equal(await value("workqueue_longest_running_processor_seconds", queue), 0);
  t.equal(await value("controller_runtime_reconcile_total", { controller, result: "success" }), 2);
  await subject.stop();
});

t.test("a terminal error is not retried until the object changes", async (t) => {
  const subject = await begin(() => Promise.reject(new TerminalError("never")));
  subject.server.write("a", {});
  await settle();
  await subject.clock.advance(3_600_000);
  t.equal(subject.asked.length, 1);
  subject.server.write("a", { n: "2" });
  await settle();
  t.equal(subject.asked.length, 2);
  await subject.stop();
});

t.test("a requeue comes at its time and is not a failure", async (t) => {
  const subject = await begin(() => Promise.resolve({ requeueAfter: 5_000 }));
  subject.server.write("a", {});
  await settle();
  await subject.clock.advance(4_999);
  t.equal(subject.asked.length, 1);
  await subject.clock.advance(1);
  t.equal(subject.asked.length, 2);
  await subject.clock.advance(5_000);
  t.equal(subject.asked.length, 3);
  await subject.stop();
});

t.test("the signal of a reconcile that takes too long fires, and the key is retried", async (t) => {
  const subject = await begin(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      }),
    { reconcileTimeout: 1_000, backoff: { initial: 10, max: 10, jitter: 0 } },
  );
  subject.server.write("a", {});
  await settle();
  await subject.clock.advance(1_000);
  t.equal(subject.asked.length, 1);
  await subject.clock.advance(10);
  t.equal(subject.asked.length, 2);
  await subject.stop();
});

t.test("after the stop running reconciles may end, no new one begins, and those that hang are aborted", async (t) => {
  const server = new FaultyServer();
  const ended: string[] = [];
  let finish = (): void => undefined;
  const subject = await begin(
    async (key, signal) => {
      await new Promise<void>((resolve, reject) => {
        if (key === "polite") finish = resolve;
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      }).finally(() => ended.push(key));
      return done;
    },
    { drainTimeout: 10_000, maxConcurrentReconciles: 2 },
    server,
  );
  server.write("polite", {});
  server.write("hanging", {});
  await settle();
  server.write("waiting", {});
  await settle();
  const stopping = subject.stop();
  finish();
  await stopping;
  t.same(ended, ["polite", "hanging"]);
  t.same(subject.asked.sort(), ["hanging", "polite"]);
  t.equal(subject.clock.pending, 0);
});

t.test("when leadership is lost, running reconciles are aborted at once", async (t) => {
  let aborted = false;
  const subject = await begin(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(signal.reason as Error);
        });
      }),
  );
  subject.server.write("a", {});
  await settle();
  const stopping = subject.stop(new NotLeaderError("lost"));
  await settle();
  t.ok(aborted);
  await stopping;
});
