/** Several electors on one Lease, each with its own clock, and a server that can be unreachable. */
import { getEventListeners } from "node:events";
import fc from "../../property.js";
import { Registry } from "prom-client";
import t from "tap";
import { aborted } from "#src/runtime/abort.js";
import type { Client } from "#src/runtime/client/client.js";
import { apiError, ConnectionError } from "#src/runtime/client/errors.js";
import type { Lease, ObjectMeta, Stored } from "#src/runtime/client/objects.js";
import type { Clock, Timer } from "#src/runtime/clock.js";
import { LeaderElector, NotLeaderError } from "#src/runtime/leaderelection/elector.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { FakeClock, settle } from "#src/runtime/testing/clock.js";

const request = { method: "PUT", path: "/lease" };

/** One Lease with optimistic concurrency. Initially it exists and is released. */
class LeaseServer {
  lease: Stored<Lease> | undefined = { metadata: { name: "lease", uid: "1", resourceVersion: "0" } };
  #version = 0;
  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity;
  }

  /** The next writes, by number, are executed but their responses are lost. */
  forgetAnswers = 0;
  /** Processes that cannot reach the server. */
  readonly cutOff = new Set<string>();

  /** Another client changes its metadata. */
  edit(metadata: ObjectMeta): void {
    if (this.lease !== undefined) this.#store({ ...this.lease, metadata: { ...this.lease.metadata, ...metadata } });
  }

  client(who: string): Client {
    const reach = (): Promise<void> =>
      this.cutOff.has(who) ? Promise.reject(new ConnectionError(request, new Error("down"))) : Promise.resolve();
    const calls = {
      get: async () => {
        await reach();
        if (this.lease === undefined) throw apiError({}, 404, request);
        return structuredClone(this.lease);
      },
      create: async (_: unknown, object: Lease) => {
        await reach();
        if (this.lease !== undefined) throw apiError({ reason: "AlreadyExists" }, 409, request);
        return this.#store(object);
      },
      update: async (_: unknown, object: Lease) => {
        await reach();
        // an API server does that, whatever the version says
        if (this.lease === undefined && object.metadata?.uid === undefined) return this.#store(object);
        if (this.lease?.metadata.resourceVersion !== object.metadata?.resourceVersion) {
          throw apiError({ reason: "Conflict" }, 409, request);
        }
        return this.#store(object);
      },
    };
    return calls as unknown as Client;
  }

  #store(object: Lease): Stored<Lease> {
    const metadata = { ...object.metadata, name: "lease", uid: "1", resourceVersion: String(++this.#version) };
    this.lease = structuredClone({ ...object, metadata });
    if (this.forgetAnswers > 0) {
      this.forgetAnswers--;
      throw new ConnectionError(request, new Error("reset"));
    }
    return structuredClone(this.lease);
  }
}

/** A process' clock: its wall time is skewed, and it can be suspended as by SIGSTOP while time passes. */
class ProcessClock implements Clock {
  stopped = false;
  readonly #late: (() => void)[] = [];

  constructor(
    private readonly time: FakeClock,
    private readonly skew: number,
  ) {}

  now(): number {
    return this.time.now() + this.skew;
  }

  monotonic(): number {
    return this.time.monotonic();
  }

  after(delay: number, callback: () => void): Timer {
    return this.time.after(delay, () => {
      if (this.stopped) this.#late.push(callback);
      else callback();
    });
  }

  continue(): void {
    this.stopped = false;
    for (const callback of this.#late.splice(0)) callback();
  }
}

interface Process {
  readonly elector: LeaderElector;
  readonly clock: ProcessClock;
  readonly stop: AbortController;
  leading: boolean;
  outcome: string | undefined;
}

function start(name: string, time: FakeClock, server: LeaseServer, skew = 0): Process {
  const clock = new ProcessClock(time, skew);
  const elector = new LeaderElector(
    { namespace: "ns", name: "lease", identity: name },
    { client: server.client(name), clock, random: () => 0.5, logger: silentLogger },
  );
  const process: Process = { elector, clock, stop: new AbortController(), leading: false, outcome: undefined };
  void elector
    .run(process.stop.signal, async (signal) => {
      process.leading = true;
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      });
      process.leading = false;
    })
    .then((outcome) => (process.outcome = outcome));
  return process;
}

t.test("one of three leads, and another takes over at most 18 s after it is killed", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const processes = ["a", "b", "c"].map((name) => start(name, time, server));
  await time.advance(60_000);
  t.equal(processes.filter(({ leading }) => leading).length, 1);
  const [leader] = processes.filter(({ leading }) => leading);
  t.ok(leader);
  if (leader === undefined) return;
  // killed: it sends nothing more
  leader.clock.stopped = true;
  server.cutOff.add(leader.elector.identity);
  await time.advance(18_000);
  t.equal(processes.filter((process) => process !== leader && process.leading).length, 1);
});

t.test("a leader that stops releases the lease, and the next leads within 3 s", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const first = start("a", time, server);
  await time.advance(10_000);
  const second = start("b", time, server);
  await time.advance(10_000);
  first.stop.abort(new Error("stopped"));
  await time.advance(3_000);
  t.equal(first.outcome, "stopped");
  t.notOk(first.leading);
  t.ok(second.leading);
  t.equal(server.lease?.spec?.leaseTransitions, 2, "from nobody to the first, and on");
});

t.test("labels and other foreign metadata of the Lease survive acquisition, renewal and release", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const theirs = {
    labels: { "app.kubernetes.io/managed-by": "Helm" },
    annotations: { "example.com/note": "kept" },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "operator", uid: "7" }],
    finalizers: ["example.com/finalizer"],
  };
  server.lease = {
    metadata: { name: "lease", namespace: "ns", uid: "1", resourceVersion: "0", ...theirs, managedFields: [{}] },
    spec: { preferredHolder: "somebody" },
  };
  const process = start("a", time, server);
  await time.advance(10_000);
  t.match(server.lease, { metadata: theirs, spec: { holderIdentity: "a", preferredHolder: "somebody" } });
  // while it leads, too
  server.edit({ labels: { changed: "yes" } });
  await time.advance(10_000);
  t.ok(process.elector.isLeader);
  t.match(server.lease, { metadata: { ...theirs, labels: { changed: "yes" } } });
  process.stop.abort(new Error("stopped"));
  await time.advance(3_000);
  t.match(server.lease, { metadata: { ...theirs, labels: { changed: "yes" } }, spec: { holderIdentity: "" } });
  t.equal(server.lease.metadata.managedFields, undefined, "those are the server's");
});

t.test("work that throws releases the lease, and its error is thrown", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const elector = new LeaderElector(
    { namespace: "ns", name: "lease", identity: "a" },
    { client: server.client("a"), clock: time, random: () => 0.5, logger: silentLogger },
  );
  const { signal } = new AbortController();
  const running = elector.run(signal, () => Promise.reject(new Error("the work failed")));
  const failed = t.rejects(running, { message: "the work failed" });
  await time.advance(3_000);
  await failed;
  t.equal(server.holder, "");
  t.notOk(elector.isLeader);
  t.equal(time.pending, 0);
  t.equal(getEventListeners(signal, "abort").length, 0);
});

t.test("work that returns ends what it started and did not wait for", async (t) => {
  const time = new FakeClock();
  const elector = new LeaderElector(
    { namespace: "ns", name: "lease", identity: "a" },
    { client: new LeaseServer().client("a"), clock: time, random: () => 0.5, logger: silentLogger },
  );
  let leading: AbortSignal | undefined;
  const running = elector.run(new AbortController().signal, (signal) => {
    leading = signal;
    return Promise.resolve();
  });
  await time.advance(3_000);
  t.equal(await running, "stopped");
  t.ok(leading?.aborted);
});

t.test("the metric says who leads", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const registry = new Registry();
  const elector = new LeaderElector(
    { namespace: "ns", name: "lease", identity: "a" },
    {
      client: server.client("a"),
      clock: time,
      random: () => 0.5,
      logger: silentLogger,
      metrics: new RuntimeMetrics(registry),
    },
  );
  const master = async (): Promise<string> =>
    /leader_election_master_status\{name="lease"\} (\d)/.exec(await registry.metrics())?.[1] ?? "";
  const stop = new AbortController();
  const running = elector.run(stop.signal, (signal) => aborted(signal));
  t.equal(await master(), "0");
  await time.advance(10_000);
  t.equal(await master(), "1");
  stop.abort(new Error("stopped"));
  await running;
  t.equal(await master(), "0");
});

t.test("a record that another process with the same identity holds is waited for, too", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  server.lease = {
    metadata: { name: "lease", uid: "1", resourceVersion: "0" },
    spec: { holderIdentity: "a", leaseDurationSeconds: 15 },
  };
  const process = start("a", time, server);
  await time.advance(14_900);
  t.notOk(process.leading);
  await time.advance(3_000);
  t.ok(process.leading);
});

t.test("a holder that announced a longer lease is given that long", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  server.lease = {
    metadata: { name: "lease", uid: "1", resourceVersion: "0" },
    spec: { holderIdentity: "other", leaseDurationSeconds: 60 },
  };
  const process = start("a", time, server);
  await time.advance(59_900);
  t.notOk(process.leading);
  await time.advance(3_000);
  t.ok(process.leading);
});

t.test(
  "a leader that cannot reach the server stops writing before another may start, and reports the loss",
  async (t) => {
    const time = new FakeClock();
    const server = new LeaseServer();
    const process = start("a", time, server);
    await time.advance(5_000);
    process.elector.fence();
    server.cutOff.add("a");
    await time.advance(10_000);
    t.throws(() => process.elector.fence(), NotLeaderError);
    await time.advance(1_000);
    t.equal(process.outcome, "lost");
  },
);

t.test("an outage shorter than the renew deadline does not cost leadership", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const process = start("a", time, server);
  await time.advance(5_000);
  server.cutOff.add("a");
  await time.advance(7_000);
  server.cutOff.clear();
  await time.advance(30_000);
  t.ok(process.leading);
  t.ok(process.elector.isLeader);
});

t.test("a deleted lease is recreated by another process than its leader, and two never lead", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const processes = ["a", "b"].map((name) => start(name, time, server));
  await time.advance(10_000);
  const leader = processes.find(({ leading }) => leading);
  server.lease = undefined;
  for (let second = 0; second < 60; second++) {
    await time.advance(1_000);
    t.ok(processes.filter(({ elector }) => elector.isLeader).length <= 1);
  }
  t.equal(leader?.outcome, "lost");
  t.ok(processes.some((process) => process !== leader && process.elector.isLeader));
});

t.test(
  "a process that creates the lease leads only when a leader of the deleted one can no longer write",
  async (t) => {
    const time = new FakeClock();
    const server = new LeaseServer();
    const former = start("former", time, server);
    await time.advance(5_000);
    t.ok(former.elector.isLeader);
    // it can't find out, and may send writes whenever it can reach the server for a moment
    server.cutOff.add("former");
    server.lease = undefined;
    const fresh = start("fresh", time, server);
    for (let passed = 0; passed < 20_000; passed += 100) {
      await time.advance(100);
      t.notOk(former.elector.isLeader && fresh.elector.isLeader);
      if (passed === 5_000) t.equal(server.holder, "fresh");
    }
    t.ok(fresh.leading);
  },
);

t.test("a process that is stopped before it leads leaves its lease to expire, so that others wait too", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  server.lease = undefined;
  const process = start("a", time, server);
  await time.advance(5_000);
  process.stop.abort(new Error("stopped"));
  await settle();
  t.equal(process.outcome, "stopped");
  t.equal(server.holder, "a");
});

t.test("a leader that lost its lease cannot write while its work drains", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const elector = new LeaderElector(
    { namespace: "ns", name: "lease", identity: "a" },
    { client: server.client("a"), clock: time, random: () => 0.5, logger: silentLogger },
  );
  let end = (): void => undefined;
  const running = elector.run(new AbortController().signal, () => new Promise((resolve) => (end = resolve)));
  await time.advance(1_000);
  const tenure = elector.fence();
  const { lease } = server;
  if (lease === undefined) throw new Error("no lease");
  server.lease = {
    ...lease,
    metadata: { ...lease.metadata, resourceVersion: "another" },
    spec: { holderIdentity: "b" },
  };
  await time.advance(2_500);
  t.ok(tenure.aborted, "writes under way are given up");
  t.throws(() => elector.fence(), NotLeaderError);
  end();
  t.equal(await running, "lost");
});

t.test("writes that the work started and did not wait for are given up when it ends", async (t) => {
  const time = new FakeClock();
  const elector = new LeaderElector(
    { namespace: "ns", name: "lease", identity: "a" },
    { client: new LeaseServer().client("a"), clock: time, random: () => 0.5, logger: silentLogger },
  );
  let end = (): void => undefined;
  const running = elector.run(new AbortController().signal, () => new Promise((resolve) => (end = resolve)));
  await time.advance(1_000);
  const write = elector.fence();
  t.equal(write.aborted, false);
  end();
  await time.advance(10);
  t.equal(await running, "stopped");
  t.ok(write.aborted);
  t.match(write.reason, { message: "leadership has ended" });
});

t.test("a renewal whose response is lost prevents neither leading on nor releasing the lease", async (t) => {
  const time = new FakeClock();
  const server = new LeaseServer();
  const process = start("a", time, server);
  await time.advance(5_000);
  server.forgetAnswers = 1;
  await time.advance(2_200);
  t.equal(server.forgetAnswers, 0);
  await time.advance(20_000);
  t.ok(process.leading);
  server.forgetAnswers = 1;
  await time.advance(2_200);
  t.equal(server.forgetAnswers, 0);
  process.stop.abort(new Error("stopped"));
  await settle();
  t.equal(process.outcome, "stopped");
  t.equal(server.holder, "");
});

t.test("timings that would let two lead are rejected", (t) => {
  const make = (options: { leaseDuration?: number; renewDeadline?: number; retryPeriod?: number }) => () =>
    new LeaderElector(
      { namespace: "ns", name: "lease", ...options },
      { client: new LeaseServer().client("a"), clock: new FakeClock(), random: () => 0, logger: silentLogger },
    );
  t.throws(make({ leaseDuration: 10_000, renewDeadline: 10_000 }), RangeError);
  t.throws(make({ renewDeadline: 2_000, retryPeriod: 2_000 }), RangeError);
  t.doesNotThrow(make({}));
  t.end();
});

type Step =
  | { readonly do: "cut" | "mend" | "stop" | "continue" | "end"; readonly who: number }
  | { readonly do: "delete" }
  | { readonly do: "forget" }
  | { readonly do: "wait"; readonly by: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom("cut" as const, "mend" as const, "stop" as const, "continue" as const, "end" as const),
    who: fc.nat(2),
  }),
  fc.constantFrom({ do: "delete" } as const, { do: "forget" } as const),
  fc.record({ do: fc.constant("wait" as const), by: fc.constantFrom(100, 1_000, 2_500, 9_000, 16_000, 40_000) }),
);

t.test(
  "whatever is disconnected, suspended, resumed, deleted or ended, and however clocks are skewed, two never may write",
  async (t) => {
    const runs = globalThis.process.env.TEST_FULL === "1" ? 2000 : 100;
    const skews = [0, 600_000, -600_000];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const time = new FakeClock();
        const server = new LeaseServer();
        const names = ["a", "b", "c"] as const;
        const processes = names.map((name, index) => start(name, time, server, skews[index]));
        const check = (): void => {
          // what matters is who would be let through to the server now
          const writers = processes.filter(({ elector, clock }) => !clock.stopped && elector.isLeader);
          if (writers.length > 1) throw new Error(`${writers.length} may write`);
        };
        for (const action of steps) {
          if (action.do === "wait") {
            for (let passed = 0; passed < action.by; passed += 500) {
              await time.advance(Math.min(500, action.by - passed));
              check();
            }
            continue;
          }
          if (action.do === "delete") {
            server.lease = undefined;
            continue;
          }
          if (action.do === "forget") {
            server.forgetAnswers = 1;
            continue;
          }
          const [name, process] = [names[action.who], processes[action.who]];
          if (name === undefined || process === undefined) continue;
          if (action.do === "cut") server.cutOff.add(name);
          else if (action.do === "mend") server.cutOff.delete(name);
          else if (action.do === "stop") process.clock.stopped = true;
          else if (action.do === "continue") process.clock.continue();
          else {
            process.stop.abort(new Error("ended"));
            await settle();
            processes[action.who] = start(name, time, server, skews[action.who]);
          }
          await settle();
          check();
        }
      }),
      { numRuns: runs },
    );
    t.pass(`${runs} runs`);
  },
);
