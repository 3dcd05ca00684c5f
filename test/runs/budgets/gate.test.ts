/** How a run meets a Budget: it reserves, waits, starts after a reset or a raise, and counts once it has ended or is deleted. */
import t from "tap";
import { Manager, runName } from "../manager.js";
import { exampleRun, ModelCluster } from "../model-cluster.js";
import { Budgets, type Budget, type BudgetStatus } from "#src/api/budget.js";
import { findCondition } from "#src/api/conditions.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import { ConfigMaps, Jobs } from "#src/runtime/client/builtin.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";

const { configuration = defaultConfiguration } = parseConfiguration(JSON.stringify({ credentials: "gateway" }));

function scene(spec: Budget["spec"], run: Partial<TaskRun["spec"]> = {}): { cluster: ModelCluster; manager: Manager } {
  const cluster = new ModelCluster();
  const manager = new Manager(cluster);
  manager.configuration = configuration;
  const status = { observedGeneration: 0 };
  cluster.create(Budgets, {
    metadata: { name: "team", namespace: "orchestrator" },
    spec: { period: "Day", timeZone: "UTC", ...spec },
    status,
  });
  cluster.create(TaskRuns, exampleRun({ retry: { maxRetries: 0 }, ...run }));
  return { cluster, manager };
}

const statusOf = (cluster: ModelCluster): BudgetStatus => cluster.get(Budgets, "team")?.status ?? {};

function another(cluster: ModelCluster, name: string, spec: Partial<TaskRun["spec"]> = {}): void {
  const example = exampleRun({ serviceName: name, ...spec });
  cluster.create(TaskRuns, { ...example, metadata: { ...example.metadata, name } });
}

/** Its agent ends, and the gateway reports what it cost. */
function end(cluster: ModelCluster, costUSD: number): void {
  cluster.runJobController();
  for (const pod of cluster.livePods) {
    cluster.endPods(0, undefined, [pod]);
    cluster.report(pod.metadata.name, { byModel: [], requests: 1, inputTokens: 100, costUSD });
  }
  cluster.runJobController();
}

t.test(
  "an attempt reserves before its Job is created, its gateway ends there, and it counts what it used",
  async (t) => {
    const { cluster, manager } = scene({ maxCostUSD: 20 });
    await manager.reconcile();
    const writes = cluster.writes;
    t.ok(writes.indexOf("patch budgets/status") < writes.indexOf("create jobs"), writes.join(", "));
    t.match(statusOf(cluster), { reserved: { costUSD: 2 }, attempts: [{ name: runName, number: 1, costUSD: 2 }] });
    const files = cluster.all<ConfigMap>(ConfigMaps).map(({ data }) => data?.["gateway.yaml"] ?? "");
    t.match(JSON.parse(files.join("")), { budget: { maxCostUSD: 2, used: [] } });
    end(cluster, 0.75);
    await manager.reconcile();
    t.match(statusOf(cluster), { spent: { costUSD: 0.75, tokens: 100 }, reserved: { costUSD: 0 }, attempts: [] });
    t.equal(manager.phase, "Succeeded");
    const before = writes.length;
    await manager.reconcile();
    t.equal(writes.length, before, "and nothing is written any more");
  },
);

t.test("a run that does not fit waits, and is woken when another has spent less than it reserved", async (t) => {
  const { cluster, manager } = scene({ maxCostUSD: 10 }, { budget: { maxCostUSD: 6 } });
  another(cluster, "second", { budget: { maxCostUSD: 6 } });
  await manager.reconcile();
  await manager.reconcile({}, "second");
  const waiting = cluster.get(TaskRuns, "second")?.status;
  t.match(waiting, {
    phase: "Pending",
    reason: "BudgetExhausted",
    message: /Budget orchestrator\/team \(10 US dollars a day\).*resets at 2024-07-03T00:00:00Z/,
  });
  t.match(findCondition(waiting?.conditions, "Admitted"), { status: "False", reason: "BudgetExhausted" });
  t.match(
    manager.events.find(({ reason }) => reason === "BudgetExhausted"),
    { type: "Normal", note: /^Waiting for Budget orchestrator\/team/ },
  );
  t.same(manager.woken, []);
  end(cluster, 1);
  await manager.reconcile();
  t.same(manager.woken, ["second"]);
  await manager.reconcile({}, "second");
  t.equal(cluster.get(TaskRuns, "second")?.status?.phase, "Running");
  t.match(findCondition(cluster.get(TaskRuns, "second")?.status?.conditions, "Admitted"), { status: "True" });
});

for (const [what, change] of [
  ["after the reset", (cluster: ModelCluster) => (cluster.time = Date.parse("2024-07-03T00:00:00Z"))],
  ["after a raise", (cluster: ModelCluster) => cluster.change(Budgets, "team", ({ spec }) => (spec.maxCostUSD = 50))],
  ["once the Budget is deleted", (cluster: ModelCluster) => cluster.delete(Budgets, "team")],
] as const)
  t.test(`a run that waits starts by itself ${what}`, async (t) => {
    const { cluster, manager } = scene({ maxCostUSD: 10 }, { budget: { maxCostUSD: 6 } });
    cluster.change(Budgets, "team", (each) => {
      each.status = { resetsAt: "2024-07-03T00:00:00Z", countedBy: "Day UTC", spent: { costUSD: 8, tokens: 0 } };
    });
    const result = await manager.reconcile();
    t.equal(manager.run.status?.reason, "BudgetExhausted");
    t.ok((result?.requeueAfter ?? Infinity) <= 60_000, "it looks again by itself");
    change(cluster);
    await manager.refreshBudget("team");
    t.same(manager.woken, [runName]);
    await manager.reconcile();
    t.equal(manager.phase, "Running");
  });

t.test("a run that waits for a Budget does not request a slot", async (t) => {
  const { manager } = scene({ maxCostUSD: 0 });
  manager.slotDecision = { granted: false, reason: "WaitingForSlot", limit: "total", message: "Waits." };
  await manager.reconcile();
  t.equal(manager.run.status?.reason, "BudgetExhausted");
});

t.test(
  "the reservation of an attempt that does not start after all is released, but not while its Job may exist",
  async (t) => {
    const { cluster, manager } = scene({ maxCostUSD: 20 });
    // after workspace, Budget and files
    await manager.reconcile({ kill: { at: 4, when: "after" } });
    t.same(cluster.jobsCreated, [`${runName}-run-1`]);
    cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = true));
    await manager.reconcile({ age: (plural) => (plural === "jobs" ? 3 : 0) });
    t.match(statusOf(cluster), { reserved: { costUSD: 2 } }, "the cache does not show the Job yet");

    const other = scene({ maxCostUSD: 20 });
    await other.manager.reconcile({ kill: { at: 3, when: "after" } });
    t.match(statusOf(other.cluster), { reserved: { costUSD: 2 } });
    t.same(other.cluster.jobsCreated, []);
    other.cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = true));
    await other.manager.reconcile();
    t.match(statusOf(other.cluster), { reserved: { costUSD: 0 }, attempts: [], spent: { costUSD: 0 } });
  },
);

t.test("an attempt that the API server refuses reserves nothing", async (t) => {
  const { cluster, manager } = scene({ maxCostUSD: 20 });
  cluster.refuse = (what) => (what === "create jobs" ? "no" : undefined);
  await manager.reconcile();
  t.equal(manager.run.status?.reason, "JobRefused");
  t.match(statusOf(cluster), { reserved: { costUSD: 0 }, attempts: [] });
});

t.test("what a deleted run used counts, as its gateway reported it", async (t) => {
  const { cluster, manager } = scene({ maxCostUSD: 20 });
  await manager.reconcile();
  cluster.runJobController();
  cluster.delete(TaskRuns, runName);
  await manager.reconcile();
  for (const pod of cluster.livePods) {
    cluster.endPods(143, undefined, [pod]);
    cluster.report(pod.metadata.name, { byModel: [], requests: 3, costUSD: 1.25 });
  }
  for (let round = 0; round < 4; round++) {
    await manager.reconcile();
    cluster.settle();
  }
  t.equal(cluster.get(TaskRuns, runName), undefined);
  t.match(statusOf(cluster), { spent: { costUSD: 1.25 }, attempts: [] });
  t.equal(statusOf(cluster).unmeasuredAttempts, undefined);
});

t.test(
  "an attempt of which nobody knows what it used counts with its reservation, and one whose pod did not start with nothing",
  async (t) => {
    const { cluster, manager } = scene({ maxCostUSD: 20 });
    await manager.reconcile();
    cluster.delete(Jobs, `${runName}-run-1`);
    for (let round = 0; round < 3; round++) {
      await manager.reconcile();
      cluster.settle();
    }
    t.match(statusOf(cluster), {
      spent: { costUSD: 0 },
      unmeasured: { costUSD: 2 },
      unmeasuredAttempts: 1,
      attempts: [],
    });

    const stuck = scene({ maxCostUSD: 20 });
    await stuck.manager.reconcile();
    stuck.cluster.runJobController();
    stuck.cluster.stickPods();
    for (let round = 0; round < 6; round++) {
      await stuck.manager.reconcile();
      stuck.cluster.settle();
      stuck.cluster.time += configuration.stuckPodSeconds * 1000;
    }
    t.equal(stuck.manager.run.status?.reason, "ImagePullBackOff");
    t.match(statusOf(stuck.cluster), { spent: { costUSD: 0 }, attempts: [] });
    t.equal(statusOf(stuck.cluster).unmeasured, undefined);
  },
);

t.test("the reservation of a run that is gone counts as spent, and that of a live one stays", async (t) => {
  const { cluster, manager } = scene({ maxCostUSD: 20 });
  another(cluster, "second");
  await manager.reconcile();
  await manager.reconcile({}, "second");
  // somebody removes the finalizer by hand
  cluster.change(TaskRuns, runName, ({ metadata }) => (metadata.finalizers = []));
  cluster.delete(TaskRuns, runName);
  await manager.refreshBudget("team");
  t.match(statusOf(cluster), { unmeasured: { costUSD: 2 }, attempts: [{ name: "second" }] });
});

t.test(
  "the reservation of a run whose namespace is no longer managed counts as spent, and the run is not read",
  async (t) => {
    const { cluster, manager } = scene({ maxCostUSD: 20 });
    const client = cluster.client();
    cluster.client = () => ({
      ...client,
      get: (type, key, options) =>
        key.namespace === "elsewhere" ? Promise.reject(new Error("forbidden")) : client.get(type, key, options),
    });
    await manager.reconcile();
    cluster.change(Budgets, "team", ({ status }) => {
      for (const each of status?.attempts ?? []) each.namespace = "elsewhere";
    });
    manager.watches = (namespace) => namespace !== "elsewhere";
    await manager.refreshBudget("team");
    t.match(statusOf(cluster), { unmeasured: { costUSD: 2 }, attempts: [] });
  },
);

t.test("a person who raises a Budget while it is written loses nothing, and neither does the run", async (t) => {
  const { cluster, manager } = scene({ maxCostUSD: 20 });
  let isRaised = false;
  const raise = (what: string): void => {
    if (what !== "patch budgets/status" || isRaised) return;
    isRaised = true;
    cluster.change(Budgets, "team", ({ spec }) => (spec.maxCostUSD = 30));
  };
  const client = cluster.client.bind(cluster);
  cluster.client = () => {
    const real = client();
    return {
      ...real,
      patch: (type, key, patch, options) => {
        raise(`patch ${type.plural}${options?.subresource === undefined ? "" : `/${options.subresource}`}`);
        return real.patch(type, key, patch, options);
      },
    };
  };
  await manager.reconcile();
  t.ok(isRaised);
  t.match(cluster.get(Budgets, "team"), { spec: { maxCostUSD: 30 }, status: { attempts: [{ name: runName }] } });
  t.equal(manager.phase, "Running");
});

t.test("200 reservations at once are few writes, and never too much together", async (t) => {
  const { cluster, manager } = scene({ maxCostUSD: 100, perAttempt: { maxCostUSD: 1 } });
  const names = Array.from({ length: 200 }, (_, index) => `run-${index}`);
  for (const name of names) another(cluster, name);
  await Promise.all(names.map((name) => manager.reconcile({}, name)));
  t.equal(cluster.jobsCreated.length, 100);
  t.match(statusOf(cluster), { reserved: { costUSD: 100 } });
  t.ok(cluster.writes.filter((what) => what === "patch budgets/status").length < 50);
  const reasons = new Set(names.map((name) => cluster.get(TaskRuns, name)?.status?.reason));
  t.same([...reasons].sort(), ["BudgetExhausted", "Starting"]);
});
