import { agentMetrics, agentMetricsNote } from "./agent-metrics.js";
import { quantile, type Dashboard } from "./dashboard.js";

const kinds = ["taskrun", "coderun", "docsrun"] as const;

const { sessions, activeTime, pullRequests } = agentMetrics;

/** How fast work passes through: for those who plan. */
export const steps: Dashboard = {
  uid: "orchestrator-steps",
  title: "Agents / Steps and throughput",
  description: `Throughput by kind, from the operator's metrics, and by step of a workflow. By step: ${agentMetricsNote}`,
  rows: [
    {
      title: "Throughput",
      panels: [
        {
          ...{ title: "Succeeded per hour", description: "Attempts that succeeded.", stacked: true },
          queries: kinds.map((kind) => [`sum(increase(${kind}_runs_total{outcome="Succeeded"}[1h]))`, kind]),
        },
        {
          ...{ title: "Attempts for each success", description: "1 is best: every further attempt was paid for." },
          queries: kinds.map((kind) => [
            `sum(increase(${kind}_runs_total[1d])) / sum(increase(${kind}_runs_total{outcome="Succeeded"}[1d]))`,
            kind,
          ]),
        },
        {
          ...{ title: "Duration of attempts, p50", description: "From the creation of the Job to its end.", unit: "s" },
          queries: kinds.map((kind) => [quantile(0.5, `${kind}_run_duration_seconds`), kind]),
        },
      ],
    },
    {
      title: "Steps",
      panels: [
        {
          ...{ title: "Sessions per hour, by step", description: "Label step.", stacked: true },
          queries: [[`sum by (step) (increase({${sessions}}[1h]))`, "{{step}}"]],
        },
        {
          ...{
            title: "Active time per hour, by step",
            description: "Time that agents worked.",
            unit: "s",
            stacked: true,
          },
          queries: [[`sum by (step) (increase({${activeTime}}[1h]))`, "{{step}}"]],
        },
        {
          ...{ title: "Pull requests per hour", description: "Created by agents, by repository.", stacked: true },
          queries: [[`sum by (repository) (increase({${pullRequests}}[1h]))`, "{{repository}}"]],
        },
      ],
    },
  ],
};
