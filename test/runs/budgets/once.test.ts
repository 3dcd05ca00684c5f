/**
 * Each attempt counts once in its Budgets, and none starts without a reservation that fits: random histories of several runs, with kills
 * between any two writes, caches of any age, and people who retry, delete and raise at any moment.
 */
import fc from "../../property.js";
import t from "tap";
import { Manager, type Faults } from "../manager.js";
import { exampleRun, ModelCluster, type Written } from "../model-cluster.js";
import { Budgets, type Budget, type Reservation } from "#src/api/budget.js";
import { isTerminal } from "#src/api/phase.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import { runLabels } from "#src/runs/metadata.js";
import { ConfigMaps, Jobs } from "#src/runtime/client/builtin.js";
import type { ConfigMap, Job, Stored } from "#src/runtime/client/objects.js";

const { configuration = defaultConfiguration } = parseConfiguration(
  JSON.stringify({ credentials: "gateway", retry: { maxRetries: 1, initialBackoffSeconds: 5, maxBackoffSeconds: 5 } }),
);

const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];

type Step =
  | { readonly step: "reconcile"; readonly run: Name; readonly faults: Faults }
  | { readonly step: "jobController" | "kubelet" | "garbage" | "raiseBudget" }
  | { readonly step: "retry" | "deleteRun" | "deleteJob" | "suspend"; readonly run: Name }
  /** An agent ends; of `part` of its allowance, and beyond it by one response. Without a part its gateway leaves no report. */
  | {
      readonly step: "end";
      readonly run: Name;
      readonly exitCode: number;
      readonly part?: number;
      readonly beyond: number;
    }
  /** An attempt runs to its end, and the reconcile that sees it has these faults. */
  | { readonly step: "work"; readonly run: Name; readonly faults: Faults }
  | { readonly step: "wait"; readonly seconds: number };

const run = fc.constantFrom(...names);
const ages = fc.oneof(
  fc.record({
    ...{ taskruns: fc.nat(6), jobs: fc.nat(6), configmaps: fc.nat(6), pods: fc.nat(6) },
    ...{ persistentvolumeclaims: fc.nat(6), budgets: fc.nat(6) },
  }),
  fc.record({ budgets: fc.integer({ min: 1, max: 4 }) }),
  // from before an attempt that has ended since
  fc.integer({ min: 6, max: 25 }).map((age) => ({ taskruns: age, jobs: age, pods: age })),
);
const faults: fc.Arbitrary<Faults> = fc
  .record({
    old: fc.option(ages, { nil: undefined }),
    fail: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    kill: fc.option(fc.record({ at: fc.integer({ min: 1, max: 6 }), when: fc.constantFrom("before", "after") }), {
      nil: undefined,
    }),
  })
  .map(({ old, fail, kill }) => ({
    ...(fail !== undefined && { fail }),
    ...(old !== undefined && { age: (plural: string) => new Map(Object.entries(old)).get(plural) ?? 0 }),
    ...(kill !== undefined && { kill }),
  }));
const ends = fc.record({
  step: fc.constant("end" as const),
  run,
  exitCode: fc.constantFrom(0, 1),
  part: fc.constantFrom(0, 0.25, 1),
  beyond: fc.constantFrom(0, 0, 0.7),
});
const silentEnds = fc.record({
  ...{ step: fc.constant("end" as const), run, exitCode: fc.constant(1), beyond: fc.constant(0) },
});
const life = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ step: fc.constant("reconcile" as const), run, faults }) },
    {
      weight: 5,
      arbitrary: fc.constantFrom<Step>({ step: "jobController" }, { step: "kubelet" }, { step: "garbage" }),
    },
    { weight: 6, arbitrary: fc.record({ step: fc.constant("work" as const), run, faults }) },
    { weight: 4, arbitrary: ends },
    { weight: 1, arbitrary: silentEnds },
    { weight: 2, arbitrary: fc.constantFrom(5, 600, 86_400).map((seconds): Step => ({ step: "wait", seconds })) },
    {
      weight: 2,
      arbitrary: fc.record({ step: fc.constantFrom("retry", "deleteRun", "deleteJob", "suspend"), run }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ step: "raiseBudget" }) },
  ),
  { maxLength: 60 },
);

const idOf = (uid: string | undefined, attempt: number | string | undefined): string => `${uid ?? ""}/${attempt ?? ""}`;
const reservationId = ({ uid, number }: Reservation): string => idOf(uid, number);
const jobId = ({ metadata }: Stored<Job>): string =>
  idOf(metadata.labels?.[runLabels.ownerUID], metadata.labels?.[runLabels.attempt]);
const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5;

class Life {
  readonly cluster = new ModelCluster();
  readonly manager = new Manager(this.cluster);
  /** What the gateway of each attempt reported. */
  readonly used = new Map<string, number>();
  /** Attempts whose report may never be seen. */
  readonly hidden = new Set<string>();
  readonly jobs = new Set<string>();
  /** Attempts that were settled, by Budget. */
  readonly settled = new Map<string, Set<string>>();
  #checked = 0;

  constructor() {
    this.manager.configuration = configuration;
    const budget = (name: string, spec: Budget["spec"]): void => {
      const status = { observedGeneration: 0 };
      this.cluster.create(Budgets, { metadata: { name, namespace: "orchestrator" }, spec, status });
    };
    budget("day", { maxCostUSD: 10, period: "Day", timeZone: "Europe/Berlin", perAttempt: { maxCostUSD: 3 } });
    budget("week", { maxCostUSD: 25, maxTokens: 100_000, period: "Week", selector: { services: ["b", "c"] } });
    for (const name of names) {
      const own = name === "a" ? { budget: { maxCostUSD: 6 } } : {};
      const example = exampleRun({ serviceName: name, ...own });
      this.cluster.create(TaskRuns, { ...example, metadata: { ...example.metadata, name } });
    }
  }

  async take(step: Step): Promise<void> {
    const { cluster, manager } = this;
    switch (step.step) {
      case "reconcile":
        await manager.reconcile(step.faults, step.run);
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
      case "raiseBudget":
        cluster.change(Budgets, "day", ({ spec }) => (spec.maxCostUSD = (spec.maxCostUSD ?? 0) + 5));
        return;
      case "retry":
        // the Job of an attempt that is replaced is deleted, and its gateway reports nothing here
        for (const id of this.jobs) this.hidden.add(id);
        cluster.change(TaskRuns, step.run, ({ spec }) => (spec.retryAttempt = (spec.retryAttempt ?? 1) + 1));
        return;
      case "suspend":
        cluster.change(TaskRuns, step.run, ({ spec }) => (spec.suspend = spec.suspend !== true));
        return;
      case "deleteRun":
        for (const id of [...this.jobs, cluster.get(TaskRuns, step.run)?.metadata.uid ?? ""]) this.hidden.add(id);
        cluster.delete(TaskRuns, step.run);
        return;
      case "deleteJob":
        for (const job of cluster.all(Jobs)) this.hidden.add(jobId(job));
        for (const job of cluster
          .all(Jobs)
          .filter(({ metadata }) => metadata.name.startsWith(`${step.run}-`))
          .slice(-1))
          cluster.delete(Jobs, job.metadata.name, "Foreground");
        return;
      case "end":
        this.end(step);
        return;
      case "work":
        await manager.reconcile({}, step.run);
        cluster.runJobController();
        this.check();
        this.end({ step: "end", run: step.run, exitCode: 1, part: 0.5, beyond: 0 });
        cluster.runJobController();
        await manager.reconcile(step.faults, step.run);
        return;
      case "wait":
        cluster.time += step.seconds * 1000;
    }
  }

  end({ run: name, exitCode, part, beyond }: Extract<Step, { readonly step: "end" }>): void {
    const { cluster } = this;
    for (const pod of cluster.livePods) {
      const { labels, annotations } = pod.metadata;
      if (annotations?.["orchestrator.io/run-name"] !== name) continue;
      const id = idOf(labels?.[runLabels.ownerUID], labels?.[runLabels.attempt]);
      cluster.endPods(exitCode, undefined, [pod]);
      if (part === undefined) this.hidden.add(id);
      else {
        const costUSD = Math.round(((this.#allowances.get(id) ?? 0) * part + beyond) * 1e6) / 1e6;
        this.used.set(id, (this.used.get(id) ?? 0) + costUSD);
        cluster.report(pod.metadata.name, { byModel: [], requests: 1, inputTokens: 10, costUSD });
      }
    }
  }

  readonly #allowances = new Map<string, number>();

  /** Checks every write since the last call. */
  check(): void {
    for (const written of this.cluster.log.slice(this.#checked)) {
      if (written.path.startsWith("budgets/")) this.#checkBudget(written);
      else if (written.path.startsWith("jobs/") && written.before === undefined && written.after !== undefined)
        this.#checkStart(written.after);
    }
    this.#checked = this.cluster.log.length;
  }

  #checkStart(job: Stored<Job>): void {
    const id = jobId(job);
    if (this.jobs.has(id)) throw new Error(`started twice: ${id}`);
    this.jobs.add(id);
    const { name } = job.metadata;
    const held = this.cluster.all(Budgets).filter(({ metadata }) => metadata.name === "day" || !name.startsWith("a-"));
    const files = this.cluster
      .all<ConfigMap>(ConfigMaps)
      .filter(({ data, metadata }) => data !== undefined && metadata.labels?.[runLabels.ownerUID] === id.split("/")[0]);
    const gateway = files.at(-1)?.data?.["gateway.yaml"];
    const { budget } = JSON.parse(gateway ?? "{}") as { budget?: { maxCostUSD?: number } };
    const allowance = budget?.maxCostUSD;
    if (allowance === undefined) throw new Error("the gateway has no limit");
    this.#allowances.set(id, allowance);
    for (const each of held) {
      const reserved = this.#reservations.get(`${each.metadata.name} ${id}`);
      if (reserved === undefined) throw new Error(`${id} started without a reservation in ${each.metadata.name}`);
      if (allowance > (reserved.costUSD ?? 0) + 1e-6) throw new Error(`the gateway allows more than is reserved`);
    }
  }

  /** As the writes so far left them, by Budget and attempt. */
  readonly #reservations = new Map<string, Reservation>();

  #checkBudget({ before, after }: Written): void {
    const [old, { metadata, spec, status = {} }] = [before as Budget | undefined, after as Stored<Budget>];
    const was = old?.status?.attempts ?? [];
    const is = status.attempts ?? [];
    const has = (list: readonly Reservation[], each: Reservation): boolean =>
      list.some((other) => reservationId(other) === reservationId(each));
    const settled = this.settled.get(metadata.name) ?? new Set();
    this.settled.set(metadata.name, settled);
    const added = is.filter((each) => !has(was, each));
    for (const each of added) {
      if (settled.has(reservationId(each))) throw new Error(`reserved again after its end: ${reservationId(each)}`);
      this.#reservations.set(`${metadata.name} ${reservationId(each)}`, each);
    }
    const cost = ({ costUSD = 0 }: { readonly costUSD?: number } = {}): number => costUSD;
    const reserved = is.reduce((sum, each) => sum + cost(each), 0);
    if (!near(reserved, cost(status.reserved))) throw new Error(`reserved ${cost(status.reserved)}, sum ${reserved}`);
    const total = cost(status.spent) + cost(status.unmeasured) + reserved;
    if (added.length > 0 && total > (spec.maxCostUSD ?? Infinity) + 1e-6) throw new Error(`${total} are too much`);
    const isReset = old?.status?.resetsAt !== status.resetsAt;
    const base = isReset ? undefined : old?.status;
    const [spent, unmeasured] = [
      cost(status.spent) - cost(base?.spent),
      cost(status.unmeasured) - cost(base?.unmeasured),
    ];
    let expected = 0;
    let unknown = 0;
    for (const each of was.filter((other) => !has(is, other))) {
      const id = reservationId(each);
      this.#reservations.delete(`${metadata.name} ${id}`);
      if (!this.jobs.has(id)) {
        // of a run that is gone, nobody knows whether it started
        if (unmeasured > 1e-6 && this.hidden.has(each.uid)) unknown += cost(each);
        continue;
      }
      settled.add(id);
      if (unmeasured > 1e-6 && this.hidden.has(id)) unknown += cost(each);
      else expected += this.used.get(id) ?? 0;
    }
    if (!near(unmeasured, unknown)) throw new Error(`unmeasured grew by ${unmeasured}, reserved were ${unknown}`);
    if (!near(spent, expected)) throw new Error(`spent grew by ${spent}, used were ${expected}`);
  }

  /** Settles everything: nothing is killed, caches are fresh, agents succeed. */
  async rest(): Promise<void> {
    const { cluster, manager } = this;
    for (const name of names) cluster.change(TaskRuns, name, ({ spec }) => (spec.suspend = false));
    for (let round = 0; round < 16; round++) {
      for (const name of names) {
        await manager.reconcile({}, name);
        this.check();
      }
      cluster.runJobController();
      for (const name of names) this.end({ step: "end", run: name, exitCode: 0, part: 0.5, beyond: 0 });
      cluster.runJobController();
      for (const name of names) await manager.reconcile({}, name);
      this.check();
      cluster.runKubelet();
      cluster.collectGarbage();
      for (const { metadata } of cluster.all(Budgets)) await manager.refreshBudget(metadata.name);
      this.check();
      cluster.time += round % 4 === 3 ? 8 * 86_400_000 : 60_000;
    }
  }
}

async function live(steps: readonly Step[]): Promise<void> {
  const it = new Life();
  for (const step of steps) {
    it.check();
    await it.take(step);
    it.check();
  }
  await it.rest();
  for (const { metadata, status } of it.cluster.all<TaskRun>(TaskRuns))
    if (!isTerminal(status?.phase)) throw new Error(`${metadata.name} never ended: ${JSON.stringify(status)}`);
  for (const { metadata, status } of it.cluster.all(Budgets)) {
    if ((status?.attempts ?? []).length > 0) throw new Error(`left over: ${JSON.stringify(status?.attempts)}`);
    const mine = [...it.jobs].filter(
      (id) => metadata.name === "day" || !id.startsWith(`${it.cluster.get(TaskRuns, "a")?.metadata.uid ?? "uid-3"}/`),
    );
    const settled = it.settled.get(metadata.name) ?? new Set();
    const missing = mine.filter((id) => !settled.has(id));
    if (missing.length > 0) throw new Error(`never counted in ${metadata.name}: ${missing.join(", ")}`);
  }
}

void t.test(
  "whatever happens in any order, each attempt is reserved before its start and counted once",
  { timeout: 1_200_000 },
  async (t) => {
    await fc.assert(fc.asyncProperty(life, live), { numRuns: process.env.TEST_FULL === "1" ? 3_000 : 60 });
    t.pass("random lives");
  },
);
