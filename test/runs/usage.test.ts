/** What runs use of models: read from what the gateways of their pods report, and counted once, whatever happens. */
import fc from "../property.js";
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import { TaskRuns, type TaskRun, type Usage } from "#src/api/taskrun.js";
import { parseUsageReport, sumOfUsage, usedBefore } from "#src/runs/usage.js";
import { reportText } from "#src/gateway/usage-report.js";
import { Ledger } from "#src/gateway/ledger.js";
import { PriceList, noTokens } from "#src/gateway/tokens.js";
import { Jobs, Pods } from "#src/runtime/client/builtin.js";

const { configuration } = parseConfiguration(JSON.stringify({ credentials: "gateway" }));
if (configuration === undefined) throw new Error("the configuration is not valid");

const container = { image: "i", imageID: "", ready: false, restartCount: 0 };

function created(spec: Partial<TaskRun["spec"]> = {}): Manager {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun({ retry: { maxRetries: 5, initialBackoffSeconds: 1 }, ...spec }));
  const manager = new Manager(cluster);
  if (configuration !== undefined) manager.configuration = configuration;
  return manager;
}

interface Reported {
  readonly inputTokens: number;
  readonly costUSD?: number;
  readonly model?: string;
  readonly [more: string]: unknown;
}

/** The pod of the attempt that runs ends, with the gateway's report if there is one. */
function endPod(
  { cluster }: Manager,
  exitCode: number,
  report?: Reported,
  phase = exitCode === 0 ? "Succeeded" : "Failed",
): void {
  cluster.runJobController();
  const pod = cluster.livePods[0]?.metadata.name ?? "";
  const { model = "sonnet", ...figures } = report ?? { inputTokens: 0 };
  const message = JSON.stringify({
    version: 1,
    requests: 1,
    ...figures,
    byModel: [{ model, requests: 1, ...figures }],
  });
  cluster.change(Pods, pod, (each) => {
    each.status = {
      phase: phase,
      containerStatuses: [{ ...container, name: "claude-agent", state: { terminated: { exitCode } } }],
      ...(report && {
        initContainerStatuses: [{ ...container, name: "gateway", state: { terminated: { exitCode: 0, message } } }],
      }),
    };
  });
  cluster.runJobController();
}

async function nextAttempt(manager: Manager): Promise<void> {
  await manager.reconcile();
  manager.cluster.time += 3_600_000;
  await manager.reconcile();
  await manager.reconcile();
}

t.test("the usage of all attempts is summed, and each one's is in its record", async (t) => {
  const manager = created();
  await manager.reconcile();
  endPod(manager, 1, { inputTokens: 100, outputTokens: 7, costUSD: 0.25 });
  await nextAttempt(manager);
  endPod(manager, 0, { inputTokens: 20, costUSD: 0.1, model: "haiku" });
  for (let again = 0; again < 5; again++) await manager.reconcile();
  t.match(manager.run.status, {
    phase: "Succeeded",
    usage: {
      ...{ inputTokens: 120, outputTokens: 7, requests: 2, costUSD: 0.35 },
      byModel: [
        { model: "sonnet", inputTokens: 100, costUSD: 0.25 },
        { model: "haiku", inputTokens: 20, costUSD: 0.1 },
      ],
      unknownAttempts: undefined,
    },
    runs: [{ usage: { inputTokens: 100, costUSD: 0.25 } }, { usage: { inputTokens: 20 } }],
  });
});

t.test("an attempt counts once, wherever the manager is killed, and with stale caches", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.integer({ min: 1, max: 6 }), when: fc.constantFrom("before" as const, "after") }), {
        maxLength: 8,
      }),
      fc.boolean(),
      async (kills, stale) => {
        const manager = created();
        const faults = kills.values();
        const work = async (): Promise<void> => {
          for (let step = 0; step < 6; step++) {
            const kill = faults.next().value;
            const age = stale ? () => 1 : undefined;
            await manager.reconcile({ ...(kill && { kill }), ...(age && { age }) });
          }
          await manager.reconcile();
        };
        let wanted = 0;
        for (let attempt = 1; attempt <= 3; attempt++) {
          await work();
          manager.cluster.time += 3_600_000;
          await work();
          const inputTokens = 10 ** attempt;
          endPod(manager, attempt === 3 ? 0 : 1, { inputTokens, costUSD: attempt / 10 });
          wanted += inputTokens;
          await work();
        }
        if (manager.run.status?.usage?.inputTokens !== wanted)
          throw new Error(`${String(manager.run.status?.usage?.inputTokens)} instead of ${wanted}`);
      },
    ),
    { numRuns: 60 },
  );
});

t.test("several pods of one Job are one attempt", async (t) => {
  const manager = created();
  await manager.reconcile();
  endPod(manager, 137, { inputTokens: 5 });
  const [first] = manager.cluster.all(Pods);
  if (first === undefined) throw new Error("there is no pod");
  manager.cluster.create(Pods, { ...first, metadata: { ...first.metadata, name: "second", uid: "second" } });
  await manager.reconcile();
  t.equal(manager.run.status?.usage?.inputTokens, 10);
});

t.test("the report is read live if the cache of pods is behind that of Jobs", async (t) => {
  const manager = created();
  const { cluster } = manager;
  await manager.reconcile();
  cluster.runJobController();
  const pod = cluster.livePods[0]?.metadata.name ?? "";
  const agent = { ...container, name: "claude-agent", state: { terminated: { exitCode: 0 } } };
  cluster.change(Pods, pod, (each) => (each.status = { phase: "Running", containerStatuses: [agent] }));
  const message = JSON.stringify({ version: 1, inputTokens: 9 });
  const gateway = { ...container, name: "gateway", state: { terminated: { exitCode: 0, message } } };
  cluster.change(Pods, pod, (each) => {
    each.status = { phase: "Succeeded", containerStatuses: [agent], initContainerStatuses: [gateway] };
  });
  cluster.runJobController();
  await manager.reconcile({ age: (plural) => (plural === "pods" ? 2 : 0) });
  await manager.reconcile({ age: (plural) => (plural === "pods" ? 2 : 0) });
  t.match(manager.run.status, { phase: "Succeeded", usage: { inputTokens: 9, unknownAttempts: undefined } });
});

t.test("an attempt whose pod never started has used nothing, which is known", async (t) => {
  const manager = created({ retry: { maxRetries: 0 } });
  const { cluster } = manager;
  await manager.reconcile();
  cluster.runJobController();
  const waiting = { reason: "ImagePullBackOff", message: "no" };
  for (const { metadata } of cluster.livePods)
    cluster.change(Pods, metadata.name, (pod) => {
      const conditions = [{ type: "PodScheduled", status: "True" }];
      const agent = { ...container, name: "claude-agent", state: { waiting } };
      pod.status = { phase: "Pending", conditions, containerStatuses: [agent] };
    });
  for (let step = 0; step < 6; step++) {
    cluster.time += 3_600_000;
    await manager.reconcile();
    cluster.settle();
  }
  t.match(manager.run.status, { phase: "Failed", reason: "ImagePullBackOff", usage: undefined });
});

t.test("a pod with a gateway that left no report is said, and one without a gateway is not", async (t) => {
  const manager = created();
  await manager.reconcile();
  endPod(manager, 0);
  await manager.reconcile();
  t.same(manager.run.status?.usage, { unknownAttempts: 1 });
  const without = created();
  without.configuration = { ...without.configuration, credentials: "environment" };
  await without.reconcile();
  endPod(without, 0);
  await without.reconcile();
  t.equal(without.run.status?.usage, undefined);
});

t.test(
  "what a stopped attempt reported while it ended is counted, although its pods are gone when it has",
  async (t) => {
    const manager = created();
    await manager.reconcile();
    manager.cluster.runJobController();
    await manager.reconcile();
    manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true));
    await manager.reconcile();
    const message = JSON.stringify({ version: 1, inputTokens: 42 });
    for (const { metadata } of manager.cluster.all(Pods))
      manager.cluster.change(Pods, metadata.name, (pod) => {
        pod.status = {
          phase: "Running",
          initContainerStatuses: [{ ...container, name: "gateway", state: { terminated: { exitCode: 0, message } } }],
        };
      });
    await manager.reconcile();
    t.match(manager.run.status?.runs, [{ usage: { inputTokens: 42 } }]);
    t.equal(manager.run.status?.usage, undefined, "its end will count it");
    manager.cluster.settle();
    manager.cluster.settle();
    t.equal(manager.cluster.all(Pods).length, 0);
    await manager.reconcile();
    t.match(manager.run.status, { phase: "Cancelled", usage: { inputTokens: 42 } });
  },
);

t.test("an attempt that its budget ended is not retried, and continues with what is left after a raise", async (t) => {
  const manager = created({ budget: { maxTokens: 1000 } });
  await manager.reconcile();
  const reason = "1,000 of 1,000 tokens are used";
  endPod(manager, 1, { inputTokens: 990, outputTokens: 10, budgetExceeded: reason });
  await manager.reconcile();
  t.match(manager.run.status, {
    phase: "Failed",
    reason: "BudgetExceeded",
    message: /1,000 of 1,000.*raise spec.budget/,
  });
  manager.cluster.change(TaskRuns, runName, ({ spec }) => {
    spec.budget = { maxTokens: 3000 };
    spec.retryAttempt = 2;
  });
  for (let step = 0; step < 4; step++) await manager.reconcile();
  const files = manager.kind.files(manager.run, 2, manager.configuration);
  t.match(JSON.parse(files["gateway.yaml"] ?? ""), {
    budget: { maxTokens: 3000, used: [{ model: "sonnet", tokens: { input: 990, output: 10 } }] },
  });
});

t.test("an attempt whose usage is not known counts as a share of the run's budget", async (t) => {
  const manager = created({
    budget: { maxTokens: 1000, maxCostUSD: 3 },
    retry: { maxRetries: 3, initialBackoffSeconds: 1 },
  });
  await manager.reconcile();
  endPod(manager, 1);
  await nextAttempt(manager);
  t.same(manager.run.status?.usage, { unknownAttempts: 1, unmeasured: { tokens: 250, costUSD: 0.75 } });
  const budget = (): unknown =>
    (JSON.parse(manager.kind.files(manager.run, 9, manager.configuration)["gateway.yaml"] ?? "") as { budget: unknown })
      .budget;
  t.match(budget(), { maxTokens: 750, maxCostUSD: 2.25 }, "the next attempt's gateway ends there");
  endPod(manager, 1, { inputTokens: 400, costUSD: 2 });
  await nextAttempt(manager);
  endPod(manager, 1);
  await nextAttempt(manager);
  t.match(manager.run.status?.usage, {
    unknownAttempts: 2,
    // as much as the attempt that used most, and what is left
    unmeasured: { tokens: 600, costUSD: 1 },
  });
  t.match(budget(), { maxTokens: 400, maxCostUSD: 2, used: [{ tokens: { input: 400 } }] }, "nothing is left");
});

t.test("an attempt whose Job was taken away counts, and one that a person stopped does not", async (t) => {
  for (const [stop, unmeasured] of [
    [
      (manager: Manager) => manager.cluster.delete(Jobs, manager.run.status?.jobName ?? "", "Background"),
      { tokens: 500 },
    ],
    [(manager: Manager) => manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true)), undefined],
  ] as const) {
    const manager = created({ budget: { maxTokens: 1000 }, retry: { maxRetries: 1 } });
    await manager.reconcile();
    await manager.reconcile();
    stop(manager);
    for (let step = 0; step < 6; step++) {
      await manager.reconcile();
      manager.cluster.settle();
    }
    t.same(manager.run.status?.usage?.unmeasured, unmeasured);
  }
});

t.test("limits of a provider are waited for, do not use up the retries, and end", async (t) => {
  const manager = created({ retry: { maxRetries: 1, initialBackoffSeconds: 1 } });
  const { cluster } = manager;
  let attempts = 0;
  for (; attempts < 20; attempts++) {
    await nextAttempt(manager);
    if (manager.run.status?.phase === "Failed") break;
    const until = new Date(cluster.time + 1_800_000).toISOString();
    const limited = { upstream: "anthropic", status: 429, until };
    endPod(manager, 1, { inputTokens: 1, limited });
    await manager.reconcile();
    const { phase, nextRetryTime = "", reason } = manager.run.status ?? {};
    if (attempts < 5) {
      t.match({ phase, reason }, { phase: "Pending", reason: "RetryBackOff" });
      const late = Date.parse(nextRetryTime) - Date.parse(until);
      t.ok(late >= -1000 && late <= 31_000, `${late} ms after the reset`);
      cluster.time = Date.parse(until) - 60_000;
      await manager.reconcile();
      t.equal(cluster.all(Jobs).filter(({ status }) => status?.conditions === undefined).length, 0, "not before");
    }
  }
  // the first, five after resets, and one that maxRetries allows
  t.equal(attempts, 7);
  t.match(manager.run.status, { phase: "Failed", reason: "ProviderLimited" });
});

t.test("budget of the configuration: a default, and a ceiling that holds without a budget, too", (t) => {
  const budgetWith = (budget: object, spec: Partial<TaskRun["spec"]> = {}): unknown => {
    const manager = created(spec);
    const { configuration: given, problems } = parseConfiguration(JSON.stringify({ credentials: "gateway", budget }));
    if (given === undefined) throw new Error(JSON.stringify(problems));
    const text = manager.kind.files(manager.run, 1, given)["gateway.yaml"] ?? "";
    return (JSON.parse(text) as { budget?: unknown }).budget;
  };
  t.equal(budgetWith({}), undefined, "no limit");
  t.match(budgetWith({ default: { maxCostUSD: 5 } }), { maxCostUSD: 5, used: [] });
  t.match(budgetWith({ default: { maxCostUSD: 5 } }, { budget: { maxTokens: 9 } }), {
    maxTokens: 9,
    maxCostUSD: undefined,
  });
  t.match(budgetWith({ ceiling: { maxCostUSD: 2 } }, { budget: { maxTokens: 9 } }), { maxTokens: 9, maxCostUSD: 2 });
  t.match(budgetWith({ ceiling: { maxTokens: 2 } }, { budget: { maxTokens: 9 } }), { maxTokens: 2 });
  t.end();
});

t.test("a report is read as the gateway writes it", (t) => {
  const prices = new PriceList({ sonnet: { input: 3, output: 15 } });
  const directory = t.testdir({});
  const ledger = new Ledger({ prices, budget: {}, file: `${directory}/usage.jsonl` });
  const text = reportText(ledger, { budgetExceeded: "spent", limited: { upstream: "a", status: 429 } });
  t.match(parseUsageReport(text), { budgetExceeded: "spent", limited: { status: 429 }, usage: { inputTokens: 0 } });
  ledger.close();
  t.end();
});

t.test("nothing that a container leaves is an error, and no figure is invented", (t) => {
  const message = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ version: fc.constant(1), inputTokens: fc.anything(), byModel: fc.anything(), limited: fc.anything() })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(message, (text) => {
      const report = parseUsageReport(text);
      for (const value of Object.values(report?.usage ?? {}))
        if (typeof value === "number" && !(value >= 0 && Number.isFinite(value))) throw new Error(String(value));
    }),
  );
  for (const text of ["", "{}", '{"version":2}', '{"version":1', "x".repeat(5000)])
    t.equal(parseUsageReport(text), undefined);
  t.match(parseUsageReport('{"version":1,"inputTokens":-1,"outputTokens":1.5,"costUSD":"9"}'), { usage: {} });
  t.end();
});

const count = fc.integer({ min: 0, max: 1_000_000 });
const figures = {
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  requests: count,
};
const usage: fc.Arbitrary<Usage> = fc
  .array(fc.record({ model: fc.integer({ min: 0, max: 40 }).map((each) => `model-${each}`), ...figures }), {
    maxLength: 30,
  })
  .map((models) => {
    const unique = [...new Map(models.map((each) => [each.model, each])).values()];
    return unique.map((each) => ({ ...each, byModel: [each] })).reduce(sumOfUsage, {});
  });

t.test("sums lose nothing, stay within twenty models, and do not depend on the order", (t) => {
  const total = ({ byModel = [] }: Usage): number => byModel.reduce((sum, each) => sum + (each.inputTokens ?? 0), 0);
  fc.assert(
    fc.property(usage, usage, (a, b) => {
      const both = sumOfUsage(a, b);
      if ((both.byModel ?? []).length > 20) throw new Error("too many models");
      if (total(both) !== total(a) + total(b)) throw new Error("models lose tokens");
      if ((both.inputTokens ?? 0) !== (a.inputTokens ?? 0) + (b.inputTokens ?? 0))
        throw new Error("the sum loses tokens");
      const used = usedBefore(both).reduce((sum, { tokens }) => sum + tokens.input, 0);
      if (used !== (both.inputTokens ?? 0)) throw new Error("the gateway gets other figures");
    }),
  );
  t.same(usedBefore(undefined), []);
  t.same(usedBefore({ inputTokens: 5 }), [
    { model: "other", tokens: { ...noTokens, input: 5 }, requests: 0, estimated: 0 },
  ]);
  t.end();
});

t.test("dollars that no model has count against the budget of the next attempt", (t) => {
  const manager = created({ budget: { maxCostUSD: 3 } });
  const status = { usage: { inputTokens: 9, costUSD: 2.5, byModel: [{ model: "sonnet", costUSD: 1 }] } };
  const text = manager.kind.files({ ...manager.run, status }, 2, manager.configuration)["gateway.yaml"] ?? "";
  t.match(JSON.parse(text), { budget: { maxCostUSD: 1.5 } });
  t.end();
});

t.test("the report of a gateway that waits to be started again counts", async (t) => {
  const manager = created();
  await manager.reconcile();
  endPod(manager, 0, { inputTokens: 8 });
  const [pod] = manager.cluster.all(Pods);
  manager.cluster.change(Pods, pod?.metadata.name ?? "", (each) => {
    const [gateway] = each.status?.initContainerStatuses ?? [];
    if (gateway === undefined) throw new Error("there is no gateway");
    gateway.lastState = gateway.state ?? {};
    gateway.state = { waiting: { reason: "CrashLoopBackOff" } };
  });
  await manager.reconcile();
  t.equal(manager.run.status?.usage?.inputTokens, 8);
});
