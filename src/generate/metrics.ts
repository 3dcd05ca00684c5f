/** The reference page of metrics, from the sets that the programs register. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "prom-client";
import { parse } from "yaml";
import { SinkMetrics } from "../cloud-events/phase-events.js";
import { configurationReloads } from "../configuration/watch.js";
import { RecoveryMetrics } from "../deliveries/webhook-recovery.js";
import { addBudgetMetrics } from "../runs/budgets/metrics.js";
import { runMetrics } from "../runs/metrics.js";
import { archiveMetrics } from "../runs/run-archiver.js";
import { transcriptMetric } from "../runs/transcripts.js";
import { RuntimeMetrics } from "../runtime/metrics/metrics.js";
import { reloadMetrics } from "../runtime/reload/reload.js";
import { ServerMetrics } from "../server/metrics.js";
import { ReceiverMetrics } from "../server/webhook-receiver.js";
import { templateReloads } from "../templates/watch.js";
import { generatedFrom } from "./crd.js";
import { dashboards } from "./dashboards.js";
import { tableOf } from "./reference.js";

interface Section {
  readonly title: string;
  readonly text: string;
  readonly register: (registry: Registry) => void;
}

const kindPrefix = "taskrun";

const noRuns = { list: () => [], get: () => undefined, byIndex: () => [], hasSynced: true };

const sections: readonly Section[] = [
  {
    title: "Runs",
    text: "Of TaskRuns. CodeRuns and DocsRuns have the same metrics, with `coderun_` and `docsrun_`. Gauges are reported by the leader alone.",
    register(registry) {
      runMetrics({ registry, prefix: kindPrefix, runs: noRuns, isLeader: () => true, limitsOf: () => [] });
      archiveMetrics(registry, kindPrefix, () => 0);
      transcriptMetric(registry, kindPrefix);
    },
  },
  {
    title: "Budgets",
    text: "Reported by the leader alone, for at most 200 Budgets.",
    register(registry) {
      const book = { list: () => [], statusOf: () => ({}), waiting: 0 };
      addBudgetMetrics({ registry, book, isLeader: () => true });
    },
  },
  {
    title: "Operator",
    text: "Of each replica. Names without `orchestrator_` are those of controller-runtime and client-go.",
    register(registry) {
      new RuntimeMetrics(registry, { prefix: "orchestrator" });
      for (const subject of [configurationReloads, templateReloads]) reloadMetrics(registry, subject);
      new SinkMetrics(registry);
      new RecoveryMetrics(registry);
    },
  },
  {
    title: "Server",
    text: "Of `orchestrator server`, at its own `/metrics`.",
    register(registry) {
      new ServerMetrics(registry);
      new ReceiverMetrics(registry);
    },
  },
];

/** A metric as prom-client keeps it. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly labelNames: readonly string[];
}

/** Metrics by the title of their section. */
export function metricSections(): ReadonlyMap<string, readonly Metric[]> {
  return new Map(
    sections.map(({ title, register }) => {
      const registry = new Registry();
      register(registry);
      const metrics = registry.getMetricsAsArray() as unknown as readonly Metric[];
      return [title, metrics.toSorted((one, other) => (one.name < other.name ? -1 : 1))];
    }),
  );
}

/** @returns path and content of the page */
export function metricsFile(root: string): [path: string, text: string] {
  const uses = usesOfMetrics(root);
  const metrics = metricSections();
  const text = [
    `<!-- ${generatedFrom("the metric sets that src/generate/metrics.ts lists")} -->`,
    "# Metrics",
    "",
    "What the operator and the server show at `/metrics`, and export with [OTLP](../guide/telemetry.md) where that is on. A histogram has the series",
    "`_bucket`, `_sum` and `_count`. No label names a run, so the number of series stays bounded. The last column names the",
    "[dashboards](../guide/telemetry.md) and the [alerts](../runbook.md) that use a metric. Besides these, both programs show the `process_` and",
    "`nodejs_` metrics of Prometheus' client library for Node.js.",
    ...sections.flatMap(({ title, text }) => [
      ...["", `## ${title}`, "", text, ""],
      ...tableOf(
        ["metric", "type", "labels", "meaning", "used by"],
        (metrics.get(title) ?? []).map(({ name, type, labelNames, help }) => [
          `\`${name}\``,
          String(type),
          labelNames.map((label) => `\`${label}\``).join(", "),
          help,
          uses
            .filter(({ names }) => names.has(name))
            .map(({ user }) => user)
            .join(", "),
        ]),
      ),
    ]),
    "",
  ].join("\n");
  return ["docs/reference/metrics.md", text];
}

interface Use {
  readonly user: string;
  readonly names: ReadonlySet<string>;
}

function usesOfMetrics(root: string): readonly Use[] {
  const { groups } = parse(readFileSync(join(root, "config/prometheus/alerts.yaml"), "utf8")) as {
    groups: readonly { rules: readonly { alert?: string; expr: string }[] }[];
  };
  const alerts = groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ alert, expr }) => (alert === undefined ? [] : [{ user: `\`${alert}\``, names: namesIn([expr]) }]));
  const shown = dashboards.map(({ title, rows }) => ({
    user: title,
    names: namesIn(rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(([query]) => query)))),
  }));
  return [...shown, ...alerts];
}

/** Words of expressions, without the endings of a histogram's series. */
function namesIn(expressions: readonly string[]): ReadonlySet<string> {
  const words = expressions.flatMap((expression) => expression.match(/[a-z][a-z0-9_]+/g) ?? []);
  return new Set(words.flatMap((word) => [word, word.replace(/_(bucket|sum|count)$/, "")]));
}
