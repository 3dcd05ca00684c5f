import { agentMetrics, agentMetricsNote } from "./agent-metrics.js";
import type { Dashboard, Panel } from "./dashboard.js";

/** An increase in an hour by one label. */
function perHour(title: string, description: string, selector: string, label: string, unit: string): Panel {
  return {
    ...{ title, description, unit, stacked: true },
    queries: [[`sum by (${label}) (increase({${selector}}[1h]))`, `{{${label}}}`]],
  };
}

const { cost: spent, tokens } = agentMetrics;

/** What agents cost: for those who pay. */
export const cost: Dashboard = {
  uid: "orchestrator-cost",
  title: "Agents / Cost and tokens",
  description: `Cost and tokens of agents, by agent, service, repository and model. ${agentMetricsNote}`,
  rows: [
    {
      title: "Now",
      panels: [
        {
          ...{ title: "Cost, last hour", description: "As Claude Code estimates it.", unit: "currencyUSD" },
          ...{ type: "stat", width: 6 },
          queries: [[`sum(increase({${spent}}[1h]))`, "cost"]],
        },
        {
          ...{ title: "Cost, last day", description: "As Claude Code estimates it.", unit: "currencyUSD" },
          ...{ type: "stat", width: 6 },
          queries: [[`sum(increase({${spent}}[1d]))`, "cost"]],
        },
        {
          ...{ title: "Tokens, last hour", description: "Of all types.", type: "stat", width: 6 },
          queries: [[`sum(increase({${tokens}}[1h]))`, "tokens"]],
        },
        {
          ...{ title: "Input from the cache", description: "Share of cacheRead in all input tokens, last hour." },
          ...{ unit: "percentunit", type: "stat", width: 6 },
          queries: [
            [
              `sum(increase({${tokens},type="cacheRead"}[1h])) / sum(increase({${tokens},type=~"input|cacheRead|cacheCreation"}[1h]))`,
              "share",
            ],
          ],
        },
      ],
    },
    {
      title: "Cost per hour",
      panels: [
        perHour("By agent", "Label agent_name.", spent, "agent_name", "currencyUSD"),
        perHour(
          "By service",
          "Label service_name: claude-agent and the service of the run.",
          spent,
          "service_name",
          "currencyUSD",
        ),
        perHour("By repository", "Label repository.", spent, "repository", "currencyUSD"),
      ],
    },
    {
      title: "Tokens per hour",
      panels: [
        perHour("By type", "Input, output, read from the cache, written to it.", tokens, "type", "short"),
        perHour("By model", "Label model.", tokens, "model", "short"),
        perHour("By agent", "Label agent_name.", tokens, "agent_name", "short"),
      ],
    },
  ],
};
