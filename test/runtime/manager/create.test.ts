/** createManager and runManager, as a program uses them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { aborted } from "#src/runtime/abort.js";
import { silentLogger } from "#src/runtime/logger.js";
import { createManager, runManager, type CreateManagerOptions } from "#src/runtime/manager/create.js";
import type { Manager } from "#src/runtime/manager/manager.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { MemoryServer } from "../memory-server.js";
import { until } from "../turns.js";

interface Subject {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly manager: Manager;
}

async function subject(t: Test, options: Partial<CreateManagerOptions> = {}): Promise<Subject> {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  const manager = await createManager({
    name: "my-operator",
    access: server.access,
    client: server.client({ clock }),
    clock,
    random: () => 0,
    logger: silentLogger,
    probes: { host: "127.0.0.1", port: 0 },
    ...options,
  });
  t.teardown(() => {
    process.exitCode = undefined;
  });
  return { clock, server, manager };
}

/** Lets what is due now happen, over and over, until the program ends. */
async function atEnd({ clock }: Subject, running: Promise<void>): Promise<number | string | undefined> {
  const over = new AbortController();
  void running.then(() => over.abort());
  for (let turn = 0; turn < 1_000 && !over.signal.aborted; turn++) await clock.advance(0);
  await running;
  return process.exitCode;
}

t.test("without leader election it leads at once; the Lease of {} is named like the program", async (t) => {
  t.equal((await subject(t)).manager.elector, undefined);
  const s = await subject(t, { leaderElection: {} });
  const running = runManager(s.manager);
  const path = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/my-operator";
  await until("it creates its Lease", () => s.server.find(path) !== undefined);
  process.emit("SIGTERM", "SIGTERM");
  await atEnd(s, running);
  const named = await subject(t, { leaderElection: { namespace: "other", name: "lock", identity: "me" } });
  t.equal(named.manager.elector?.identity, "me");
});

t.test("a kubeconfig is used when it is named, and what is missing is said", async (t) => {
  const file = join(t.testdir({}), "config");
  const cluster = { name: "c", cluster: { server: "https://10.0.0.1:6443" } };
  const contexts = ["one", "two"].map((name) => ({ name, context: { cluster: "c", namespace: name } }));
  await writeFile(file, JSON.stringify({ "current-context": "one", clusters: [cluster], contexts }));
  const manager = await createManager({ name: "my-operator", kubeconfig: file, logger: silentLogger });
  t.equal(manager.liveClient.namespace, "one");
  t.equal(manager.liveClient.fieldManager, "my-operator");
  const other = await createManager({ name: "my-operator", kubeconfig: file, context: "two", logger: silentLogger });
  t.equal(other.liveClient.namespace, "two");
  await t.rejects(createManager({ name: "my-operator", kubeconfig: `${file}.absent` }), /cannot read the kubeconfig/);
});

t.test("SIGTERM and SIGINT stop the manager with exit code 0, and leave no handler behind", async (t) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const s = await subject(t);
    let started = false;
    let ended = false;
    const start = async (stop: AbortSignal): Promise<void> => {
      started = true;
      await aborted(stop);
      ended = true;
    };
    s.manager.add({ name: "part", start }, "others");
    const before = process.listenerCount(signal);
    const running = runManager(s.manager);
    await until("it started", () => started);
    t.equal(process.listenerCount(signal), before + 1);
    process.emit(signal, signal);
    t.equal(await atEnd(s, running), undefined);
    t.ok(ended);
    t.equal(process.listenerCount(signal), before);
  }
});

t.test("a second signal ends the process at once", async (t) => {
  const s = await subject(t);
  const codes: unknown[] = [];
  t.intercept(process, "exit", { value: (code: unknown) => codes.push(code) });
  const running = runManager(s.manager);
  process.emit("SIGTERM", "SIGTERM");
  t.same(codes, []);
  process.emit("SIGTERM", "SIGTERM");
  t.same(codes, [1]);
  await atEnd(s, running);
});

t.test("a failure is exit code 1", async (t) => {
  const logged: object[] = [];
  const s = await subject(t, { logger: { ...silentLogger, error: (fields) => logged.push(fields) } });
  const failure = new Error("broken");
  s.manager.add({ name: "part", start: () => Promise.reject(failure) }, "others");
  t.equal(await atEnd(s, runManager(s.manager)), 1);
  t.match(logged.at(-1), { err: failure });
});

t.test("a lost lease is exit code 3", async (t) => {
  const s = await subject(t, { leaderElection: {} });
  const path = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/my-operator";
  s.server.put(path, {});
  const running = runManager(s.manager);
  await until("it leads", () => s.manager.elector?.isLeader === true);
  s.server.intercept = (request) => {
    if (request.path === path) throw new Error("unreachable");
  };
  await s.clock.advance(30_000);
  t.equal(await atEnd(s, running), 3);
});
