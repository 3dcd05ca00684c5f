/** Schedules against the model of a cluster: each time starts one run, whatever happens in between. */
import t from "tap";
import { ModelCluster } from "../runs/model-cluster.js";
import { findCondition } from "#src/api/conditions.js";
import { Schedules, type Schedule } from "#src/api/schedule.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { Forbidden } from "#src/runtime/client/errors.js";
import type { Client } from "#src/runtime/client/client.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { ScheduleReconciler } from "#src/schedules/schedule-reconciler.js";

const minute = 60_000;
const start = Date.parse("2026-03-02T10:00:30Z");

class Scene {
  readonly cluster = new ModelCluster();
  readonly events: string[] = [];
  time = start;
  /** The manager ends at its nth write, before or after it takes effect. */
  kill: { at: number; when: "before" | "after" } | undefined;
  denies: string | undefined;
  manages = true;

  constructor(spec: Partial<Schedule["spec"]> = {}) {
    this.cluster.time = start;
    this.cluster.create(Schedules, {
      metadata: { name: "nightly", namespace: "orchestrator" },
      spec: {
        schedule: "*/10 * * * *",
        run: { kind: "TaskRun", labels: { team: "a" }, spec: { taskId: 1, serviceName: "docs", markdownFiles: [] } },
        ...spec,
      },
    });
  }

  change(edit: (schedule: Stored<Schedule>) => void): void {
    this.cluster.change(Schedules, "nightly", (schedule) => {
      edit(schedule);
      schedule.metadata.generation = (schedule.metadata.generation ?? 0) + 1;
    });
  }

  /** @returns seconds until it is looked at again; undefined if the manager was killed */
  async reconcile(): Promise<number | undefined> {
    const { cluster } = this;
    let writes = 0;
    cluster.onWrite = (when) => {
      if (when === "before") writes += 1;
      if (this.kill?.at === writes && this.kill.when === when) throw new Error("killed");
    };
    const client = cluster.client();
    const create: Client["create"] = async (type, object, options) => {
      if (this.denies !== undefined) {
        const status = { kind: "Status", message: this.denies, code: 403, reason: "Forbidden" } as const;
        throw new Forbidden(status, 403, { method: "POST", path: "/" });
      }
      return options?.dryRun === true ? (object as never) : client.create(type, object, options);
    };
    const none = { get: () => undefined, list: () => [], byIndex: () => [], hasSynced: true };
    const reconciler = new ScheduleReconciler({
      client: { ...client, create },
      clock: { now: () => this.time, monotonic: () => this.time, after: () => ({ cancel: () => undefined }) },
      events: { event: (_, { reason, note }) => this.events.push(`${reason}: ${note}`) },
      schedules: { ...none, get: () => cluster.get(Schedules, "nightly") },
      runs: { TaskRun: { ...none, list: () => cluster.all(TaskRuns) }, CodeRun: none, DocsRun: none },
      manages: () => this.manages,
    });
    try {
      const context = { signal: new AbortController().signal, logger: silentLogger, reconcileID: "test" };
      const { requeueAfter } = await reconciler.reconcile({ namespace: "orchestrator", name: "nightly" }, context);
      return requeueAfter === undefined ? Infinity : requeueAfter / 1_000;
    } catch (error) {
      if (error instanceof Error && error.message === "killed") return undefined;
      throw error;
    } finally {
      cluster.onWrite = () => undefined;
      this.kill = undefined;
    }
  }

  get schedule(): Stored<Schedule> {
    const schedule = this.cluster.get(Schedules, "nightly");
    if (schedule === undefined) throw new Error("it is gone");
    return schedule;
  }

  get ready(): string | undefined {
    return findCondition(this.schedule.status?.conditions, "Ready")?.reason;
  }

  /** When runs were started, as minutes after the hour. */
  get started(): number[] {
    return this.runs.map(({ metadata }) => Number(metadata.name.split("-").at(-1)) % 60);
  }

  get runs(): Stored<TaskRun>[] {
    return this.cluster.all(TaskRuns);
  }

  end(): void {
    for (const { metadata } of this.runs)
      this.cluster.change(TaskRuns, metadata.name, (run) => (run.status = { phase: "Succeeded" }));
  }
}

t.test("each time starts a run once, and the next look is at the next time", async (t) => {
  const scene = new Scene();
  t.equal(await scene.reconcile(), 570);
  t.strictSame(scene.started, []);
  t.match(scene.schedule.status, { nextTime: "2026-03-02T10:10:00Z", observedGeneration: 1 });
  t.equal(scene.ready, "Scheduled");
  scene.time += 10 * minute;
  t.equal(await scene.reconcile(), 570);
  t.equal(await scene.reconcile(), 570);
  t.strictSame(scene.started, [10]);
  t.match(scene.runs[0], {
    metadata: {
      name: "nightly-29540770",
      labels: { team: "a", "orchestrator.io/schedule": "nightly" },
      annotations: { "orchestrator.io/scheduled-time": "2026-03-02T10:10:00.000Z" },
      ownerReferences: [{ kind: "Schedule", name: "nightly", controller: true }],
    },
    spec: { taskId: 1 },
  });
  t.match(scene.schedule.status, { lastTime: "2026-03-02T10:10:00Z", lastRun: "nightly-29540770" });
  const { length } = scene.cluster.writes;
  await scene.reconcile();
  t.equal(scene.cluster.writes.length, length, "nothing is written twice");
  scene.end();
  scene.time += 10 * minute;
  await scene.reconcile();
  t.strictSame(scene.started, [10, 20]);
});

t.test("killed at any write, a time still starts one run", async (t) => {
  for (const at of [1, 2])
    for (const when of ["before", "after"] as const) {
      const scene = new Scene();
      await scene.reconcile();
      scene.time += 10 * minute;
      scene.kill = { at, when };
      await scene.reconcile();
      await scene.reconcile();
      t.strictSame(scene.started, [10], `${when} ${at}`);
      t.equal(scene.schedule.status?.lastRun, scene.runs[0]?.metadata.name);
      scene.end();
      await scene.reconcile();
      t.strictSame(scene.started, [10]);
    }
});

t.test("of missed times the last one starts, unless it is too late", async (t) => {
  const scene = new Scene();
  await scene.reconcile();
  scene.time += 35 * minute;
  await scene.reconcile();
  t.strictSame(scene.started, [30]);
  scene.end();
  const late = new Scene({ startingDeadlineSeconds: 60 });
  await late.reconcile();
  late.time += 15 * minute;
  await late.reconcile();
  t.strictSame(late.started, []);
  t.match(late.events, [/^Skipped: The time 2026-03-02T10:10:00Z was missed/]);
  await late.reconcile();
  t.equal(late.events.length, 1, "told once");
});

t.test("a live run forbids, is replaced, or is joined by the next", async (t) => {
  const next = async (concurrencyPolicy: "Forbid" | "Replace" | "Allow"): Promise<Scene> => {
    const scene = new Scene({ concurrencyPolicy });
    await scene.reconcile();
    for (let count = 0; count < 2; count += 1) {
      scene.time += 10 * minute;
      await scene.reconcile();
    }
    return scene;
  };
  const forbidden = await next("Forbid");
  t.strictSame(forbidden.started, [10]);
  t.match(
    forbidden.events.at(-1),
    /^Skipped: The time 2026-03-02T10:20:00Z is skipped: nightly-29540770 has not ended/,
  );
  forbidden.end();
  await forbidden.reconcile();
  t.strictSame(forbidden.started, [10], "it is not made up for");
  const replaced = await next("Replace");
  t.strictSame(replaced.started, [10]);
  t.equal(replaced.runs[0]?.spec.cancel, true);
  replaced.end();
  await replaced.reconcile();
  t.strictSame(replaced.started, [10, 20]);
  t.strictSame((await next("Allow")).started, [10, 20]);
});

t.test("times that pass during a suspension, or before a change of the expression, do not start", async (t) => {
  const scene = new Scene({ suspend: true });
  t.equal(await scene.reconcile(), Infinity);
  t.equal(scene.ready, "Suspended");
  scene.time += 25 * minute;
  await scene.reconcile();
  scene.change(({ spec }) => (spec.suspend = false));
  t.equal(await scene.reconcile(), 270);
  t.equal(scene.ready, "Scheduled");
  t.strictSame(scene.started, []);
  scene.change(({ spec }) => (spec.schedule = "20 * * * *"));
  await scene.reconcile();
  t.strictSame(scene.started, [], "10:20 was before the change");
  t.match(scene.schedule.status, { nextTime: "2026-03-02T11:20:00Z" });
});

t.test("what keeps its runs from being created is in the condition, and is tried until the deadline", async (t) => {
  const scene = new Scene();
  scene.denies = "spec.model: is not allowed";
  await scene.reconcile();
  t.match(findCondition(scene.schedule.status?.conditions, "Ready"), {
    ...{ status: "False", reason: "RunDenied" },
    message: "TaskRun nightly-0 was denied: spec.model: is not allowed",
  });
  scene.time += 10 * minute;
  t.equal(await scene.reconcile(), 60);
  t.match(scene.events, [/^RunDenied: TaskRun nightly-29540770 was denied/]);
  scene.denies = undefined;
  scene.time += minute;
  await scene.reconcile();
  t.strictSame(scene.started, [10]);
  t.equal(scene.ready, "Scheduled");
});

t.test("an object of another owner with the name is not mistaken for its run", async (t) => {
  const scene = new Scene();
  await scene.reconcile();
  scene.cluster.create(TaskRuns, {
    metadata: { name: "nightly-29540770", namespace: "orchestrator" },
    spec: { taskId: 9, serviceName: "other", markdownFiles: [] },
  });
  scene.time += 10 * minute;
  await scene.reconcile();
  t.equal(scene.ready, "NameTaken");
  t.equal(scene.schedule.status?.lastRun, undefined);
});

t.test("an expression that cannot be counted is reported, and one of another namespace is left alone", async (t) => {
  for (const spec of [{ schedule: "61 * * * *" }, { timeZone: "Nowhere/City" }, { schedule: "0 0 30 2 *" }]) {
    const scene = new Scene(spec);
    t.equal(await scene.reconcile(), Infinity);
    t.equal(scene.ready, "InvalidSchedule");
  }
  const foreign = new Scene();
  foreign.manages = false;
  await foreign.reconcile();
  t.equal(foreign.ready, undefined);
});
