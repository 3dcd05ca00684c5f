/** Queries about what the staged alerts do not measure: each has data where the metrics exist, those of agents by every name that exporters give them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import t, { type Test } from "tap";
import { dashboardQueries } from "./expressions.js";

const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;

type Expected = readonly (readonly [expression: string, value: number])[];

/** The labels that resource attributes and Claude Code's own attributes become. */
const labels =
  'service_name="claude-agent-auth-service",task_id="7",agent_name="rex",repository="https://github.com/acme/auth",step="implementation",run_attempt="1",model="opus"';
const names = [
  ["claude_code_cost_usage_USD_total", "claude_code_token_usage_tokens_total", "claude_code_active_time_s_total"],
  ["claude_code_cost_usage", "claude_code_token_usage", "claude_code_active_time"],
  ["claude_code_cost_usage_total", "claude_code_token_usage_total", "claude_code_active_time_seconds_total"],
] as const;

/** Checks with promtool that each expression has this value after two hours in which the series grew. */
function check(t: Test, groups: readonly { series: readonly string[]; values: string; expected: Expected }[]): void {
  const tests = groups.map(({ series, values, expected }) => ({
    interval: "1m",
    input_series: series.map((each) => ({ series: each, values })),
    promql_expr_test: expected.map(([expr, value]) => ({
      ...{ expr, eval_time: "2h" },
      exp_samples: [{ labels: "{}", value }],
    })),
  }));
  const file = join(t.testdir(), "tests.yaml");
  writeFileSync(file, JSON.stringify({ evaluation_interval: "1m", tests }));
  const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
  t.equal(status, 0, `${stdout}${stderr}`.slice(0, 4_000));
}

t.test("each query about agents has data", { skip: hasPromtool ? false : "no promtool" }, (t) => {
  const queries = dashboardQueries("5m").filter(({ query }) => query.includes("claude_code_"));
  t.ok(queries.length > 10);
  const expected = queries.map(
    ({ query }) =>
      [`count(${query.replaceAll("$task", "7").replaceAll("$service", "auth-service")}) > bool 0`, 1] as const,
  );
  const groups = names.map(([cost, tokens, time]) => {
    const suffix = cost.endsWith("_total") ? "_total" : "";
    const series = [
      ...[`${cost}{${labels}}`, `${time}{${labels},type="cli"}`],
      ...["input", "cacheRead", "cacheCreation"].map((type) => `${tokens}{${labels},type="${type}"}`),
      ...["session", "lines_of_code", "pull_request"].map((each) => `claude_code_${each}_count${suffix}{${labels}}`),
    ];
    return { series, values: "0+2x120", expected };
  });
  check(t, groups);
  t.end();
});

t.test("each query about what gateways counted has data", { skip: hasPromtool ? false : "no promtool" }, (t) => {
  const queries = dashboardQueries("5m").filter(({ query }) => query.includes("run_model_"));
  t.equal(queries.length, 3);
  const series = ["taskrun", "coderun", "docsrun"].flatMap((kind) => [
    `${kind}_model_tokens_total{model="opus",kind="input"}`,
    `${kind}_model_cost_usd_total{model="opus"}`,
    `${kind}_model_requests_total{model="opus"}`,
  ]);
  // 60 in an hour, of each kind of runs
  const expected = queries.map(({ query }) => [`sum(${query})`, 180] as const);
  check(t, [{ series, values: "0+1x120", expected }]);
  t.end();
});

t.test("each query about webhooks has data", { skip: hasPromtool ? false : "no promtool" }, (t) => {
  const queries = dashboardQueries("5m").filter(({ query }) => query.includes("orchestrator_webhooks_"));
  const series = ["orchestrator_webhooks_total", "orchestrator_webhooks_recovered_total"];
  const expected = queries.map(({ query }) => [`sum(${query}) * ${query.includes("[1h]") ? 1 : 3600}`, 120] as const);
  t.equal(expected.length, series.length);
  check(t, [
    { series: series.flatMap((name) => [`${name}{outcome="a"}`, `${name}{outcome="b"}`]), values: "0+1x120", expected },
  ]);
  t.end();
});
