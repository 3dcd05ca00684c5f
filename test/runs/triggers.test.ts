/**
 * The trigger table: row by row, and in a world without passing time, so that a run that no row reconciles never changes. The
 * property tests in reference.test.ts show that the rows are sufficient.
 */
import t from "tap";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { World } from "./world.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { triggerTable, type TriggersOf } from "#src/runs/triggers.js";
import { PersistentVolumeClaims } from "#src/runtime/client/builtin.js";
import type { Change } from "#src/runtime/cache/store.js";
import {
  formatKey,
  type Job,
  type KubernetesObject,
  type PersistentVolumeClaim,
  type Pod,
  type Stored,
} from "#src/runtime/client/objects.js";

const namespace = "orchestrator";
const cluster = new ModelCluster();
for (const [name, spec] of [
  ["first", {}],
  ["second", { dependsOn: ["first"] }],
  ["elsewhere", { serviceName: "other" }],
] as const) {
  const run = exampleRun("dependsOn" in spec ? { dependsOn: [...spec.dependsOn] } : spec);
  cluster.create(TaskRuns, { ...run, metadata: { ...run.metadata, name } });
}
const table = triggerTable(taskRunKind, cluster.readers().runs);
const claim = taskRunKind.names(exampleRun(), 1).workspace;

function enqueued<T extends KubernetesObject>({ triggers }: TriggersOf<T>, change: Change<T>): string[] {
  const objects = change.type === "updated" ? [change.object, change.old] : [change.object];
  const keys = triggers
    .filter(({ when }) => when(change))
    .flatMap(({ enqueue }) => objects.flatMap((object) => enqueue(object).map(formatKey)));
  return [...new Set(keys)].sort();
}

const added = <T extends KubernetesObject>(object: Stored<T>): Change<T> => ({ type: "added", object, initial: false });
const deleted = <T extends KubernetesObject>(object: Stored<T>): Change<T> => ({ type: "deleted", object });
const updated = <T extends KubernetesObject>(old: Stored<T>, object: Stored<T>): Change<T> => ({
  type: "updated",
  old,
  object,
});

function run(name: string): Stored<TaskRun> {
  const found = cluster.get(TaskRuns, name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function owned<T extends KubernetesObject>(
  object: Partial<T>,
  kind = "TaskRun",
  apiVersion = "orchestrator.io/v1",
): Stored<T> {
  return {
    ...object,
    metadata: {
      name: "made",
      namespace,
      uid: "made",
      resourceVersion: "1",
      ownerReferences: [{ apiVersion, kind, name: "first", uid: run("first").metadata.uid, controller: true }],
    },
  } as unknown as Stored<T>;
}

function pod(phase: string, annotations: Record<string, string>): Stored<Pod> {
  return { metadata: { name: "pod", namespace, uid: "pod", resourceVersion: "1", annotations }, status: { phase } };
}

t.test("a change or deletion of a run reconciles the run and its dependents", (t) => {
  t.same(enqueued(table.runs, added(run("first"))), [`${namespace}/first`]);
  t.same(enqueued(table.runs, updated(run("first"), run("first"))), [`${namespace}/first`, `${namespace}/second`]);
  t.same(enqueued(table.runs, deleted(run("first"))), [`${namespace}/first`, `${namespace}/second`]);
  t.end();
});

t.test(
  "a run frees slots when its phase or what it waits for changes, when an attempt ends, and when it is deleted",
  (t) => {
    const before = { ...run("first"), status: { phase: "Running", runs: [{ number: 1 }] } } as Stored<TaskRun>;
    const frees = table.runs.freesSlots ?? (() => false);
    t.equal(frees(updated(before, { ...before, status: { ...before.status, message: "news" } })), false);
    t.equal(frees(updated(before, { ...before, status: { ...before.status, phase: "Pending" } })), true);
    const ended = { ...before.status, runs: [{ number: 1, outcome: "Failed" as const }] };
    t.equal(frees(updated(before, { ...before, status: ended })), true);
    for (const spec of [{ suspend: true }, { cancel: true }])
      t.equal(frees(updated(before, { ...before, spec: { ...before.spec, ...spec } })), true);
    const deletionTimestamp = "2024-07-02T10:00:00Z";
    t.equal(frees(updated(before, { ...before, metadata: { ...before.metadata, deletionTimestamp } })), true);
    t.equal(frees(added(before)), false);
    t.equal(frees(deleted(before)), true);
    t.end();
  },
);

t.test("a Job reconciles its owner at every change, and frees slots when it has ended or is deleted", (t) => {
  const active = owned<Job>({});
  const ended = owned<Job>({ status: { conditions: [{ type: "Complete", status: "True" }] } });
  for (const change of [added(active), updated(active, ended), deleted(active)])
    t.same(enqueued(table.jobs, change), [`${namespace}/first`]);
  const frees = table.jobs.freesSlots ?? (() => false);
  t.equal(frees(updated(active, active)), false);
  t.equal(frees(updated(active, ended)), true);
  t.equal(frees(deleted(active)), true);
  t.equal(frees(added(ended)), false);
  t.end();
});

t.test("objects of other kinds and groups reconcile no TaskRun", (t) => {
  for (const [kind, apiVersion] of [
    ["CodeRun", "orchestrator.io/v1"],
    ["TaskRun", "tekton.dev/v1"],
  ] as const) {
    t.same(enqueued(table.jobs, deleted(owned<Job>({}, kind, apiVersion))), []);
  }
  t.equal(table.jobs.freesSlots?.(deleted(owned<Job>({}, "CodeRun"))), false);
  const other = pod("Failed", { "orchestrator.io/run-name": "first", "orchestrator.io/run-kind": "CodeRun" });
  t.same(enqueued(table.pods, deleted(other)), []);
  t.equal(table.pods.freesSlots?.(deleted(other)), false);
  t.end();
});

t.test(
  "the deletion of a claim, or its creation by somebody else, reconciles the runs that use it, which may wait for it",
  (t) => {
    const workspace: Stored<PersistentVolumeClaim> = {
      metadata: { name: claim, namespace, uid: "claim", resourceVersion: "1" },
    };
    t.same(enqueued(table.workspaces, updated(workspace, workspace)), []);
    t.same(enqueued(table.workspaces, added(workspace)), [`${namespace}/first`, `${namespace}/second`]);
    t.same(enqueued(table.workspaces, { type: "added", object: workspace, initial: true }), []);
    const own = {
      metadata: { ...workspace.metadata, labels: { "app.kubernetes.io/managed-by": "agent-orchestrator" } },
    };
    t.same(enqueued(table.workspaces, added(own)), []);
    t.same(enqueued(table.workspaces, deleted(workspace)), [`${namespace}/first`, `${namespace}/second`]);
    t.end();
  },
);

t.test("a pod reconciles its run, with or without a Job, and frees slots when it has ended or is deleted", (t) => {
  const annotations = { "orchestrator.io/run-name": "first", "orchestrator.io/run-kind": "TaskRun" };
  const [live, ended] = [pod("Running", annotations), pod("Succeeded", annotations)];
  for (const change of [added(live), updated(live, ended), deleted(live)])
    t.same(enqueued(table.pods, change), [`${namespace}/first`]);
  const frees = table.pods.freesSlots ?? (() => false);
  t.equal(frees(updated(live, live)), false);
  t.equal(frees(updated(live, ended)), true);
  t.equal(frees(deleted(live)), true);
  t.end();
});

/** A world in which one attempt may run at a time. */
function world(...names: readonly string[]): World {
  const { concurrency } = defaultConfiguration;
  const made = new World({ ...defaultConfiguration, concurrency: { ...concurrency, total: 1 } });
  for (const name of names) {
    const example = exampleRun({ serviceName: name });
    made.cluster.create(TaskRuns, { ...example, metadata: { ...example.metadata, name } });
  }
  return made;
}

const phaseOf = ({ cluster }: World, name: string): string | undefined => cluster.get(TaskRuns, name)?.status?.phase;

t.test("a run whose workspace is being deleted starts as soon as the deletion is complete", async (t) => {
  const one = world("one");
  const name = taskRunKind.names(exampleRun({ serviceName: "one" }), 1).workspace;
  one.cluster.create(PersistentVolumeClaims, {
    metadata: { name, namespace, finalizers: ["kubernetes.io/pvc-protection"] },
  });
  one.cluster.delete(PersistentVolumeClaims, name);
  await one.settle();
  t.match(one.cluster.get(TaskRuns, "one")?.status, { phase: "Pending", message: /is being deleted/ });
  one.cluster.change(PersistentVolumeClaims, name, ({ metadata }) => {
    metadata.finalizers = [];
  });
  await one.settle();
  t.equal(phaseOf(one, "one"), "Running");
});

for (const [title, change] of [
  ["suspended", { suspend: true }],
  ["cancelled", { cancel: true }],
] as const)
  t.test(`a run that is ${title} while it is first in the queue lets the next one start`, async (t) => {
    const three = world("running", "next");
    await three.settle();
    three.cluster.time += 1000;
    const example = exampleRun({ serviceName: "behind" });
    three.cluster.create(TaskRuns, { ...example, metadata: { ...example.metadata, name: "behind" } });
    await three.settle();
    t.same(
      ["running", "next", "behind"].map((name) => phaseOf(three, name)),
      ["Running", "Pending", "Pending"],
    );
    three.cluster.change(TaskRuns, "next", ({ spec }) => Object.assign(spec, change));
    three.cluster.endPods(0);
    await three.settle({ late: ["taskruns"] });
    t.equal(phaseOf(three, "running"), "Succeeded");
    t.equal(phaseOf(three, "behind"), "Running");
  });
