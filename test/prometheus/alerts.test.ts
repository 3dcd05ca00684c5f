/** The alerts: Prometheus accepts them, each fires when it should and not before, and each has its section in the runbook. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { packageRoot } from "#src/version.js";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly description?: string; readonly runbook?: string };
}

const source = join(packageRoot, "config/prometheus/alerts.yaml");
const { groups } = parse(readFileSync(source, "utf8")) as { groups: readonly { readonly rules: readonly Rule[] }[] };
const alerts = groups.flatMap(({ rules }) => rules.filter(({ alert }) => alert !== undefined));
const names = alerts.map(({ alert = "" }) => alert).sort();

const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;

t.test("Prometheus accepts the rules, and their tests pass", { skip: hasPromtool ? false : "no promtool" }, (t) => {
  for (const args of [
    ["check", "rules", "--lint-fatal", source],
    ["test", "rules", join(packageRoot, "test/prometheus/alerts.yaml")],
  ]) {
    const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    t.equal(status, 0, `promtool ${args.slice(0, 2).join(" ")}: ${stdout}${stderr}`);
  }
  t.end();
});

t.test("every alert has a test in which it is quiet first, and then fires", (t) => {
  const { tests } = parse(readFileSync(join(packageRoot, "test/prometheus/alerts.yaml"), "utf8")) as {
    tests: { name: string; alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  t.same(tests.map(({ name }) => name).sort(), names);
  for (const { name, alert_rule_test: steps } of tests) {
    t.same(
      steps.map(({ alertname, exp_alerts: expected }) => [alertname, expected.length]),
      [
        [name, 0],
        [name, 1],
      ],
    );
  }
  t.end();
});

t.test("every alert has a severity, says what it means, and has a section in the runbook", (t) => {
  const runbook = readFileSync(join(packageRoot, "docs/runbook.md"), "utf8");
  const sections = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name);
  t.same(sections.sort(), names);
  for (const { alert = "", labels, annotations } of alerts) {
    t.match(labels?.severity, /^(critical|warning|info)$/, alert);
    t.ok(annotations?.summary, alert);
    t.ok(annotations?.description, alert);
    t.equal(annotations?.runbook, `docs/runbook.md#${alert.toLowerCase()}`);
  }
  t.end();
});
