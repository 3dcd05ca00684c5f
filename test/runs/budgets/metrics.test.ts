import { Registry } from "prom-client";
import t from "tap";
import { Manager } from "../manager.js";
import { exampleRun, ModelCluster } from "../model-cluster.js";
import { Budgets } from "#src/api/budget.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { addBudgetMetrics } from "#src/runs/budgets/metrics.js";

t.test(
  "each Budget has its figures in the units that it limits, and runs that wait are counted, by the leader alone",
  async (t) => {
    const cluster = new ModelCluster();
    const manager = new Manager(cluster);
    const spec = { maxCostUSD: 20, timeZone: "UTC", perAttempt: { maxCostUSD: 12 } };
    cluster.create(Budgets, { metadata: { name: "team", namespace: "orchestrator" }, spec });
    for (const name of ["one", "two"]) {
      const example = exampleRun({ serviceName: name });
      cluster.create(TaskRuns, { ...example, metadata: { ...example.metadata, name } });
      await manager.reconcile({}, name);
    }
    const registry = new Registry();
    let isLeader = true;
    addBudgetMetrics({ registry, book: manager.book, isLeader: () => isLeader });
    const labels = '{namespace="orchestrator",budget="team",unit="usd"}';
    const text = await registry.metrics();
    for (const line of [`budget_limit${labels} 20`, `budget_spent${labels} 0`, `budget_reserved${labels} 12`])
      t.ok(text.includes(`\n${line}\n`), line);
    t.match(text, /^budget_waiting_runs 1$/m);
    t.notMatch(text, 'tokens"');
    cluster.delete(Budgets, "team");
    t.notMatch(await registry.metrics(), "team", "a deleted one leaves no series behind");
    isLeader = false;
    t.match(await registry.metrics(), /^budget_waiting_runs 0$/m);
  },
);

t.test("the number of series is bounded, however many Budgets there are", async (t) => {
  const cluster = new ModelCluster();
  for (let index = 0; index < 210; index++)
    cluster.create(Budgets, { metadata: { name: `b-${index}`, namespace: "orchestrator" }, spec: { maxTokens: 1 } });
  const registry = new Registry();
  addBudgetMetrics({ registry, book: new Manager(cluster).book, isLeader: () => true });
  t.equal((await registry.metrics()).match(/^budget_limit\{/gm)?.length, 200);
});
