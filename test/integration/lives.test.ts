/**
 * Random histories of many runs at once on a real API server, with a manager that is killed at any of its writes, conflicts,
 * an unavailable API server, delayed watches, and a clock that jumps. An independent observer that sees every Job and pod
 * checks the invariants. test/runs/once.test.ts and reference.test.ts do the same with a model, stale caches and thousands of
 * histories.
 */
import { deepEqual } from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "../property.js";
import t, { type Test } from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { isTerminal } from "#src/api/phase.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import { Conflict, Invalid, NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import type { Interceptor, Seen, Verdict } from "../chaos/interceptor.js";
import { Observer } from "../chaos/observer.js";
import { isPodLive } from "#src/runs/observed.js";
import { isActive } from "#src/runs/outcome.js";
import { podIndex } from "#src/runs/indexes.js";
import { ownerUID } from "#src/runs/metadata.js";
import { eventually } from "../eventually.js";
import { Reference, Task, type Clocks, type Seen as Looked, type Wanted } from "../runs/reference.js";
import { expected, standing } from "../runs/standing.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { endPods } from "./finisher.js";
import { startIntercepted, type OperatorProcess } from "./operator.js";

const isFull = process.env.TEST_FULL === "1";
const maxRetries = 2;
const hour = 3_600_000;

let cluster: Cluster;
let client: HttpClient;
let operator: OperatorProcess;
let interceptor: Interceptor;

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  ({ operator, interceptor } = await startIntercepted(t, cluster, { clock: [0, hour, -hour, 25 * hour] }));
});

type Step =
  | { readonly step: "end"; readonly exitCode: number }
  | { readonly step: "raiseRetry" | "raiseContext" | "suspend" | "resume" | "cancel" | "delete" | "settle" }
  | { readonly step: "deleteJob"; readonly policy: "Foreground" | "Background" | "Orphan" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 1, 1, 42).map((exitCode): Step => ({ step: "end", exitCode })) },
  { weight: 18, arbitrary: fc.constant<Step>({ step: "settle" }) },
  { weight: 6, arbitrary: fc.constantFrom<Step>({ step: "raiseRetry" }, { step: "raiseContext" }) },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Step>({ step: "suspend" }, { step: "resume" }, { step: "resume" }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ step: "cancel" }, { step: "delete" }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("Foreground", "Background", "Orphan")
      .map((policy): Step => ({ step: "deleteJob", policy })),
  },
);

/** Faults between the operator and the API server. */
type Fault =
  | { readonly fault: "kill"; readonly when: "before" | "after" }
  /** Another client changes the run just before its status is written. */
  | { readonly fault: "conflict" }
  /** All requests are cut off or fail for this time. */
  | { readonly fault: "away"; readonly verdict: Exclude<Verdict, "goOn">; readonly milliseconds: number }
  /** Watches of a resource show nothing for this time. */
  | { readonly fault: "late"; readonly resource: string; readonly milliseconds: number }
  /** The clock jumps by hours. */
  | { readonly fault: "jump" };

interface Script {
  /** For each run of a batch: its workspace, and the actions on it. */
  readonly lives: readonly { readonly service: number; readonly steps: readonly Step[] }[];
  /** Each fault happens at the first matching write after that many writes since the previous fault. */
  readonly faults: readonly { readonly after: number; readonly what: Fault }[];
}

const milliseconds = fc.integer({ min: 200, max: 3_000 });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ fault: fc.constant("kill"), when: fc.constantFrom("before", "after") }) },
  { weight: 2, arbitrary: fc.record({ fault: fc.constant("conflict") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      fault: fc.constant("away"),
      verdict: fc.constantFrom<Exclude<Verdict, "goOn">>("drop", 429, 500, 503),
      milliseconds,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      fault: fc.constant("late"),
      resource: fc.constantFrom("taskruns", "jobs", "pods", "configmaps"),
      milliseconds,
    }),
  },
  { weight: 2, arbitrary: fc.record({ fault: fc.constant("jump") }) },
);

const faultsUpTo = (maxLength: number, what = fault): fc.Arbitrary<Script["faults"]> =>
  fc.array(fc.record({ after: fc.integer({ min: 1, max: 12 }), what }), { minLength: 4, maxLength });

const script: fc.Arbitrary<Script> = fc.record({
  lives: fc.array(fc.record({ service: fc.nat(3), steps: fc.array(step, { minLength: 20, maxLength: 40 }) }), {
    minLength: 8,
    maxLength: 8,
  }),
  faults: faultsUpTo(10),
});

class Life {
  readonly key: { readonly namespace: string; readonly name: string };
  readonly #observer: Observer;
  raises = 0;
  deleted = false;
  tookJobs = false;
  uid = "";

  constructor(namespace: string, name: string, observer: Observer) {
    this.key = { namespace, name };
    this.#observer = observer;
  }

  async begin(taskId: number, service: number, spec: Partial<TaskRun["spec"]> = {}): Promise<void> {
    const created = await client.create(TaskRuns, {
      metadata: this.key,
      spec: {
        taskId,
        serviceName: `service-${service}`,
        markdownFiles: [{ filename: "task.md", content: "# 1", fileType: "task" }],
        retry: { maxRetries, initialBackoffSeconds: 1, maxBackoffSeconds: 1, terminalExitCodes: [42] },
        ...spec,
      },
    } satisfies TaskRun);
    this.uid = created.metadata.uid;
  }

  async take(step: Step): Promise<void> {
    switch (step.step) {
      case "settle":
        // until the operator has written something, or has nothing to write
        await this.#observer.moment();
        return;
      case "end":
        await endPods(client, this.key.namespace, this.uid, step.exitCode);
        return;
      case "raiseRetry":
        await this.#change((run) => ({ retryAttempt: (run.spec.retryAttempt ?? 1) + 1 }));
        return;
      case "raiseContext":
        await this.#change((run) => ({ contextVersion: (run.spec.contextVersion ?? 1) + 1 }));
        return;
      case "suspend":
      case "resume":
        await this.set({ suspend: step.step === "suspend" });
        return;
      case "cancel":
        await this.set({ cancel: true });
        return;
      case "delete":
        this.deleted = true;
        await client.delete(TaskRuns, this.key).catch(unlessGone);
        return;
      case "deleteJob": {
        const { items } = await client.list(Jobs, {
          namespace: this.key.namespace,
          labelSelector: `orchestrator.io/owner-uid=${this.uid}`,
        });
        const job = items.at(-1);
        if (job === undefined) return;
        this.tookJobs = true;
        await client
          .delete(Jobs, { namespace: this.key.namespace, name: job.metadata.name }, { propagationPolicy: step.policy })
          .catch(unlessGone);
      }
    }
  }

  async #change(change: (run: Stored<TaskRun>) => Partial<TaskRun["spec"]>): Promise<void> {
    try {
      const run = await client.get(TaskRuns, this.key);
      // counted before it is sent: the requested attempt may start before the response arrives
      this.raises += 1;
      await this.set(change(run), run.metadata.resourceVersion);
    } catch (error) {
      unlessGone(error);
    }
  }

  async set(spec: Partial<TaskRun["spec"]>, resourceVersion?: string): Promise<void> {
    const metadata = resourceVersion === undefined ? {} : { resourceVersion };
    await client.patch(TaskRuns, this.key, { type: "merge", body: { metadata, spec } }).catch((error: unknown) => {
      // a denial is also valid: Cancelled is final
      if (!(error instanceof Invalid || error instanceof Conflict)) unlessGone(error);
    });
  }

  async current(): Promise<Stored<TaskRun> | undefined> {
    return client.get(TaskRuns, this.key).catch((error: unknown) => {
      unlessGone(error);
      return undefined;
    });
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof NotFound)) throw error;
}

/** Injects the scripted faults between the operator and the API server. */
class Faults {
  /** How often each fault happened. */
  readonly counts = new Map<string, number>();
  readonly #namespace: string;
  readonly #left: Script["faults"][number][];
  readonly #timers: NodeJS.Timeout[] = [];
  #writes = 0;
  #restarts: Promise<void> = Promise.resolve();
  #isDown = false;
  #away: Verdict = "goOn";

  constructor(namespace: string, faults: Script["faults"]) {
    this.#namespace = namespace;
    this.#left = [...faults];
    interceptor.hook = (seen, when) => this.#at(seen, when);
  }

  /** Ends all faults. */
  async end(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    interceptor.hook = () => "goOn";
    interceptor.catchUp();
    await this.#restarts;
  }

  async #at({ method, path }: Seen, when: "before" | "after"): Promise<Verdict> {
    if (this.#away !== "goOn") return this.#away;
    if (method === "GET" || !path.includes(`/namespaces/${this.#namespace}/`)) return "goOn";
    if (when === "before") this.#writes += 1;
    const next = this.#left[0];
    if (next === undefined || this.#isDown || this.#writes < next.after) return "goOn";
    const { what } = next;
    const status = /\/taskruns\/([^/?]+)\/status/.exec(path)?.[1];
    if (what.fault === "conflict" && status === undefined) return "goOn";
    if (when !== (what.fault === "kill" ? what.when : "before")) return "goOn";
    this.#left.shift();
    this.#writes = 0;
    this.counts.set(what.fault, (this.counts.get(what.fault) ?? 0) + 1);
    switch (what.fault) {
      case "kill":
        this.#isDown = true;
        await operator.end("SIGKILL");
        this.#restarts = this.#restarts.then(() => operator.start()).finally(() => (this.#isDown = false));
        return "drop";
      case "conflict":
        await touch({ namespace: this.#namespace, name: status ?? "" });
        return "goOn";
      case "away":
        this.#away = what.verdict;
        if (what.verdict === "drop") interceptor.reset();
        this.#after(what.milliseconds, () => (this.#away = "goOn"));
        return what.verdict;
      case "late":
        interceptor.delayWatches((watched) => watched.includes(`/${what.resource}?`));
        this.#after(what.milliseconds, () => interceptor.catchUp());
        return "goOn";
      case "jump":
        operator.signal("SIGUSR2");
        return "goOn";
    }
  }

  #after(milliseconds: number, act: () => void): void {
    this.#timers.push(setTimeout(act, milliseconds));
  }
}

/** Makes an irrelevant change, so that a write based on the previous version conflicts. */
async function touch(key: { readonly namespace: string; readonly name: string }): Promise<void> {
  const annotations = { touched: String(performance.now()) };
  await client.patch(TaskRuns, key, { type: "merge", body: { metadata: { annotations } } }).catch(unlessGone);
}

async function check(t: Test, plan: Script): Promise<void> {
  const namespace = await testNamespace(t, client);
  const observer = await Observer.of(t, client, namespace);
  // users retry requests that the webhook could not answer while the manager was down
  const faults = new Faults(namespace, plan.faults);
  const lives = plan.lives.map((_, index) => new Life(namespace, `life-${index}`, observer));
  await Promise.all(
    plan.lives.map(async ({ service, steps }, index) => {
      const life = lives[index];
      if (life === undefined) return;
      await persistently(() => life.begin(index + 1, service));
      for (const each of steps) {
        await persistently(() => life.take(each));
        observer.check();
      }
    }),
  );
  // everything settles: agents succeed, and no further attempts are requested
  for (const life of lives) if (!life.deleted) await persistently(() => life.take({ step: "resume" }));
  await eventually(
    "every run has ended or is gone",
    async () => {
      observer.check();
      const states = await Promise.all(
        lives.map(async (life) => {
          const run = await life.current();
          if (run === undefined) return true;
          if (!life.deleted && isTerminal(run.status?.phase) && !isAskedFor(run)) return true;
          await endPods(client, namespace, life.uid, 0);
          return false;
        }),
      );
      return states.every((state) => state);
    },
    60_000,
  ).catch(async (error: unknown) => {
    t.comment(JSON.stringify((await client.list(TaskRuns, { namespace })).items.map(({ status }) => status)));
    t.comment(operator.log.slice(-4000));
    throw error;
  });
  await faults.end();
  for (const life of lives) {
    const started = observer.jobsOf(life.uid);
    const allowed = (1 + maxRetries) * (1 + life.raises);
    if (started.length > allowed) throw new Error(`${life.key.name}: ${started.length} runs, ${allowed} were paid for`);
    const run = await life.current();
    if (life.deleted) {
      if (run !== undefined) throw new Error(`${life.key.name} was deleted and is still there`);
      continue;
    }
    const status = run?.status;
    if (status?.attempts !== started.length) {
      throw new Error(`${life.key.name}: ${status?.attempts ?? 0} attempts recorded, ${started.length} Jobs started`);
    }
    const isLost = status.runs?.some(({ outcome }) => outcome === "Lost") === true;
    if (isLost && !life.tookJobs) throw new Error(`${life.key.name}: lost, although no Job was deleted`);
    if (status.runs?.some(({ outcome }) => outcome === undefined) === true) {
      throw new Error(`${life.key.name}: ${status.phase ?? ""} with a run that has not ended`);
    }
  }
  for (const life of lives) await client.delete(TaskRuns, life.key).catch(unlessGone);
  await eventually("nothing remains but workspaces", async () => {
    const lists = await Promise.all([
      client.list(TaskRuns, { namespace }),
      client.list(Jobs, { namespace }),
      client.list(Pods, { namespace }),
      client.list(ConfigMaps, { namespace, labelSelector: "orchestrator.io/owner-uid" }),
    ]);
    return lists.every(({ items }) => items.length === 0);
  });
  observer.check();
  const counts = [...faults.counts].map(([what, count]) => `${count} ${what}`).join(", ");
  t.pass(`${observer.jobs} Jobs, ${observer.changes} changes seen; ${counts}`);
}

/** The webhooks are unavailable while the manager is down, so the request is retried. */
async function persistently(act: () => Promise<void>): Promise<void> {
  await eventually("it is taken", async () => {
    await act();
    return true;
  });
}

/** A retry request that was not acted on yet; none once the run is being cancelled. */
function isAskedFor({ spec, status }: TaskRun): boolean {
  if (spec.cancel === true) return false;
  return (
    (spec.retryAttempt ?? 1) > (status?.observedRetryAttempt ?? 1) ||
    (spec.contextVersion ?? 1) > (status?.observedContextVersion ?? 1)
  );
}

t.test(
  "whatever users, agents and faults do to many runs at once: one agent per run and workspace, the retry budget holds, and all runs end",
  { timeout: isFull ? 3_600_000 : 300_000 },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(script, (plan) => check(t, plan)),
      { numRuns: isFull ? 60 : 1, endOnFailure: true },
    );
  },
);

/** Tasks one after the other in two workspaces, with different priorities, so that their order is determined. */
class Story {
  reference = new Reference({
    total: 9,
    agingSeconds: 600,
    initialBackoffSeconds: 1,
    maxBackoffSeconds: 1,
    terminalExitCodes: [42],
    stuckPodSeconds: 300,
    patienceSeconds: 15,
  });
  readonly #namespace: string;
  readonly #observer: Observer;
  readonly #lives = new Map<string, Life>();
  /** Number of steps after which everything was as predicted. */
  rests = 0;

  constructor(namespace: string, observer: Observer) {
    this.#namespace = namespace;
    this.#observer = observer;
  }

  async take(step: Step | { readonly step: "create" }, of: number): Promise<void> {
    const { tasks } = this.reference;
    if (step.step === "create") {
      await this.#create();
      return;
    }
    const task = [...tasks.values()][of % Math.max(1, tasks.size)];
    const life = this.#lives.get(task?.name ?? "");
    if (task === undefined || life === undefined) return;
    const { wanted } = task;
    const isRaise = step.step === "raiseRetry" || step.step === "raiseContext";
    if (wanted.cancel && isRaise) return;
    const isAtWork = task.agent === "working" || task.agent === "loose";
    if (step.step === "end" && !isAtWork) return;
    if (step.step === "deleteJob" && (task.agent === "none" || task.agent === "loose")) return;
    if (step.step === "raiseRetry") wanted.retryAttempt += 1;
    if (step.step === "raiseContext") wanted.contextVersion += 1;
    const { retryAttempt, contextVersion } = wanted;
    await persistently(() => (isRaise ? life.set({ retryAttempt, contextVersion }) : life.take(step)));
    if (step.step === "end") this.reference.end(task, step.exitCode, "AgentFailed", this.#clocks, nothingDrawn);
    if (step.step === "deleteJob") this.reference.lose(task, step.policy === "Orphan", this.#clocks, nothingDrawn);
    if (step.step === "suspend" || step.step === "resume") wanted.suspend = step.step === "suspend";
    if (step.step === "cancel") wanted.cancel = true;
    if (step.step === "delete") tasks.delete(task.name);
    await this.#rest(JSON.stringify(step));
  }

  async #create(): Promise<void> {
    const { tasks } = this.reference;
    const priority = ranks.findIndex((_, rank) => [...tasks.values()].every(({ wanted }) => wanted.priority !== rank));
    if (priority === -1) return;
    const name = `task-${String(this.#lives.size).padStart(2, "0")}`;
    const life = new Life(this.#namespace, name, this.#observer);
    this.#lives.set(name, life);
    const service = priority % 2;
    const retry = { maxRetries: 0, terminalExitCodes: [42] };
    await persistently(() => life.begin(priority + 1, service, { priority: ranks[priority] ?? "low", retry }));
    const wanted: Wanted = {
      ...{ workspace: `service-${service}`, priority, retryAttempt: 1, contextVersion: 1, content: 1 },
      ...{ suspend: false, cancel: false, maxRetries: 0, dependsOn: [], failsWithDependency: false },
    };
    tasks.set(name, new Task(name, wanted, this.#clocks.cluster));
    await this.#rest("create");
  }

  get #clocks(): Clocks {
    const now = Math.floor(Date.now() / 1000);
    return { cluster: now, manager: now };
  }

  /** Waits until everything is in the state of the reference model. */
  async #rest(what: string): Promise<void> {
    const namespace = this.#namespace;
    let [found, predicted]: unknown[] = [];
    await eventually(`after ${what} it stands as the reference says`, async () => {
      this.#observer.check();
      const [runs, jobs, pods, files] = await Promise.all([
        client.list(TaskRuns, { namespace }),
        client.list(Jobs, { namespace }),
        client.list(Pods, { namespace }),
        client.list(ConfigMaps, { namespace }),
      ]);
      const attempts = new Map(runs.items.map(({ metadata, status }) => [metadata.name, status?.attempts ?? 0]));
      const reference = copyOf(this.reference);
      reference.settle(this.#clocks, { ...nothingDrawn, attempts: (name) => attempts.get(name) ?? 0 });
      predicted = [...reference.tasks.values()].map((task) => expected(task, false));
      found = runs.items.map((run) => {
        const { uid } = run.metadata;
        const job = jobs.items.find((each) => ownerUID(each) === uid && isActive(each));
        const alive = pods.items.filter((pod) => isPodLive(pod) && podIndex.of(pod).includes(uid));
        const ofJob = files.items.find(({ metadata }) => metadata.name === `${job?.metadata.name ?? ""}-files`);
        return standing(run, job, alive.length, ofJob);
      });
      if (!isDeepStrictEqual(found, predicted)) return false;
      this.reference = reference;
      this.rests += 1;
      return true;
    }).catch((error: unknown) => {
      deepEqual(found, predicted, `after ${what}`);
      throw error;
    });
  }
}

const ranks = ["low", "medium", "high", "critical"] as const;

/** There are no automatic retries, so no random back-off. */
const nothingDrawn: Looked = { retryAt: () => undefined, attempts: () => 0 };

/** Settled repeatedly, until the observed state is stable. */
function copyOf({ rules, tasks }: Reference): Reference {
  const copy = new Reference({ ...rules });
  for (const task of tasks.values()) {
    const same = new Task(task.name, { ...task.wanted }, task.since);
    const { runs, phase, reason, end, agent, observed, waits, waited } = task;
    const state = structuredClone({ runs, phase, reason, end, agent, observed, waits, waited });
    copy.tasks.set(task.name, Object.assign(same, state));
  }
  return copy;
}

const story = fc.record({
  steps: fc.array(
    fc.record({
      step: fc.oneof(
        { weight: 1, arbitrary: fc.constant({ step: "create" } as const) },
        { weight: 4, arbitrary: step },
      ),
      of: fc.nat(3),
    }),
    { minLength: 15, maxLength: 25 },
  ),
  // a clock that is wrong by hours changes ages, and so the order of waiting runs
  faults: faultsUpTo(
    8,
    fault.filter((what) => what.fault !== "jump"),
  ),
});

t.test(
  "after any sequence of actions, tasks settle in the state of the reference model",
  { timeout: isFull ? 3_600_000 : 300_000 },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(story, async ({ steps, faults: planned }) => {
        const namespace = await testNamespace(t, client);
        const observer = await Observer.of(t, client, namespace);
        const faults = new Faults(namespace, planned);
        const it = new Story(namespace, observer);
        await it.take({ step: "create" }, 0);
        for (const { step: each, of } of steps) await it.take(each, of);
        await faults.end();
        const counts = [...faults.counts].map(([what, count]) => `${count} ${what}`).join(", ");
        t.pass(`${it.rests} times at rest, ${observer.jobs} Jobs; ${counts}`);
      }),
      { numRuns: isFull ? 60 : 1, endOnFailure: true },
    );
  },
);
