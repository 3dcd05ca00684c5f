/** Runs in a queue of Kueue, against the model of a cluster and of Kueue. */
import t from "tap";
import { Kueue } from "./kueue.js";
import { Manager, runName, type Faults } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { findCondition } from "#src/api/conditions.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { Workloads } from "#src/runs/queue.js";
import { Jobs, Pods } from "#src/runtime/client/builtin.js";

interface Scene {
  readonly manager: Manager;
  readonly kueue: Kueue;
  /** Everybody acts until nothing changes. */
  readonly settle: (faults?: Faults) => Promise<void>;
  readonly set: (spec: Partial<TaskRun["spec"]>) => void;
}

function scene(spec: Partial<TaskRun["spec"]> = {}): Scene {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun({ queueName: "team", ...spec }));
  const manager = new Manager(cluster);
  manager.configuration = { ...defaultConfiguration, kueue: { enabled: true } };
  const kueue = new Kueue(cluster);
  const settle = async (faults?: Faults): Promise<void> => {
    for (let round = 0; round < 4; round += 1) {
      await manager.reconcile(round === 0 ? faults : undefined);
      kueue.run();
      cluster.runJobController();
      cluster.runKubelet();
      cluster.collectGarbage();
    }
    await manager.reconcile();
  };
  const set = (changes: Partial<TaskRun["spec"]>): void =>
    cluster.change(TaskRuns, runName, (run) => Object.assign(run.spec, changes));
  return { manager, kueue, settle, set };
}

const podsOf = ({ manager: { cluster } }: Scene): number => cluster.all(Pods).length;
const condition = ({ manager: { run } }: Scene): object | undefined =>
  findCondition(run.status?.conditions, "QueueAdmitted");

void t.test("an attempt waits in its queue until Kueue starts its Job", async (t) => {
  const waiting = scene();
  const { manager, kueue, settle } = waiting;
  await settle();
  const [job] = manager.cluster.all(Jobs);
  t.match(job, { metadata: { labels: { "kueue.x-k8s.io/queue-name": "team" } }, spec: { suspend: true } });
  t.equal(podsOf(waiting), 0);
  t.match(manager.run.status, {
    ...{ phase: "Pending", reason: "Queued", attempts: 1 },
    message: "Attempt 1 waits in queue team until Kueue starts its Job auth-service-task-1001-run-1.",
  });
  t.match(condition(waiting), { status: "False", reason: "Queued" });
  kueue.admits.add("team");
  await settle();
  t.match(manager.run.status, { phase: "Running", attempts: 1 });
  t.match(condition(waiting), { status: "True", reason: "AdmittedByKueue" });
  await manager.work(0);
  t.equal(manager.phase, "Succeeded");
  t.equal(manager.cluster.jobsCreated.length, 1);
  t.notOk(manager.cluster.writes.includes("patch jobs"), "the operator leaves the Job to Kueue");
});

void t.test("a run that names no queue, or whose configuration has none, starts at once", async (t) => {
  for (const [spec, enabled] of [
    [{ queueName: "" }, true],
    [{}, false],
  ] as const) {
    const { manager, settle } = scene(spec);
    manager.configuration = { ...defaultConfiguration, kueue: { enabled } };
    await settle();
    t.match(manager.run.status, { phase: "Running" });
    t.notHas(manager.cluster.all(Jobs)[0], { metadata: { labels: { "kueue.x-k8s.io/queue-name": "" } } });
  }
});

void t.test("a Job that waited for long is not given up when it starts", async (t) => {
  const { manager, kueue, settle } = scene();
  await settle();
  manager.cluster.change(Jobs, `${runName}-run-1`, (job) => {
    job.status = { conditions: [{ type: "Suspended", status: "True" }] };
  });
  manager.cluster.time += 86_400_000;
  kueue.admits.add("team");
  kueue.run();
  await manager.reconcile();
  t.match(manager.run.status, { phase: "Running", reason: "Starting" }, "the Job controller has not seen it yet");
});

void t.test("a suspended run stays in its queue, and no agent starts", async (t) => {
  const waiting = scene();
  const { manager, kueue, settle, set } = waiting;
  await settle();
  set({ suspend: true });
  await manager.reconcile();
  kueue.admits.add("team");
  await settle();
  t.match(manager.run.status, { phase: "Pending", reason: "Suspended" });
  t.equal(podsOf(waiting), 0);
  set({ suspend: false });
  await settle();
  t.match(manager.run.status, { phase: "Running", attempts: 1 });
  t.equal(manager.cluster.jobsCreated.length, 1);
});

void t.test("a running attempt that is suspended is stopped, and Kueue does not start it again", async (t) => {
  const running = scene();
  const { manager, kueue, settle, set } = running;
  kueue.admits.add("team");
  await settle();
  t.equal(podsOf(running), 1);
  set({ suspend: true });
  await settle();
  t.match(manager.run.status, { phase: "Pending", reason: "Suspended" });
  t.equal(podsOf(running), 0);
  t.match(manager.cluster.all(Workloads)[0], { spec: { active: false } });
  set({ suspend: false });
  await settle();
  t.match(manager.run.status, { phase: "Running" });
  t.equal(manager.cluster.jobsCreated.length, 1);
});

void t.test("a Job cannot be held before Kueue has seen it", async (t) => {
  const { manager, kueue, settle, set } = scene();
  await manager.reconcile();
  set({ suspend: true });
  await t.rejects(manager.reconcile(), /Kueue has no Workload for Job auth-service-task-1001-run-1 yet/);
  kueue.admits.add("team");
  kueue.run();
  await settle();
  t.match(manager.run.status, { phase: "Pending", reason: "Suspended" });
});

void t.test("a preempted attempt waits again, and is the same attempt", async (t) => {
  const preempted = scene();
  const { manager, kueue, settle } = preempted;
  kueue.admits.add("team");
  await settle();
  kueue.admits.clear();
  await settle();
  t.match(manager.run.status, { phase: "Pending", reason: "Queued", attempts: 1 });
  t.equal(podsOf(preempted), 0);
  kueue.admits.add("team");
  await settle();
  t.match(manager.run.status, { phase: "Running", attempts: 1 });
});

void t.test("another queue is named while an attempt waits", async (t) => {
  const { manager, kueue, settle, set } = scene();
  await settle();
  kueue.admits.add("other");
  set({ queueName: "other" });
  await settle();
  t.match(manager.run.status, { phase: "Running" });
  t.equal(manager.cluster.jobsCreated.length, 1);
});

void t.test("a run is cancelled in its queue", async (t) => {
  const cancelled = scene();
  const { manager, settle, set } = cancelled;
  await settle();
  set({ cancel: true });
  await settle();
  t.equal(manager.phase, "Cancelled");
  t.equal(podsOf(cancelled), 0);
});

void t.test("a refusal to hold the Workload is reported, and the Job stays unchanged", async (t) => {
  const { manager, kueue, settle, set } = scene();
  kueue.admits.add("team");
  await settle();
  manager.cluster.refuse = (what) => (what === "patch workloads" ? "no" : undefined);
  set({ suspend: true });
  await settle();
  t.match(manager.run.status, { phase: "Running", message: /Workload.*no/ });
  manager.cluster.refuse = () => undefined;
  await settle();
  t.match(manager.run.status, { phase: "Pending", reason: "Suspended" });
});

void t.test("killed at any write of holding and releasing, the end is the same", async (t) => {
  for (const from of ["waiting", "running"])
    for (const at of [1, 2, 3])
      for (const when of ["before", "after"] as const) {
        const where = `${from}, killed ${when} write ${at}`;
        const killed = scene();
        const { manager, kueue, settle, set } = killed;
        if (from === "running") kueue.admits.add("team");
        await settle();
        set({ suspend: true });
        await settle({ kill: { at, when } });
        kueue.admits.add("team");
        await settle();
        t.match(manager.run.status, { reason: "Suspended" }, where);
        t.equal(podsOf(killed), 0, where);
        set({ suspend: false });
        await settle({ kill: { at, when } });
        t.match(manager.run.status, { phase: "Running", attempts: 1 }, where);
        t.equal(manager.cluster.jobsCreated.length, 1, where);
      }
  t.end();
});
