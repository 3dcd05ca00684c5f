/** The metrics of runs, as a scrape shows them. */
import { Registry } from "prom-client";
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { runMetrics } from "#src/runs/metrics.js";

function begin(isLeader = true): { manager: Manager; registry: Registry } {
  const registry = new Registry();
  const cluster = new ModelCluster();
  const { runs } = cluster.readers();
  const live = { ...runs, list: () => cluster.all(TaskRuns) };
  const limitsOf = (waiting: readonly unknown[]) => waiting.map(() => "total" as const);
  const metrics = runMetrics({ registry, prefix: "taskrun", runs: live, isLeader: () => isLeader, limitsOf });
  return { manager: new Manager(cluster, metrics), registry };
}

void t.test("the four metrics of runs have their documented names", async (t) => {
  const { manager, registry } = begin();
  manager.cluster.create(TaskRuns, exampleRun());
  await manager.reconcile();
  const text = await registry.metrics();
  t.match(text, /^taskrun_reconciliations_total\{result="success"\} 1$/m);
  t.match(text, /^taskrun_reconciliation_duration_seconds_count 1$/m);
  t.match(text, /^taskrun_jobs_created_total 1$/m);
  t.match(text, /^taskrun_configmaps_created_total 1$/m);
});

void t.test("attempts are counted once they end, by outcome and cause, with their duration", async (t) => {
  const { manager, registry } = begin();
  manager.cluster.create(TaskRuns, exampleRun({ retry: { maxRetries: 1, initialBackoffSeconds: 1 } }));
  await manager.reconcile();
  t.match(await registry.metrics(), /^taskrun_runs_total\{outcome="Failed",cause="Initial"\} 0$/m, "counted from zero");
  manager.cluster.time += 10_000;
  await manager.work(1);
  manager.cluster.time += 5_000;
  await manager.reconcile();
  manager.cluster.time += 100_000;
  await manager.work(0);
  await manager.reconcile();
  const text = await registry.metrics();
  t.match(text, /^taskrun_runs_total\{outcome="Failed",cause="Initial"\} 1$/m);
  t.match(text, /^taskrun_runs_total\{outcome="Succeeded",cause="AutomaticRetry"\} 1$/m);
  t.match(text, /^taskrun_run_duration_seconds_sum\{outcome="Failed"\} 10$/m);
  t.match(text, /^taskrun_run_duration_seconds_sum\{outcome="Succeeded"\} 100$/m);
  t.match(text, /^taskrun_phase\{phase="Succeeded"\} 1$/m);
  t.match(text, /^taskrun_phase\{phase="Pending"\} 0$/m);
});

void t.test("the length of the queue and the time in it are reported by priority", async (t) => {
  const { manager, registry } = begin();
  manager.cluster.create(TaskRuns, exampleRun({ priority: "high" }));
  manager.slotDecision = { granted: false, reason: "WaitingForSlot", limit: "perWorkspace", message: "Waits." };
  await manager.reconcile();
  t.match(await registry.metrics(), /^taskrun_queue_length\{priority="high"\} 1$/m);
  t.match(await registry.metrics(), /^taskrun_queue_length_by_limit\{limit="total"\} 1$/m);
  t.match(await registry.metrics(), /^taskrun_queue_length_by_limit\{limit="perAgent"\} 0$/m);
  manager.cluster.time += 42_000;
  manager.slotDecision = undefined;
  await manager.reconcile();
  const text = await registry.metrics();
  t.match(text, /^taskrun_queue_length\{priority="high"\} 0$/m);
  t.match(text, /^taskrun_queue_length_by_limit\{limit="total"\} 0$/m);
  t.match(text, /^taskrun_queue_wait_seconds_sum\{priority="high"\} 42$/m);
});

void t.test("a deleted run leaves nothing in the gauges, and a standby has none", async (t) => {
  const { manager, registry } = begin();
  manager.cluster.create(TaskRuns, exampleRun());
  await manager.reconcile();
  t.match(await registry.metrics(), /^taskrun_phase\{phase="Running"\} 1$/m);
  manager.cluster.delete(TaskRuns, runName);
  for (let round = 0; round < 3; round++) {
    await manager.reconcile();
    manager.cluster.settle();
  }
  t.equal(manager.cluster.get(TaskRuns, runName), undefined);
  t.match(await registry.metrics(), /^taskrun_phase\{phase="Running"\} 0$/m);
  const standby = begin(false);
  standby.manager.cluster.create(TaskRuns, exampleRun());
  t.notMatch(await standby.registry.metrics(), /^taskrun_phase\{/m);
});

void t.test("what attempts use of models is counted once, by model, of which there are only so many", async (t) => {
  const registry = new Registry();
  const { runs } = new ModelCluster().readers();
  const metrics = runMetrics({ registry, prefix: "taskrun", runs, isLeader: () => true });
  const run = exampleRun();
  const sonnet = { model: "sonnet", inputTokens: 100, cacheReadTokens: 7, requests: 2, costUSD: 0.5 };
  const first = { usage: { inputTokens: 100, byModel: [sonnet] } };
  metrics.statusWritten(run, undefined, first);
  metrics.statusWritten(run, first, first);
  const more = { usage: { inputTokens: 130, byModel: [{ ...sonnet, inputTokens: 130, costUSD: 0.75 }] } };
  metrics.statusWritten(run, first, more);
  for (let index = 0; index < 60; index++)
    metrics.statusWritten(run, undefined, {
      usage: { inputTokens: 1, byModel: [{ model: `model-${index}`, inputTokens: 1 }] },
    });
  const text = await registry.metrics();
  t.match(text, /^taskrun_model_tokens_total\{model="sonnet",kind="input"\} 130$/m);
  t.match(text, /^taskrun_model_tokens_total\{model="sonnet",kind="cacheRead"\} 7$/m);
  t.match(text, /^taskrun_model_requests_total\{model="sonnet"\} 2$/m);
  t.match(text, /^taskrun_model_cost_usd_total\{model="sonnet"\} 0.75$/m);
  t.match(text, /^taskrun_model_tokens_total\{model="other",kind="input"\} 11$/m);
});
