/**
 * Many runs under one Budget that does not suffice for all, with kills of the manager and of gateways: what the provider has counted
 * never exceeds the Budget by more than docs/adr/040-budgets.md says, and each attempt counts once.
 */
import t from "tap";
import { stringify } from "yaml";
import type { Cluster } from "#src/cluster/index.js";
import { Budgets, type Budget } from "#src/api/budget.js";
import { isTerminal } from "#src/api/phase.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { operatorNames } from "#src/configuration/names.js";
import { total } from "#src/gateway/tokens.js";
import { isPodLive } from "#src/runs/observed.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import { eventually } from "../eventually.js";
import { ModelProvider } from "../gateway/model-provider.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { GatewayNode, type AgentPlan, type GatewayKill, type PodEnd } from "./gateway-node.js";
import { startIntercepted, type Intercepted } from "./operator.js";

const isFull = process.env.TEST_FULL === "1";
const count = isFull ? 200 : 20;
const numbers = Array.from({ length: count }, (_, index) => index);

/** Tokens of an answer, as the provider counts them. */
const answer = 100;
/** Tokens that an attempt may use: four answers. */
const perAttempt = 4 * answer;
/** Two thirds of what all agents want to use. */
const maxTokens = 2 * answer * count;
/** US dollars for a million tokens: an answer costs one dollar. The limits in dollars leave room, so that the tokens decide. */
const price = { input: 10_000, output: 10_000 };
const costOf = (tokens: number): number => (tokens * price.input) / 1_000_000;
const limit = { maxTokens, maxCostUSD: costOf(maxTokens) + 1 };
const allowance = { maxTokens: perAttempt, maxCostUSD: costOf(perAttempt) + 0.5 };
/** Gateways that are killed: in the middle of an answer, which then counts as estimated, and after one. */
const gatewayKills = { "in an answer": isFull ? 15 : 3, "after an answer": isFull ? 10 : 2 };
/** The writes of the Budget at which the manager is killed: before and after the API server has processed them. */
const kills = new Map<number, "before" | "after">(
  isFull
    ? [
        [10, "after"],
        [40, "before"],
      ]
    : [
        [4, "after"],
        [9, "before"],
      ],
);

let cluster: Cluster;
let client: HttpClient;
let intercepted: Intercepted;
let namespace: string;

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  // other tests of a shared cluster may have left one
  const configuration = { namespace: "orchestrator", name: operatorNames.configuration };
  await unlessMissing(client.delete(ConfigMaps, configuration));
  intercepted = await startIntercepted(t, cluster);
  const text = stringify({ gateway: { prices: { "priced-*": price } } });
  await client.create(ConfigMaps, { metadata: configuration, data: { "config.yaml": text } });
  t.teardown(() => unlessMissing(client.delete(ConfigMaps, configuration)));
  await eventually("the prices are in force", async () =>
    (await intercepted.operator.metrics()).includes('orchestrator_config_reloads_total{result="accepted"} 1'),
  );
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

/** The agent of a run asks one to seven times; the gateways of the first pods are killed. */
function plans(): (pod: Stored<Pod>) => AgentPlan {
  const planned: (GatewayKill | undefined)[] = (["in an answer", "after an answer"] as const).flatMap((kill) =>
    Array.from({ length: gatewayKills[kill] }, () => kill),
  );
  return ({ metadata }) => {
    const number = Number(/^service-(\d+)$/.exec(metadata.labels?.service ?? "")?.[1]);
    const kill = planned.shift();
    return { requests: 1 + (number % 7), ...(kill !== undefined && { kill }) };
  };
}

const tokensOf = ({ report: { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } }: PodEnd): number =>
  inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

t.test(
  `${count} runs under one Budget spend no more than it has, whatever is killed, and each attempt counts once`,
  { timeout: isFull ? 900_000 : 300_000 },
  async (t) => {
    const provider = await new ModelProvider().start(t);
    provider.next.parts = ["x".repeat(60), "y".repeat(60)];
    provider.next.tokens = { input: 70, output: 30, cacheRead: 0, cacheWrite: 0 };
    t.equal(total(provider.next.tokens), answer);
    const node = new GatewayNode(t, { client, provider, plan: plans() });
    const key = { namespace, name: "team" };
    const spec: Budget["spec"] = { period: "Month", ...limit, perAttempt: allowance };
    await eventually("the Budget is admitted", () => client.create(Budgets, { metadata: key, spec }));
    await eventually("runs are admitted", () => client.create(TaskRuns, example(0)));
    for (let first = 1; first < count; first += 20)
      await Promise.all(numbers.slice(first, first + 20).map((number) => client.create(TaskRuns, example(number))));
    // from here on: while the manager starts again, no run is admitted
    const killed = killAtWrites(intercepted);
    let highest = 0;
    const { budget, runs } = await eventually(
      "all runs have ended, or the Budget is exhausted",
      async () => {
        const [budget, pods] = await Promise.all([client.get(Budgets, key), client.list(Pods, { namespace })]);
        const { spent, unmeasured, reserved, attempts = [] } = budget.status ?? {};
        const used = (spent?.tokens ?? 0) + (unmeasured?.tokens ?? 0);
        highest = Math.max(highest, used + (reserved?.tokens ?? 0));
        node.start(pods.items);
        if (pods.items.some(isPodLive) || attempts.length > 0) return false;
        const { items: runs } = await client.list(TaskRuns, { namespace });
        const waiting = runs.filter(({ status }) => !isTerminal(status?.phase));
        const isOver = waiting.length === 0 || used + perAttempt > maxTokens;
        // a manager that starts again has to see them first
        const isSaid = waiting.every(({ status }) => status?.reason === "BudgetExhausted");
        return isOver && isSaid && node.ends.size === pods.items.length && { budget, runs };
      },
      isFull ? 840_000 : 240_000,
    );
    await killed.restarted;
    const ends = [...node.ends.values()];
    const cutOff = gatewayKills["in an answer"];
    t.equal(killed.count, 2, "the manager was killed at both writes");
    t.equal(node.kills, cutOff + gatewayKills["after an answer"], "gateways were killed");

    const asked = provider.arrived.length * answer;
    const overshoot = (ends.length + cutOff) * answer;
    t.comment(
      `${ends.length} attempts; the provider counted ${asked} tokens, ${total(provider.served)} of complete answers; ` +
        `at most ${highest} of ${maxTokens} were spent and reserved`,
    );
    t.ok(asked <= maxTokens + overshoot, "at most an answer more for each attempt, and for each that was cut off");
    const beyond = sum(ends.map((end) => Math.max(0, tokensOf(end) - perAttempt)));
    t.ok(highest <= maxTokens + beyond, "reservations never exceed what is left");
    t.ok(highest > 0.9 * maxTokens, "the Budget is used");
    t.ok(ends.some(({ isRefused }) => isRefused) && ends.length < count, "and does not suffice for all");

    for (const end of ends) {
      const { plan, report } = end;
      const isCutOff = plan.kill === "in an answer";
      const used = report.requests * answer;
      t.ok(isCutOff ? tokensOf(end) < used && tokensOf(end) > used - answer : tokensOf(end) === used);
      t.ok(used < perAttempt + (isCutOff ? 2 : 1) * answer, "one answer at most is beyond the allowance");
      t.equal(end.isRefused, report.budgetExceeded !== undefined);
    }
    t.equal(
      sum(ends.map(({ report }) => report.requests)) * answer,
      asked,
      "no request is forgotten, and none counts twice",
    );
    t.equal(budget.status?.spent?.tokens, sum(ends.map(tokensOf)), "the account has what the gateways have reported");
    const dollars = sum(ends.map(({ report }) => report.costUSD ?? 0));
    t.ok(Math.abs(dollars - costOf(sum(ends.map(tokensOf)))) < 1e-5, `${dollars} US dollars`);
    t.ok(Math.abs((budget.status?.spent?.costUSD ?? 0) - dollars) < 1e-5, "which the account has, too");
    t.equal(budget.status?.unmeasuredAttempts, undefined);

    const started = runs.filter(({ status }) => (status?.attempts ?? 0) > 0);
    t.equal(started.length, ends.length);
    t.equal((await client.list(Jobs, { namespace })).items.length, ends.length, "each attempt has one Job");
    t.ok(started.every(({ status }) => status?.attempts === 1));
    t.same(
      runs.filter((run) => !isTerminal(run.status?.phase)).filter(({ status }) => status?.reason !== "BudgetExhausted"),
      [],
      "the others wait for the Budget",
    );
    t.equal(
      runs.filter(({ status }) => status?.reason === "BudgetExceeded").length,
      ends.filter(({ isRefused }) => isRefused).length,
    );
  },
);
