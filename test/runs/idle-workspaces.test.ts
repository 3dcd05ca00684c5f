/** Which workspaces are deleted because nothing needs them, and that an attempt never loses its own. */
import t from "tap";
import { Manager, runName, type Faults } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { isTerminal } from "#src/api/phase.js";
import { IdleWorkspaces, idleDecision } from "#src/runs/idle-workspaces.js";
import { Jobs, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import type { PersistentVolumeClaim, Stored } from "#src/runtime/client/objects.js";
import { formatTime } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import fc from "../property.js";

const name = "auth-service-workspace-pvc";
const mark = "orchestrator.io/workspace-idle-since";
const keepSeconds = 3600;
/** A pod that somebody else created to look into the workspace. */
const shell = {
  metadata: { name: "shell", namespace: "orchestrator" },
  spec: { containers: [], volumes: [{ name: "w", persistentVolumeClaim: { claimName: name } }] },
};
const signal = new AbortController().signal;
const start = Date.parse("2024-07-02T10:00:00Z");

function claim(annotations: Record<string, string> = {}, managedBy = "agent-orchestrator") {
  const labels = { "app.kubernetes.io/managed-by": managedBy };
  const metadata = { name, namespace: "orchestrator", uid: "a", resourceVersion: "1", labels, annotations };
  return { metadata } satisfies Stored<PersistentVolumeClaim>;
}

type Phase = "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";

function run(phase: Phase, more: { readonly endedAt?: number; readonly retryAttempt?: number } = {}) {
  const { endedAt = start - 10_000_000, retryAttempt = 1 } = more;
  const { metadata: _metadata, ...rest } = exampleRun({ retryAttempt });
  const metadata = { name: runName, namespace: "orchestrator", uid: "r", resourceVersion: "1" };
  const status = { phase, observedRetryAttempt: 1, completionTime: formatTime(endedAt) };
  return { ...rest, metadata, status } satisfies Stored<TaskRun>;
}

t.test("a claim is marked when nothing needs it, and deleted when the time since then is over", (t) => {
  const old = claim({ [mark]: formatTime(start - keepSeconds * 1000) });
  const recent = claim({ [mark]: formatTime(start - keepSeconds * 1000 + 1000) });
  const decide = (of: Stored<PersistentVolumeClaim>, ...runs: ReturnType<typeof run>[]): string =>
    idleDecision(of, runs, keepSeconds, start);
  t.equal(decide(claim()), "mark", "its runs are gone");
  t.equal(decide(claim({ [mark]: "soon" })), "mark", "somebody wrote something else");
  t.equal(decide(recent), "keep");
  t.equal(decide(old), "delete");
  for (const phase of ["Succeeded", "Cancelled"] as const) t.equal(decide(old, run(phase)), "delete", phase);
  for (const phase of ["Pending", "Running", "Failed"] as const) {
    t.equal(decide(old, run("Succeeded"), run(phase)), "unmark", phase);
    t.equal(decide(claim(), run(phase)), "keep", phase);
  }
  t.equal(decide(old, run("Succeeded", { retryAttempt: 2 })), "unmark", "another attempt was requested");
  t.equal(decide(old, run("Cancelled", { retryAttempt: 2 })), "delete", "which a cancelled run never starts");
  t.equal(decide(old, run("Succeeded", { endedAt: start - 1000 })), "keep", "an earlier version left the mark");
  t.equal(decide(claim({ [mark]: formatTime(0) }, "somebody")), "keep", "it is not ours");
  t.end();
});

/** The engine and the search beside it, on one cluster. */
class Scene {
  readonly cluster = new ModelCluster();
  readonly manager = new Manager(this.cluster);
  keepSeconds: number | undefined = keepSeconds;

  async search(age?: Faults["age"]): Promise<void> {
    const { workspaces, runs } = this.cluster.readers(age);
    const idle = new IdleWorkspaces({
      ...{ client: this.cluster.client(), workspaces, runs: [runs], logger: silentLogger },
      clock: {
        now: () => this.cluster.time,
        monotonic: () => this.cluster.time,
        after: () => ({ cancel: () => undefined }),
      },
      covers: () => true,
      keepSeconds: () => this.keepSeconds,
      onChange: () => () => undefined,
    });
    await idle.tidy(signal);
  }

  async work(exitCode: number): Promise<void> {
    this.cluster.runJobController();
    this.cluster.endPods(exitCode);
    this.cluster.runJobController();
    await this.manager.reconcile();
  }

  get claim(): Stored<PersistentVolumeClaim> | undefined {
    return this.cluster.get(PersistentVolumeClaims, name);
  }
}

t.test("without storage.keepIdleSeconds nothing is marked or deleted", async (t) => {
  const scene = new Scene();
  scene.keepSeconds = undefined;
  scene.cluster.create(PersistentVolumeClaims, claim({ [mark]: formatTime(0) }));
  await scene.search();
  t.same(scene.cluster.writes, []);
});

t.test("the start of an attempt removes the mark first, so that a decision of before deletes nothing", async (t) => {
  const scene = new Scene();
  const { cluster, manager } = scene;
  cluster.create(TaskRuns, exampleRun());
  await manager.reconcile();
  await scene.work(0);
  await scene.search();
  t.ok(scene.claim?.metadata.annotations?.[mark]);
  cluster.time += keepSeconds * 1000;
  const before = cluster.writes.length;
  cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  await manager.reconcile();
  const writes = cluster.writes.slice(before);
  t.same(
    writes.filter((write) => write !== "create configmaps" && !write.startsWith("patch taskruns")),
    ["patch persistentvolumeclaims", "create jobs"],
  );
  // its caches show what was before the attempt
  await scene.search(() => cluster.writes.length - before);
  const { claim: left } = scene;
  t.ok(left, "it is still there");
  t.equal(left?.metadata.annotations?.[mark], undefined);
});

t.test("a claim that a pod mounts stays, and counts as used", async (t) => {
  const scene = new Scene();
  scene.cluster.create(PersistentVolumeClaims, claim({ [mark]: formatTime(0) }));
  scene.cluster.create(Pods, shell);
  await scene.search();
  t.equal(scene.claim?.metadata.annotations?.[mark], formatTime(scene.cluster.time));
  scene.cluster.change(Pods, "shell", (pod) => (pod.status = { phase: "Succeeded" }));
  scene.cluster.time += keepSeconds * 1000;
  await scene.search();
  t.equal(scene.claim, undefined);
});

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant("reconcile" as const), age: fc.nat(3) },
      kill: fc.option(fc.nat(6), { nil: undefined, freq: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("search" as const), age: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(60, 1800, 3600, 7200) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("create", "retry", "cancel", "remove", "succeed", "succeed", "fail", "mount", "unmount"),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What people, nodes and `history` do. */
const acts: Readonly<Record<string, (cluster: ModelCluster) => void>> = {
  create: (cluster) => {
    if (cluster.get(TaskRuns, runName) === undefined) cluster.create(TaskRuns, exampleRun());
  },
  retry: (cluster) =>
    cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = (spec.retryAttempt ?? 1) + 1)),
  cancel: (cluster) => cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true)),
  remove: (cluster) => cluster.delete(TaskRuns, runName),
  succeed: (cluster) => cluster.endPods(0),
  fail: (cluster) => cluster.endPods(1),
  mount: (cluster) => {
    if (cluster.get(Pods, "shell") === undefined) cluster.create(Pods, shell);
  },
  unmount: (cluster) => cluster.delete(Pods, "shell"),
};

async function take(scene: Scene, next: Step): Promise<void> {
  const { cluster, manager } = scene;
  if (next.do === "wait") cluster.time += (next as { seconds: number }).seconds * 1000;
  else if (next.do === "search") await scene.search(() => (next as { age: number }).age);
  else if (next.do === "reconcile") {
    const { kill, age } = next as { kill?: number; age: number };
    await manager.reconcile({ age: () => age, ...(kill !== undefined && { kill: { at: kill, when: "after" } }) });
  } else acts[next.do]?.(cluster);
  cluster.runJobController();
  cluster.settle();
}

/** Why the deletion of the claim was wrong; undefined if it was not. */
function wrongly({ cluster }: Scene, before: Stored<PersistentVolumeClaim>): string | undefined {
  const since = Date.parse(before.metadata.annotations?.[mark] ?? "");
  if (!(since + keepSeconds * 1000 <= cluster.time)) return `idle since ${since}, deleted at ${cluster.time}`;
  const mounting = cluster.get(Pods, "shell");
  // the end of all agents is that of this pod, too
  if (mounting !== undefined && mounting.status?.phase === undefined) return "a pod mounts it";
  const job = cluster.all(Jobs).find(({ status }) => (status?.conditions ?? []).length === 0);
  if (job !== undefined) return `${job.metadata.name} works in it`;
  const { status } = cluster.get(TaskRuns, runName) ?? {};
  return status?.phase !== undefined && !isTerminal(status.phase) && (status.runs ?? []).length > 0
    ? `the run is ${status.phase}`
    : undefined;
}

t.test("no claim is deleted that an attempt or a pod uses, in any order of events", async (t) => {
  let deleted = 0;
  const steps = fc.array(step, { minLength: 10, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      const scene = new Scene();
      acts.create?.(scene.cluster);
      for (const next of story) {
        const before = scene.claim;
        await take(scene, next);
        if (before === undefined || scene.claim?.metadata.uid === before.metadata.uid || next.do !== "search") continue;
        deleted++;
        const why = wrongly(scene, before);
        if (why !== undefined) throw new Error(why);
      }
    }),
    { numRuns: process.env.TEST_FULL === "1" ? 20_000 : 500 },
  );
  t.ok(deleted > 3, `${deleted} claims were deleted`);
});
