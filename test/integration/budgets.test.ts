/** 200 runs under one Budget, with kills of the manager: never more than the Budget allows, and each attempt counts once. */
import t from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { Budgets, type Budget } from "#src/api/budget.js";
import { isTerminal } from "#src/api/phase.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { operatorNames } from "#src/configuration/names.js";
import { isPodLive } from "#src/runs/observed.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { endPod } from "./finisher.js";
import { startIntercepted, type Intercepted } from "./operator.js";

const maxCostUSD = 60;
const count = 200;
const numbers = Array.from({ length: count }, (_, index) => index);
/** What the agent of a run spends, in US dollars. */
const costOf = (number: number): number => (1 + (number % 7)) * 0.05;
/** The writes of the Budget at which the manager is killed: before and after the API server has processed them. */
const kills = new Map<number, "before" | "after">([
  [10, "after"],
  [40, "before"],
]);

let cluster: Cluster;
let client: HttpClient;
let intercepted: Intercepted;
let namespace: string;

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  // other tests of a shared cluster may have left one; the default has a gateway in each pod
  const configuration = { namespace: "orchestrator", name: operatorNames.configuration };
  await unlessMissing(client.delete(ConfigMaps, configuration));
  intercepted = await startIntercepted(t, cluster);
  namespace = await testNamespace(t, client);
});

const example = (number: number): TaskRun => ({
  metadata: { namespace, name: `run-${number}` },
  spec: {
    taskId: number + 1,
    serviceName: `service-${number}`,
    markdownFiles: [{ filename: "task.md", content: "# Task\n", fileType: "task" }],
  },
});

/** Kills the manager at some writes of the Budget. @returns the number of kills so far, and a wait for the last restart */
function killAtWrites({ operator, interceptor }: Intercepted): { count: number; restarted: Promise<void> } {
  const state = { count: 0, restarted: Promise.resolve() };
  let writes = 0;
  interceptor.hook = ({ method, path }, when) => {
    if (method !== "PATCH" || !path.includes(`/namespaces/${namespace}/budgets/`)) return "goOn";
    if (when === "before") writes += 1;
    if (kills.get(writes) !== when) return "goOn";
    kills.delete(writes);
    state.count += 1;
    // dropped before the process is killed, so that it cannot have seen the response
    const ended = operator.end("SIGKILL");
    state.restarted = ended.then(() => operator.start());
    return ended.then(() => "drop");
  };
  return state;
}

/** Each live pod ends, and its gateway reports what its run's agent spent. */
async function endPods(pods: readonly Stored<Pod>[]): Promise<void> {
  for (const pod of pods.filter(isPodLive)) {
    const number = Number(/^service-(\d+)$/.exec(pod.metadata.labels?.service ?? "")?.[1]);
    const report = { requests: 1, inputTokens: 10, costUSD: costOf(number), byModel: [] };
    await endPod(client, pod, 0, undefined, report);
  }
}

t.test(
  "200 runs under one Budget, whose manager is killed, spend what they spend, once",
  { timeout: 300_000 },
  async (t) => {
    const key = { namespace, name: "team" };
    const spec: Budget["spec"] = { period: "Month", maxCostUSD, perAttempt: { maxCostUSD: 2 } };
    await eventually("the Budget is admitted", () => client.create(Budgets, { metadata: key, spec }));
    await eventually("runs are admitted", () => client.create(TaskRuns, example(0)));
    for (let first = 1; first < count; first += 20)
      await Promise.all(numbers.slice(first, first + 20).map((number) => client.create(TaskRuns, example(number))));
    // from here on: while the manager starts again, no run is admitted
    const killed = killAtWrites(intercepted);
    let highest = 0;
    await eventually(
      "all runs have ended",
      async () => {
        const [{ status }, pods] = await Promise.all([client.get(Budgets, key), client.list(Pods, { namespace })]);
        const { spent, unmeasured, reserved } = status ?? {};
        highest = Math.max(highest, (spent?.costUSD ?? 0) + (unmeasured?.costUSD ?? 0) + (reserved?.costUSD ?? 0));
        await endPods(pods.items);
        if (pods.items.length < count) return false;
        const runs = await client.list(TaskRuns, { namespace });
        return runs.items.every((run) => isTerminal(run.status?.phase));
      },
      240_000,
    );
    await killed.restarted;
    const { status } = await eventually("everything is settled", async () => {
      const budget = await client.get(Budgets, key);
      return budget.status?.attempts?.length === 0 && budget;
    });
    const { items } = await client.list(TaskRuns, { namespace });
    t.equal(killed.count, 2, "the manager was killed at both writes");
    t.same([...new Set(items.map((run) => run.status?.phase))], ["Succeeded"]);
    t.ok(items.every((run) => run.status?.attempts === 1));
    t.equal((await client.list(Jobs, { namespace })).items.length, count);
    t.ok(highest <= maxCostUSD + 1e-6 && highest > maxCostUSD / 2, `at most ${highest} US dollars spent and reserved`);
    const total = numbers.reduce((sum, number) => sum + costOf(number), 0);
    t.ok(
      Math.abs((status?.spent?.costUSD ?? 0) - total) < 1e-5,
      `${status?.spent?.costUSD ?? 0} of ${total} US dollars`,
    );
    t.equal(status?.spent?.tokens, count * 10);
    t.equal(status?.unmeasuredAttempts, undefined);
  },
);
