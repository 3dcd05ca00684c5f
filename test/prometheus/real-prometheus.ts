/** Debian's Prometheus with the alerts of config/prometheus, in which time passes faster. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { parse, stringify } from "yaml";
import { freePorts } from "#src/cluster/ports.js";
import { packageRoot } from "#src/version.js";

/** Why the tests cannot run here; false if they can. */
export const noPrometheus: string | false =
  spawnSync("prometheus", ["--version"]).error === undefined ? false : "not installed: prometheus";

interface Rules {
  readonly groups: readonly { readonly rules: { alert?: string; expr: string; for?: string }[] }[];
}

/** How many times faster than in config/prometheus/alerts.yaml time passes: 15 minutes are 2.5 s, and one hour 10 s. */
export const factor = 360;

const units = { s: 1, m: 60, h: 3_600 };
const faster = (duration: string): string => {
  const [, count = "", unit = "s"] = /^(\d+)([smh])$/.exec(duration) ?? [];
  return `${Math.round((Number(count) * units[unit as keyof typeof units] * 1_000) / factor)}ms`;
};

/** A threshold that is a time in which a fault lasts, and passes faster, too. All others are as in the file. */
const lasting = { OrchestratorReconcileStuck: "> 180" } as Readonly<Record<string, string>>;

/** The rules of the file, with every `for` and every range divided by {@link factor}. */
export function fasterRules(): Rules {
  const rules = parse(readFileSync(join(packageRoot, "config/prometheus/alerts.yaml"), "utf8")) as Rules;
  for (const rule of rules.groups.flatMap((group) => group.rules)) {
    rule.expr = rule.expr.replace(/\[(\d+[smh])\]/g, (_, range: string) => `[${faster(range)}]`);
    if (rule.for !== undefined) rule.for = faster(rule.for);
    const threshold = lasting[rule.alert ?? ""];
    if (threshold !== undefined) rule.expr = rule.expr.replace(threshold, `> ${Number(threshold.slice(2)) / factor}`);
  }
  return rules;
}

export class RealPrometheus {
  /** Every alert that has fired. */
  readonly fired = new Set<string>();

  private constructor(private readonly url: string) {}

  /**
   * Starts it for the rest of the test.
   *
   * @param targets ports on this machine with /metrics, by their label `pod`. Those that begin with `slow-` are asked once in a second, and may take as long
   */
  static async start(t: Test, targets: Readonly<Record<string, number>>): Promise<RealPrometheus> {
    const directory = mkdtempSync(join(tmpdir(), "prometheus-"));
    const [port = 0] = await freePorts(1);
    const targetsOf = (isSlow: boolean): object[] =>
      Object.entries(targets)
        .filter(([pod]) => pod.startsWith("slow-") === isSlow)
        .map(([pod, port]) => ({ targets: [`127.0.0.1:${port}`], labels: { pod } }));
    const configuration = {
      global: { scrape_interval: "200ms", scrape_timeout: "200ms", evaluation_interval: "200ms" },
      rule_files: ["alerts.yaml"],
      scrape_configs: [
        { job_name: "orchestrator", static_configs: targetsOf(false) },
        { job_name: "slow", scrape_interval: "1s", scrape_timeout: "1s", static_configs: targetsOf(true) },
      ],
    };
    writeFileSync(join(directory, "prometheus.yaml"), stringify(configuration));
    writeFileSync(join(directory, "alerts.yaml"), stringify(fasterRules()));
    const child = spawn(
      "prometheus",
      [
        `--config.file=${directory}/prometheus.yaml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--query.lookback-delta=2s",
      ],
      { stdio: "ignore" },
    );
    const ended = new Promise((resolve) => child.once("exit", resolve));
    t.teardown(async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    });
    return new RealPrometheus(`http://127.0.0.1:${port}`);
  }

  /** The series of an instant query. @throws Error while it does not answer, or if the query is wrong */
  async query(expression: string): Promise<{ readonly metric: Readonly<Record<string, string>> }[]> {
    const answer = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    if (!answer.ok) throw new Error(`${expression}: ${await answer.text()}`);
    const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string> }[] } };
    return data.result;
  }

  /** Looks which alerts fire, and whether these have fired by now. */
  async haveFired(names: readonly string[]): Promise<boolean> {
    const firing = await this.query('ALERTS{alertstate="firing"}').catch(() => []);
    for (const { metric } of firing) this.fired.add(metric.alertname ?? "");
    return names.every((name) => this.fired.has(name));
  }
}
