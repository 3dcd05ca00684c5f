/** Which runs are enqueued when a slot becomes free: no run waits for a slot that no run holds. */
import t from "tap";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import type { EndsBefore } from "#src/runs/earlier-end.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { SlotBook, type KindSlots } from "#src/runs/slot-book.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { Jobs } from "#src/runtime/client/builtin.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

class Book {
  readonly cluster = new ModelCluster();
  readonly #slots: KindSlots<TaskRun>;
  readonly #woken: string[] = [];
  readonly #timers: (() => void)[] = [];
  #monotonic = 0;

  /** @param cost milliseconds that each reading of the clock takes */
  constructor(ledger?: EndsBefore, concurrency: Partial<Configuration["concurrency"]> = {}, cost = 0) {
    const { cluster } = this;
    const configuration = {
      ...defaultConfiguration,
      concurrency: { ...defaultConfiguration.concurrency, ...concurrency },
    };
    // always the latest state
    const readers = new Proxy(cluster.readers(), {
      get: (_target, name: keyof ReturnType<ModelCluster["readers"]>) =>
        name === "ledger" ? ledger : cluster.readers()[name],
    });
    const book = new SlotBook({
      configuration: () => configuration,
      clock: {
        now: () => cluster.time,
        monotonic: () => (this.#monotonic += cost),
        after: (_delay, callback) => {
          this.#timers.push(callback);
          return { cancel: () => void this.#timers.splice(this.#timers.indexOf(callback), 1) };
        },
      },
    });
    this.#slots = book.add({
      kind: taskRunKind,
      readers,
      enqueue: (keys) => this.#woken.push(...keys.map(({ name }) => name)),
    });
  }

  /** Runs in one workspace, oldest first. */
  add(
    name: string,
    status: TaskRun["status"] = { phase: "Pending" },
    spec: Partial<TaskRun["spec"]> = {},
    namespace = "orchestrator",
  ): void {
    const run = exampleRun(spec);
    this.cluster.create(TaskRuns, { ...run, metadata: { name, namespace }, status });
    this.cluster.time += 1000;
  }

  get(name: string): Stored<TaskRun> {
    const run = this.cluster.get(TaskRuns, name);
    if (run === undefined) throw new Error(`no ${name}`);
    return run;
  }

  /** A running Job of the run. */
  start(name: string, number = 1): Stored<Job> {
    const { uid } = this.get(name).metadata;
    return this.cluster.create(Jobs, {
      metadata: {
        name: `${name}-run-${number}`,
        namespace: "orchestrator",
        labels: { "orchestrator.io/run": String(number) },
        ownerReferences: [{ apiVersion: "orchestrator.io/v1", kind: "TaskRun", name, uid, controller: true }],
      },
    });
  }

  finish(job: string): void {
    this.cluster.change(Jobs, job, (each) => {
      each.status = { conditions: [{ type: "Complete", status: "True" }] };
    });
  }

  asks(name: string): boolean {
    return this.#slots.request(this.get(name)).granted;
  }

  release(name: string): void {
    this.#slots.release(this.get(name).metadata.uid);
  }

  /** The runs that the end of this Job or run enqueues. */
  ended(object: Stored<Job> | Stored<TaskRun>): string[] {
    this.#woken.splice(0);
    this.#slots.ended(object);
    return this.#woken.splice(0);
  }

  /** Fires all timers. @returns the runs that this enqueues */
  fire(): string[] {
    for (const callback of this.#timers.splice(0)) callback();
    return this.woken;
  }

  limits(...names: readonly string[]): readonly string[] {
    return this.#slots.limitsOf(names.map((name) => this.get(name)));
  }

  get woken(): string[] {
    return this.#woken.splice(0);
  }
}

t.test("the end of a Job starts the next run, even before it is recorded", (t) => {
  const book = new Book();
  book.add("first", { phase: "Running", runs: [{ number: 1 }] });
  book.add("second");
  const job = book.start("first");
  t.equal(book.asks("second"), false);
  book.finish("first-run-1");
  t.same(book.ended(job), ["second"], "the first has not said yet whether it wants another run");
  t.end();
});

t.test("a Job that ended before its attempt was recorded does not make its TaskRun request another slot", (t) => {
  const book = new Book();
  book.add("first");
  book.add("second");
  const job = book.start("first");
  book.finish("first-run-1");
  t.same(book.ended(job), ["second"]);
  t.end();
});

t.test("a run that requests another attempt after its end goes before those that were created later", (t) => {
  const book = new Book();
  book.add("first", {
    phase: "Pending",
    runs: [{ number: 1, outcome: "Failed" }],
    nextRetryTime: "2024-07-02T09:00:00Z",
  });
  book.add("second");
  t.same(book.ended(book.get("first")), ["first"]);
  t.end();
});

t.test(
  "a run that is granted a slot keeps it during its reconcile, and releases it afterwards if it does not use it",
  (t) => {
    const book = new Book();
    book.add("first");
    book.add("second");
    t.equal(book.asks("first"), true);
    t.equal(book.asks("second"), false, "the first is about to start");
    book.cluster.change(TaskRuns, "first", (run) => {
      const lastTransitionTime = "2024-07-02T10:00:00Z";
      run.status = {
        phase: "Pending",
        conditions: [{ type: "Stalled", status: "True", reason: "NameConflict", message: "", lastTransitionTime }],
      };
    });
    book.release("first");
    t.same(book.woken, ["second"]);
    t.equal(book.asks("second"), true);
    t.end();
  },
);

t.test("a run that is granted a slot and starts keeps it, and enqueues no other run", (t) => {
  const book = new Book();
  book.add("first");
  book.add("second");
  t.equal(book.asks("first"), true);
  book.start("first");
  book.release("first");
  t.same(book.woken, []);
  t.equal(book.asks("second"), false);
  t.end();
});

t.test("a run that is granted a slot but cannot start yet does not enqueue itself", (t) => {
  const book = new Book();
  book.add("first");
  t.equal(book.asks("first"), true);
  book.release("first");
  t.same(book.woken, []);
  t.end();
});

t.test("a run that cannot start requeues itself, and does not block others", (t) => {
  const book = new Book();
  const lastTransitionTime = "2024-07-02T10:00:00Z";
  book.add("stalled", {
    phase: "Pending",
    conditions: [{ type: "Stalled", status: "True", reason: "NameConflict", message: "", lastTransitionTime }],
  });
  book.add("second");
  t.same(book.ended(book.get("stalled")), ["second"]);
  t.equal(book.asks("stalled"), true);
  t.end();
});

t.test("a run that is suspended, cancelled, deleted, in back-off or ended requests no slot", (t) => {
  for (const [status, spec] of [
    [{ phase: "Pending" }, { suspend: true }],
    [{ phase: "Pending" }, { cancel: true }],
    [{ phase: "Pending", runs: [{ number: 1, outcome: "Failed" }], nextRetryTime: "2024-07-02T10:05:00Z" }, {}],
    [{ phase: "Pending" }, { dependsOn: ["missing"] }],
    [{ phase: "Succeeded" }, {}],
    [{ phase: "Running", runs: [{ number: 1 }] }, {}],
  ] as const) {
    const book = new Book();
    book.add(
      "first",
      { ...status, runs: "runs" in status ? [...status.runs] : [] },
      { ...spec, dependsOn: "dependsOn" in spec ? [...spec.dependsOn] : [] },
    );
    book.add("second");
    t.equal(book.asks("second"), true, JSON.stringify([status, spec]));
  }
  t.end();
});

t.test("a retry that does not wait for its back-off has to wait for a slot", (t) => {
  const nextRetryTime = (minutes: number): NonNullable<TaskRun["status"]> => ({
    phase: "Pending",
    runs: [{ number: 1, outcome: "Failed" }],
    nextRetryTime: `2024-07-02T1${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:00Z`,
  });
  for (const [title, status, spec] of [
    ["a person asks for another run before that time", nextRetryTime(5), { retryAttempt: 2 }],
    ["another clock has written the time", nextRetryTime(500), {}],
  ] as const) {
    const book = new Book();
    book.add("first");
    book.start("first");
    book.add("second", status, spec);
    t.equal(book.asks("second"), false, title);
  }
  t.end();
});

t.test("a run whose name is remembered waits for slots once it was compared, and not before", (t) => {
  const end = { phase: "Succeeded", endedAt: 0, retryAttempt: 1, spec: "0000000000" } as const;
  for (const ledger of [
    { isLoaded: true, endOf: () => end },
    { isLoaded: false, endOf: () => undefined },
  ]) {
    const book = new Book(ledger);
    book.add("working");
    const job = book.start("working");
    book.add("new", { observedGeneration: 0 });
    book.add("compared", { phase: "Pending" });
    book.finish(job.metadata.name);
    t.same(book.ended(job), ["compared"], "the new one may end at once, and must not keep others waiting");
  }
  t.end();
});

t.test(
  "a decision that took long is kept for a while: no limit is exceeded, and what was freed is given later",
  (t) => {
    const book = new Book(undefined, { total: 2 }, 5);
    for (const name of ["first", "second", "third", "fourth"]) book.add(name, undefined, { serviceName: name });
    t.equal(book.asks("first"), true);
    t.equal(book.asks("second"), true);
    const job = book.start("first");
    book.start("second");
    for (const name of ["first", "second"]) book.release(name);
    t.equal(book.asks("third"), false);
    book.add("late", undefined, { serviceName: "late" });
    t.equal(book.asks("late"), false, "a run that the decision did not know");
    book.finish("first-run-1");
    t.same(book.ended(job), [], "not yet");
    t.equal(book.asks("fourth"), false, "not before its turn");
    t.same(book.fire(), ["third"]);
    t.equal(book.asks("third"), true);
    t.equal(book.asks("fourth"), false);
    t.end();
  },
);

t.test("a run that was refused while a decision was kept is enqueued when the next one grants it a slot", (t) => {
  const book = new Book(undefined, { total: 1 }, 5);
  book.add("first", undefined, { serviceName: "first" });
  t.equal(book.asks("first"), true);
  book.release("first");
  book.add("second", undefined, { serviceName: "second", priority: "critical" });
  t.equal(book.asks("second"), false);
  t.same(book.fire(), ["second"]);
  t.end();
});

t.test("agents and repositories count per namespace, and across the cluster where clusterWide lists them", (t) => {
  for (const [clusterWide, granted] of [
    [[], true],
    [["perAgent" as const], false],
  ] as const) {
    const book = new Book(undefined, { perAgent: 1, clusterWide });
    book.add("ours", undefined, { agentName: "blue", serviceName: "a" });
    book.add("theirs", undefined, { agentName: "blue", serviceName: "b" }, "team-b");
    book.start("ours");
    t.equal(book.asks("theirs"), granted);
    book.add("ours-too", undefined, { agentName: "blue", serviceName: "c" });
    t.equal(book.asks("ours-too"), false);
    t.same(book.limits("ours-too"), ["perAgent"]);
    t.same(book.limits(), []);
  }
  t.end();
});

t.test("repositories of one organization share its slots", (t) => {
  for (const [clusterWide, granted] of [
    [[], true],
    [["perOrganization" as const], false],
  ] as const) {
    const book = new Book(undefined, { perOrganization: 1, clusterWide });
    const add = (name: string, url: string, namespace?: string): void =>
      book.add(name, undefined, { serviceName: name, repository: { url } }, namespace);
    add("one", "https://github.com/acme/one");
    add("other", "git@github.com:Acme/other.git");
    add("stranger", "https://github.com/acme-labs/one");
    add("elsewhere", "https://git.example.com/acme/one");
    add("theirs", "https://github.com/acme/one", "team-b");
    book.start("one");
    t.equal(book.asks("other"), false);
    t.same(book.limits("other"), ["perOrganization"]);
    t.same([book.asks("stranger"), book.asks("elsewhere")], [true, true]);
    t.equal(book.asks("theirs"), granted);
  }
  t.end();
});

t.test("a slot goes to the namespace whose last attempt started the longest ago, also after a restart", (t) => {
  const book = new Book(undefined, { total: 1 });
  book.add("done", {
    phase: "Succeeded",
    runs: [{ number: 1, outcome: "Succeeded", startTime: "2024-07-02T09:59:00Z" }],
  });
  book.add("ours", undefined, { serviceName: "a", priority: "critical" });
  book.add("theirs", undefined, { serviceName: "b" }, "team-b");
  t.equal(book.asks("ours"), false);
  t.equal(book.asks("theirs"), true);
  t.end();
});
