/** Objects of runs that were removed without processing of their finalizer. */
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { Orphans } from "#src/runs/orphans.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import { apiError, NotFound } from "#src/runtime/client/errors.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";

const signal = new AbortController().signal;

function orphansOf(cluster: ModelCluster, age?: (plural: string) => number): Orphans<TaskRun> {
  return new Orphans({
    kind: taskRunKind,
    client: cluster.client(),
    readers: cluster.readers(age),
    clock: systemClock,
    logger: silentLogger,
    interval: () => 3600,
  });
}

/** A run with a running attempt. */
async function atWork(): Promise<Manager> {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun());
  const manager = new Manager(cluster);
  await manager.reconcile();
  cluster.runJobController();
  return manager;
}

/** A user removes the finalizers of a run, so that it is deleted at once. */
function tearOut(cluster: ModelCluster): void {
  cluster.change(TaskRuns, runName, ({ metadata }) => (metadata.finalizers = []));
  cluster.delete(TaskRuns, runName);
}

void t.test(
  "a sweep stops the agent of a run that was removed despite its finalizer, and keeps the workspace",
  async (t) => {
    const { cluster } = await atWork();
    tearOut(cluster);
    t.equal(cluster.livePods.length, 1, "the agent would work on, and its Job is held for ever");
    for (let round = 0; round < 4; round++) {
      await orphansOf(cluster).sweep(signal);
      cluster.settle();
    }
    t.same([cluster.all(Jobs), cluster.all(Pods), cluster.all(ConfigMaps)], [[], [], []]);
    t.equal(cluster.all(PersistentVolumeClaims).length, 1);
  },
);

void t.test("the Job of a deleted run is released at its next reconcile, without waiting for a sweep", async (t) => {
  const { cluster } = await atWork();
  tearOut(cluster);
  for (let round = 0; round < 4; round++) {
    cluster.settle();
    await orphansOf(cluster).sweepOf({ namespace: "orchestrator", name: runName }, signal);
  }
  t.same(cluster.all(Jobs), []);
  t.same(cluster.all(Pods), []);
});

void t.test("a pod that was deliberately orphaned is also stopped once its run is deleted", async (t) => {
  const { cluster } = await atWork();
  cluster.change(Jobs, `${runName}-run-1`, ({ metadata }) => (metadata.finalizers = []));
  cluster.delete(Jobs, `${runName}-run-1`, "Orphan");
  cluster.collectGarbage();
  tearOut(cluster);
  await orphansOf(cluster).sweep(signal);
  cluster.settle();
  t.same(cluster.all(Pods), []);
});

void t.test("objects of an existing run are left unchanged, even if the cache does not show the run", async (t) => {
  const { cluster } = await atWork();
  const before = cluster.writes.length;
  for (let age = 1; age <= 12; age++) {
    await orphansOf(cluster, (plural) => (plural === "taskruns" ? age : 0)).sweep(signal);
  }
  t.equal(cluster.writes.length, before);
});

void t.test("if the API server does not currently serve a kind, its runs do not count as deleted", async (t) => {
  const { cluster } = await atWork();
  tearOut(cluster);
  const client = cluster.client();
  const get: typeof client.get = () =>
    Promise.reject(apiError({ reason: "NotFound", message: "404 page not found" }, 404, { method: "GET", path: "/" }));
  const orphans = new Orphans({
    kind: taskRunKind,
    client: { ...client, get },
    readers: cluster.readers(),
    clock: systemClock,
    logger: silentLogger,
    interval: () => 3600,
  });
  await t.rejects(orphans.sweep(signal), NotFound);
  t.equal(cluster.livePods.length, 1);
});

void t.test("a later run of the same name keeps its own objects", async (t) => {
  const { cluster } = await atWork();
  tearOut(cluster);
  cluster.create(TaskRuns, exampleRun());
  for (let round = 0; round < 4; round++) {
    await orphansOf(cluster).sweep(signal);
    cluster.settle();
  }
  t.same(cluster.all(Jobs), []);
  const manager = new Manager(cluster);
  await manager.reconcile();
  await orphansOf(cluster).sweep(signal);
  t.equal(cluster.all(Jobs).length, 1);
  t.equal(cluster.all(Jobs)[0]?.metadata.deletionTimestamp, undefined);
});

void t.test("objects that only resemble the operator's are left unchanged", async (t) => {
  const cluster = new ModelCluster();
  cluster.create(Jobs, {
    metadata: { name: "theirs", namespace: "orchestrator", labels: { "orchestrator.io/owner-uid": "gone" } },
  });
  cluster.create(ConfigMaps, {
    metadata: {
      name: "their-files",
      namespace: "orchestrator",
      labels: { "orchestrator.io/owner-uid": "gone", "app.kubernetes.io/managed-by": "agent-orchestrator" },
      ownerReferences: [{ apiVersion: "example.com/v1", kind: "TaskRun", name: "x", uid: "gone", controller: true }],
    },
  });
  await orphansOf(cluster).sweep(signal);
  t.same(cluster.writes, []);
});

void t.test("an orphan that changes while it is deleted is left to the next sweep, without an error", async (t) => {
  const { cluster } = await atWork();
  tearOut(cluster);
  const client = cluster.client();
  const conflict = () => {
    throw apiError({ reason: "Conflict", message: "changed" }, 409, { method: "DELETE", path: "" });
  };
  const orphans = new Orphans<TaskRun>({
    kind: taskRunKind,
    client: { ...client, delete: async () => Promise.resolve().then(conflict) },
    readers: cluster.readers(),
    clock: systemClock,
    logger: silentLogger,
    interval: () => 3600,
  });
  await orphans.sweep(signal);
  t.ok(cluster.all(Jobs).length > 0);
  await orphansOf(cluster).sweep(signal);
  t.ok(cluster.all(Jobs).every(({ metadata }) => metadata.deletionTimestamp !== undefined));
});
