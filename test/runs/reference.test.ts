/**
 * The engine compared with the reference model: whatever users, agents, clocks and faults do, it settles in the state of the
 * model. `TEST_FULL=1` takes thousands of steps; `TEST_SEED` and `TEST_PATH` repeat a failure.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "../property.js";
import t from "tap";
import { exampleRun } from "./model-cluster.js";
import { expected, standing } from "./standing.js";
import { Reference, Task, type Clocks, type Rules, type Seen, type Wanted } from "./reference.js";
import { runTypes, World, type Faults } from "./world.js";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { isActive } from "#src/runs/outcome.js";
import { cleanupFinalizer as codeFinalizer } from "#src/api/coderun.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { runLabels, ownerUID } from "#src/runs/metadata.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import type { Job, KubernetesObject, Stored } from "#src/runtime/client/objects.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

type Action =
  | {
      readonly do: "create";
      readonly name: number;
      readonly service: number;
      readonly priority: number;
      readonly maxRetries: number;
      readonly retryAttempt: number;
      readonly dependsOn: readonly number[];
      readonly failsWithDependency: boolean;
    }
  | {
      readonly do:
        "raiseRetry" | "raiseContext" | "suspend" | "resume" | "cancel" | "delete" | "rewrite" | "stick" | "failInit";
    }
  /** History removes what has ended; a manifest that was created before is applied again. */
  | { readonly do: "history" | "reapply" }
  | { readonly do: "edit"; readonly priority: number; readonly maxRetries: number }
  | { readonly do: "end"; readonly exitCode: number }
  | { readonly do: "takeJob"; readonly policy: "Foreground" | "Background" | "Orphan" }
  | { readonly do: "limit"; readonly total: number }
  | { readonly do: "wait"; readonly seconds: number }
  /** From now on the manager's clock has this offset: its machine's clock was set, or another manager took over. */
  | { readonly do: "clock"; readonly seconds: number; readonly restart: boolean };

interface Step {
  readonly action: Action;
  /** Index of the task. */
  readonly of: number;
  readonly faults: Faults;
}

const when = fc.constantFrom("before", "after");
const nth = fc.integer({ min: 1, max: 8 });
const types = ["taskruns", "jobs", "configmaps", "pods", "persistentvolumeclaims"];
const faults: fc.Arbitrary<Faults> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.record({ kill: fc.record({ at: nth, when }) }) },
  { weight: 2, arbitrary: fc.record({ late: fc.subarray(types, { minLength: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ conflict: nth }) },
  { weight: 2, arbitrary: fc.record({ fail: fc.record({ at: nth, when }) }) },
  { weight: 1, arbitrary: fc.record({ away: fc.record({ from: nth, requests: fc.integer({ min: 1, max: 12 }) }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ late: fc.subarray(types), conflict: nth, fail: fc.record({ at: nth, when }) }),
  },
);

const priority = fc.nat(3);
const maxRetries = fc.nat(2);
const create = fc.record({
  do: fc.constant("create"),
  name: fc.nat(3),
  service: fc.nat(1),
  priority,
  maxRetries,
  retryAttempt: fc.constantFrom(1, 1, 3),
  dependsOn: fc.subarray([0, 1, 2], { maxLength: 2 }),
  failsWithDependency: fc.boolean(),
});
const exitCode = fc.constantFrom(0, 0, 1, 1, 1, 42);
const plain = <T extends Action["do"]>(...names: T[]): fc.Arbitrary<{ readonly do: T }> =>
  fc.constantFrom(...names).map((each) => ({ do: each }));
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: create },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("end"), exitCode }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("wait"), seconds: fc.constantFrom(1, 30, 130, 700) }) },
  { weight: 4, arbitrary: plain("raiseRetry", "raiseContext") },
  { weight: 4, arbitrary: plain("suspend", "resume") },
  { weight: 2, arbitrary: plain("cancel", "delete") },
  { weight: 3, arbitrary: plain("stick", "rewrite") },
  { weight: 1, arbitrary: plain("failInit") },
  { weight: 3, arbitrary: plain("history") },
  { weight: 5, arbitrary: plain("reapply") },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("edit"), priority, maxRetries }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("takeJob"),
      policy: fc.constantFrom("Foreground", "Background", "Orphan"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit"), total: fc.constantFrom(1, 2, 4) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("clock"),
      seconds: fc.constantFrom(0, -3600, -20, 20, 600, 86_400),
      restart: fc.boolean(),
    }),
  },
);
const story: fc.Arbitrary<readonly Step[]> = fc.array(fc.record({ action, of: fc.nat(3), faults }), {
  minLength: 5,
  maxLength: 40,
});

const priorities = ["low", "medium", "high", "critical"] as const;
const rules: Rules = {
  total: 4,
  agingSeconds: 600,
  initialBackoffSeconds: 30,
  maxBackoffSeconds: 100,
  terminalExitCodes: [42],
  stuckPodSeconds: 120,
  patienceSeconds: 10,
};

/** Seconds after which finished Jobs are deleted. */
const ttlSeconds = 400;

/** Both sides of the comparison, and the actions on them. */
class Play {
  readonly world: World;
  readonly reference = new Reference({ ...rules });
  /** Number of steps that were settled and compared. */
  rests = 0;
  #read = 0;
  /** The retry time in the status, by UID and number of the previous attempt. */
  readonly #retries = new Map<string, number>();
  /** The manifest that was last created under each name, as a repository has it. */
  readonly #manifests = new Map<string, Extract<Action, { do: "create" }>>();

  constructor() {
    this.world = new World({
      ...defaultConfiguration,
      stuckPodSeconds: rules.stuckPodSeconds,
      codeRun: { requirePullRequest: false },
      job: { ...defaultConfiguration.job, ttlSecondsAfterFinished: ttlSeconds },
      concurrency: { ...defaultConfiguration.concurrency, total: rules.total, agingSeconds: rules.agingSeconds },
    });
  }

  async take({ action, of, faults }: Step): Promise<void> {
    if (action.do === "wait") {
      await this.wait(action.seconds, faults);
      return;
    }
    if (action.do === "history") {
      await this.world.tidy(faults);
      this.reference.tidy();
      await this.#rest({});
      return;
    }
    const { tasks } = this.reference;
    const tell = this.#act(action, [...tasks.values()][of % Math.max(1, tasks.size)]);
    await this.#rest(faults, tell);
  }

  /** Advances from one timer to the next, of either side. */
  async wait(seconds: number, faults: Faults = {}): Promise<void> {
    const { world, reference } = this;
    for (let left = seconds, broken = faults; left > 0; broken = {}) {
      const timers = [left, reference.next(this.#clocks) ?? left, (world.nextTimer ?? Infinity) / 1000];
      const step = Math.min(...timers.filter((time) => time > 0));
      world.cluster.time += step * 1000;
      left -= step;
      await this.#rest(broken);
    }
  }

  /** Deletes everything, and checks that nothing remains. */
  async end(): Promise<void> {
    const { world, reference } = this;
    await this.take({ action: { do: "clock", seconds: 0, restart: true }, of: 0, faults: {} });
    await this.wait(ttlSeconds);
    const working = [...reference.tasks.values()].filter(({ agent }) => agent === "working" || agent === "suspended");
    equal(world.cluster.all(Jobs).length, working.length, "Jobs of ended runs are removed in the end");
    for (const task of [...reference.tasks.values()]) this.#act({ do: "delete" }, task);
    await this.#rest({});
    for (const type of [...runTypes, Jobs, Pods, ConfigMaps])
      equal(world.cluster.all<KubernetesObject>(type).filter(isOfRun).length, 0, `${type.plural} remain`);
  }

  get #clocks(): Clocks {
    const { cluster, skew } = this.world;
    return { cluster: cluster.time / 1000, manager: (cluster.time + skew) / 1000 };
  }

  get #seen(): Seen {
    const { cluster } = this.world;
    for (const { path, after } of cluster.log.slice(this.#read)) {
      if (!runTypes.some(({ plural }) => path.startsWith(`${plural}/`)) || after === undefined) continue;
      const { status } = after as Stored<Run>;
      const key = `${after.metadata.uid} ${status?.runs?.at(-1)?.number ?? 0}`;
      if (status?.nextRetryTime !== undefined && !this.#retries.has(key))
        this.#retries.set(key, Date.parse(status.nextRetryTime) / 1000);
    }
    this.#read = cluster.log.length;
    return {
      retryAt: (name, number) => this.#retries.get(`${this.#get(name).metadata.uid} ${number}`),
      attempts: (name) => cluster.get(typeOf(name), name)?.status?.attempts ?? 0,
    };
  }

  #get(name: string): Stored<Run> {
    const run = this.world.cluster.get(typeOf(name), name);
    if (run === undefined) throw new Error(`${name} is gone`);
    return run;
  }

  /**
   * @param task the task of the action, if any; an action that is not possible is skipped
   * @returns a function that tells the reference model the outcome of an agent, once it is visible
   */
  #act(action: Exclude<Action, { do: "wait" | "history" }>, task: Task | undefined): (seen: Seen) => void {
    const { world, reference } = this;
    const { cluster } = world;
    const clocks = this.#clocks;
    const nothing = (): void => undefined;
    if (action.do === "create") this.#create(action);
    if (action.do === "reapply") for (const each of this.#manifests.values()) this.#create(each);
    if (action.do === "limit") {
      const { total } = action;
      reference.rules.total = total;
      world.configure({ ...world.configuration, concurrency: { ...world.configuration.concurrency, total } });
    }
    if (action.do === "clock") {
      world.skew = action.seconds * 1000;
      if (action.restart) world.restart();
      else world.resync();
    }
    if (task === undefined) return nothing;
    const run = this.#get(task.name);
    const change = (wanted: Partial<Wanted>, spec: object = wanted): void => {
      Object.assign(task.wanted, wanted);
      cluster.change(typeOf(task.name), task.name, (each) => Object.assign(each.spec, spec));
    };
    const { retryAttempt, contextVersion, cancel } = task.wanted;
    switch (action.do) {
      case "raiseRetry":
        // admission: cancelled is final
        if (!cancel) change({ retryAttempt: retryAttempt + 1 });
        break;
      case "raiseContext":
        if (!cancel) change({ contextVersion: contextVersion + 1 });
        break;
      case "rewrite": {
        // admission: not while an attempt is running
        const content = task.wanted.content + 1;
        if (task.phase !== "Running") change({ content }, contentOf(task.name, content));
        break;
      }
      case "suspend":
      case "resume":
        change({ suspend: action.do === "suspend" });
        break;
      case "cancel":
        change({ cancel: true });
        break;
      case "edit": {
        const { priority: rank, maxRetries: most } = action;
        const retry = { ...run.spec.retry, maxRetries: most };
        change({ priority: rank, maxRetries: most }, { priority: priorities[rank] ?? "medium", retry });
        break;
      }
      case "delete":
        reference.delete(task);
        cluster.delete(typeOf(task.name), task.name);
        break;
      case "end": {
        const pods = world.podsOf(run);
        cluster.endPods(action.exitCode, undefined, pods);
        return pods.length === 0
          ? nothing
          : (seen) => reference.end(task, action.exitCode, "AgentFailed", clocks, seen);
      }
      case "failInit": {
        const pods = world.podsOf(run);
        cluster.failInit(failsToPrepare, pods);
        return pods.length === 0
          ? nothing
          : (seen) => reference.end(task, failsToPrepare, "WorkspaceNotPrepared", clocks, seen);
      }
      case "stick":
        if (task.agent !== "working") break;
        task.stuckSince = clocks.cluster;
        cluster.stickPods(world.podsOf(run));
        break;
      case "takeJob": {
        const job = this.#jobOf(run);
        if (job === undefined) break;
        cluster.delete(Jobs, job.metadata.name, action.policy);
        return (seen) => reference.lose(task, action.policy === "Orphan", clocks, seen);
      }
      default:
    }
    return nothing;
  }

  #create(wanted: Extract<Action, { do: "create" }>): void {
    const { world, reference } = this;
    const { service, priority: rank, failsWithDependency, retryAttempt, ...rest } = wanted;
    const name = `task-${wanted.name}`;
    if (reference.tasks.has(name)) return;
    this.#manifests.set(name, wanted);
    // admission denies a run that depends on itself
    const dependsOn = wanted.dependsOn
      .map((each) => `task-${each}`)
      .filter((each) => each < name && isOfKind(each, name));
    const serviceName = isCode(name) ? `code-${service}` : `service-${service}`;
    const spec = {
      taskId: wanted.name + 1,
      priority: priorities[rank] ?? "medium",
      retryAttempt,
      dependsOn,
      onDependencyFailure: failsWithDependency ? ("Fail" as const) : ("Wait" as const),
      // as admission adds it
      retry: {
        maxRetries: rest.maxRetries,
        initialBackoffSeconds: rules.initialBackoffSeconds,
        maxBackoffSeconds: rules.maxBackoffSeconds,
        terminalExitCodes: [...rules.terminalExitCodes],
      },
    };
    const { metadata } = exampleRun();
    if (isCode(name)) {
      const own = { service: serviceName, repositoryUrl: "a/b", docsRepositoryUrl: "a/docs", githubUser: "swe" };
      world.cluster.create<CodeRun>(CodeRuns, {
        ...{ apiVersion: "orchestrator.io/v1", kind: "CodeRun" },
        metadata: { name, namespace: "orchestrator", finalizers: [codeFinalizer] },
        spec: { ...own, model: "sonnet", ...spec, env: codeContent(1) },
      });
    } else {
      const run = exampleRun({ serviceName, ...spec, markdownFiles: taskContent(1) });
      world.cluster.create(TaskRuns, { ...run, metadata: { ...metadata, name } });
    }
    const { maxRetries: most } = rest;
    const asked = { retryAttempt, contextVersion: 1, suspend: false, cancel: false, content: 1 };
    const task = { workspace: serviceName, priority: rank, maxRetries: most, dependsOn, failsWithDependency, ...asked };
    reference.tasks.set(name, new Task(name, task, this.#clocks.cluster));
  }

  #jobOf({ metadata }: Stored<Run>): Stored<Job> | undefined {
    return this.world.cluster.all(Jobs).find((job) => ownerUID(job) === metadata.uid && isActive(job));
  }

  async #rest(faults: Faults, tell: (seen: Seen) => void = () => undefined): Promise<void> {
    await this.world.settle(faults);
    const seen = this.#seen;
    tell(seen);
    this.reference.settle(this.#clocks, seen);
    this.#compare();
    this.rests += 1;
  }

  #compare(): void {
    const { cluster } = this.world;
    const tasks = [...this.reference.tasks.values()];
    const names = runTypes.flatMap((type) => cluster.all(type)).map(({ metadata }) => metadata.name);
    deepEqual(names.sort(), tasks.map(({ name }) => name).sort());
    const found = tasks.map(({ name }) => {
      const run = this.#get(name);
      const job = this.#jobOf(run);
      const files = job && cluster.get(ConfigMaps, `${job.metadata.name}-files`);
      return standing(run, job, this.world.podsOf(run).length, files);
    });
    deepEqual(
      found,
      tasks.map((task) => expected(task)),
    );
    const uids = new Set(tasks.map(({ name }) => this.#get(name).metadata.uid));
    for (const type of [Jobs, Pods, ConfigMaps]) {
      for (const { metadata } of cluster.all<KubernetesObject>(type).filter(isOfRun))
        ok(uids.has(metadata.labels?.[runLabels.ownerUID] ?? ""), `${type.plural} ${metadata.name} remains`);
    }
  }
}

type Run = TaskRun | CodeRun;

/** The ledger outlives the runs. */
const isOfRun = ({ metadata }: Stored<KubernetesObject>): boolean => !metadata.name.startsWith("orchestrator-ledger-");

/** Exit code of an init container, which is never terminal. */
const failsToPrepare = 1;

/** The last task is a CodeRun: kinds share slots, and are otherwise independent. */
const isCode = (name: string): boolean => name === "task-3";
const isOfKind = (one: string, other: string): boolean => isCode(one) === isCode(other);
const typeOf = (name: string): ResourceType<Run> => (isCode(name) ? CodeRuns : TaskRuns);

const codeContent = (content: number): CodeRun["spec"]["env"] & object => ({ CONTENT: `# ${content}` });
const taskContent = (content: number): TaskRun["spec"]["markdownFiles"] => [
  { filename: "task.md", content: `# ${content}`, fileType: "task" },
];

/** The part of a spec with the content of the files. */
function contentOf(name: string, content: number): object {
  return isCode(name) ? { env: codeContent(content) } : { markdownFiles: taskContent(content) };
}

const isFull = process.env.TEST_FULL === "1";

/** Found at random: removed by history, applied again, retried and deleted by a person, all within a second. */
const withinASecond: readonly Step[] = [
  {
    action: {
      ...{ do: "create", name: 0, service: 0, priority: 0, maxRetries: 0, retryAttempt: 1 },
      ...{ dependsOn: [], failsWithDependency: false },
    },
    of: 0,
    faults: {},
  },
  { action: { do: "takeJob", policy: "Foreground" }, of: 0, faults: {} },
  ...(["history", "reapply", "raiseRetry", "delete", "reapply"] as const).map((action): Step => ({
    action: { do: action },
    of: 0,
    faults: {},
  })),
  { action: { do: "suspend" }, of: 0, faults: {} },
];

void t.test(
  "whatever users, agents, clocks and faults do, runs settle in the state of the reference model",
  { timeout: 3_600_000 },
  async (t) => {
    let rests = 0;
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const play = new Play();
        for (const step of steps) await play.take(step);
        await play.end();
        rests += play.rests;
      }),
      {
        numRuns: isFull ? 20_000 : 250,
        examples: [[[...withinASecond]]],
        ...(process.env.TEST_SEED !== undefined && { seed: Number(process.env.TEST_SEED) }),
        ...(process.env.TEST_PATH !== undefined && { path: process.env.TEST_PATH }),
      },
    );
    t.pass(`${rests} times at rest, and compared`);
  },
);
