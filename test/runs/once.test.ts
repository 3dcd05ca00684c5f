/**
 * An attempt never runs twice: random histories of a run, with kills between any two writes, caches of any age, and users who
 * change and delete objects at any moment.
 */
import fc from "../property.js";
import t from "tap";
import { Manager, runName, type Faults } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { isTerminal } from "#src/api/phase.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { Jobs } from "#src/runtime/client/builtin.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

type Step =
  | { readonly step: "reconcile"; readonly faults: Faults }
  | {
      readonly step:
        | "jobController"
        | "kubelet"
        | "garbage"
        | "raiseRetry"
        | "raiseContext"
        | "toggleSuspend"
        | "cancel"
        | "touch"
        | "stick";
    }
  /** The clock of the manager's machine is set, or the clock of another manager differs. */
  | { readonly step: "jump"; readonly seconds: number }
  | { readonly step: "configure"; readonly stuckPodSeconds: number; readonly ttlSecondsAfterFinished: number }
  | { readonly step: "end"; readonly exitCode: number }
  | { readonly step: "wait"; readonly seconds: number }
  | { readonly step: "deleteJob"; readonly policy: "Foreground" | "Background" | "Orphan" };

const ages = fc.record({
  taskruns: fc.nat(6),
  jobs: fc.nat(6),
  configmaps: fc.nat(6),
  pods: fc.nat(6),
  persistentvolumeclaims: fc.nat(6),
});

const faults: fc.Arbitrary<Faults> = fc
  .record({
    ages: fc.option(ages, { nil: undefined }),
    fail: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    kill: fc.option(fc.record({ at: fc.integer({ min: 1, max: 6 }), when: fc.constantFrom("before", "after") }), {
      nil: undefined,
    }),
  })
  .map(({ ages: old, fail, kill }) => ({
    ...(fail !== undefined && { fail }),
    ...(old !== undefined && { age: (plural: string) => new Map(Object.entries(old)).get(plural) ?? 0 }),
    ...(kill !== undefined && { kill }),
  }));

const reconcile = faults.map((each): Step => ({ step: "reconcile", faults: each }));
const moves = fc.constantFrom<Step>(
  { step: "jobController" },
  { step: "kubelet" },
  { step: "garbage" },
  { step: "touch" },
  { step: "stick" },
);
const ends = fc.constantFrom(0, 1, 42).map((exitCode): Step => ({ step: "end", exitCode }));
const jumps = fc.constantFrom(-3600, -60, 600, 86_400).map((seconds): Step => ({ step: "jump", seconds }));
const configurations = fc
  .record({ stuckPodSeconds: fc.constantFrom(1, 300), ttlSecondsAfterFinished: fc.constantFrom(0, 60, 86_400) })
  .map((settings): Step => ({ step: "configure", ...settings }));
const waits = fc.constantFrom(1, 30, 700).map((seconds): Step => ({ step: "wait", seconds }));
const people = fc.oneof(
  fc.constantFrom<Step>({ step: "raiseRetry" }, { step: "raiseContext" }, { step: "toggleSuspend" }),
  fc.constantFrom("Foreground", "Background", "Orphan").map((policy): Step => ({ step: "deleteJob", policy })),
);

const life = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: reconcile },
    { weight: 6, arbitrary: moves },
    { weight: 2, arbitrary: ends },
    { weight: 2, arbitrary: waits },
    { weight: 2, arbitrary: people },
    { weight: 1, arbitrary: jumps },
    { weight: 1, arbitrary: configurations },
    { weight: 1, arbitrary: fc.constant<Step>({ step: "cancel" }) },
  ),
  { maxLength: 60 },
);

const maxRetries = 2;

class Life {
  readonly manager: Manager;
  /** Number of retry requests by users. */
  raises = 0;
  hasDeletedJobs = false;

  constructor() {
    const cluster = new ModelCluster();
    const retry = { maxRetries, initialBackoffSeconds: 5, maxBackoffSeconds: 20, terminalExitCodes: [42] };
    cluster.create(TaskRuns, exampleRun({ retry }));
    this.manager = new Manager(cluster);
  }

  async take(step: Step): Promise<void> {
    const { cluster } = this.manager;
    switch (step.step) {
      case "reconcile":
        await this.manager.reconcile(step.faults);
        return;
      case "jobController":
        cluster.runJobController();
        return;
      case "kubelet":
        cluster.runKubelet();
        return;
      case "garbage":
        cluster.collectGarbage();
        return;
      case "end":
        cluster.endPods(step.exitCode);
        return;
      case "wait":
      case "jump":
        cluster.time += step.seconds * 1000;
        return;
      case "stick":
        cluster.stickPods();
        return;
      case "configure": {
        const { stuckPodSeconds, ttlSecondsAfterFinished } = step;
        const job = { ...defaultConfiguration.job, ttlSecondsAfterFinished };
        this.manager.configuration = { ...defaultConfiguration, stuckPodSeconds, job };
        return;
      }
      case "raiseRetry":
        this.raises += 1;
        cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = (spec.retryAttempt ?? 1) + 1));
        return;
      case "raiseContext":
        this.raises += 1;
        cluster.change(TaskRuns, runName, ({ spec }) => (spec.contextVersion = (spec.contextVersion ?? 1) + 1));
        return;
      case "toggleSuspend":
        cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = spec.suspend !== true));
        return;
      case "cancel":
        cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true));
        return;
      case "touch": {
        cluster.change(TaskRuns, runName, ({ metadata }) => {
          metadata.annotations = { touched: String(cluster.time) };
        });
        return;
      }
      case "deleteJob": {
        this.hasDeletedJobs = true;
        const job = cluster.all(Jobs).at(-1);
        if (job !== undefined) cluster.delete(Jobs, job.metadata.name, step.policy);
      }
    }
  }

  /** Invariants that must hold after every step. */
  check(): void {
    const { cluster, run } = this.manager;
    const created = cluster.jobsCreated;
    if (new Set(created).size !== created.length) throw new Error(`a Job was created twice: ${created.join(", ")}`);
    const live = cluster.livePods;
    if (live.length > 1) throw new Error(`two agents at once: ${live.map(({ metadata }) => metadata.name).join(", ")}`);
    const allowed = (1 + maxRetries) * (1 + this.raises);
    if (created.length > allowed) throw new Error(`${created.length} runs, ${allowed} were paid for`);
    const attempts = run.status?.attempts ?? 0;
    if (attempts > created.length) throw new Error(`${attempts} attempts recorded, ${created.length} Jobs created`);
    const isLost = run.status?.runs?.some(({ outcome }) => outcome === "Lost") === true;
    if (isLost && !this.hasDeletedJobs) throw new Error("reported a Job as lost that was not deleted");
    const numbers = (run.status?.runs ?? []).map(({ number }) => number);
    if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0)))
      throw new Error("runs out of order");
  }

  /** Settles everything: nothing is killed, caches are fresh, agents end as requested. */
  async rest(exitCode: number): Promise<void> {
    const { manager } = this;
    const { cluster } = manager;
    cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = false));
    for (let round = 0; round < 20; round++) {
      await manager.reconcile();
      this.check();
      cluster.runJobController();
      cluster.endPods(exitCode);
      cluster.runJobController();
      cluster.runKubelet();
      cluster.collectGarbage();
      cluster.time += 30_000;
    }
    await manager.reconcile();
    this.check();
  }
}

void t.test(
  "whatever happens in any order, no attempt starts twice, agents never share a workspace, and the retry budget holds",
  { timeout: 1_200_000 },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(life, fc.constantFrom(0, 1), async (steps, exitCode) => {
        const it = new Life();
        for (const step of steps) {
          const before = it.manager.run.status;
          const raised = it.raises;
          await it.take(step);
          it.check();
          const after = it.manager.run.status;
          if (before?.phase === "Succeeded" && raised === 0 && it.raises === 0 && after?.phase !== "Succeeded") {
            throw new Error(`Succeeded became ${after?.phase ?? "nothing"}`);
          }
          if (before?.phase === "Cancelled" && after?.phase !== "Cancelled") throw new Error("Cancelled was not final");
        }
        await it.rest(exitCode);
        const { run } = it.manager;
        if (!isTerminal(run.status?.phase)) throw new Error(`never ended: ${JSON.stringify(run.status)}`);
        const created = it.manager.cluster.jobsCreated.length;
        await it.rest(exitCode);
        if (it.manager.cluster.jobsCreated.length !== created) throw new Error("it started again after its end");
        if (run.status?.attempts !== created) throw new Error(`attempts ${run.status?.attempts ?? 0}, Jobs ${created}`);
      }),
      { numRuns: process.env.TEST_FULL === "1" ? 5_000 : 300 },
    );
    t.pass("random lives");
  },
);
