import { agentMetrics, agentMetricsNote } from "./agent-metrics.js";
import type { Dashboard, Panel } from "./dashboard.js";

/** An increase in an hour by one label. */
function perHour(title: string, description: string, selector: string, label: string, unit: string): Panel {
  return {
    ...{ title, description, unit, stacked: true },
    queries: [[`sum by (${label}) (increase({${selector}}[1h]))`, `{{${label}}}`]],
  };
}

/** An increase in an hour of a counter that each kind of runs has. */
function countedPerHour(title: string, description: string, what: string, label: string, unit: string): Panel {
  // series of several kinds differ only in the name, which an increase has no more
  const each = ["taskrun", "coderun", "docsrun"].map(
    (kind) => `label_replace(increase(${kind}_model_${what}_total[1h]), "run", "${kind}", "", "")`,
  );
  return {
    ...{ title, description, unit, stacked: true },
    queries: [[`sum by (${label}) (${each.join(" or ")})`, `{{${label}}}`]],
  };
}

const { cost: spent, tokens } = agentMetrics;

/** What agents cost: for those who pay. */
export const cost: Dashboard = {
  uid: "orchestrator-cost",
  title: "Agents / Cost and tokens",
  description: `Cost and tokens of agents: as their gateways counted them, and as Claude Code reports them, by agent, service, repository and model. ${agentMetricsNote}`,
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
      title: "As gateways counted it",
      panels: [
        countedPerHour("Cost by model", "By the prices of the configuration.", "cost_usd", "model", "currencyUSD"),
        countedPerHour("Tokens by kind", "Input, output, and those of caches.", "tokens", "kind", "short"),
        countedPerHour("Requests by model", "Of all kinds of runs.", "requests", "model", "short"),
      ],
    },
    {
      title: "Budgets",
      panels: [
        {
          ...{ title: "Spent", description: "Share of each Budget that is spent in its period.", unit: "percentunit" },
          queries: [
            ["max by (namespace, budget, unit) (budget_spent / budget_limit)", "{{namespace}}/{{budget}} {{unit}}"],
          ],
        },
        {
          ...{ title: "Spent and reserved", description: "With what running attempts may still spend." },
          unit: "percentunit",
          queries: [
            [
              "max by (namespace, budget, unit) ((budget_spent + budget_reserved) / budget_limit)",
              "{{namespace}}/{{budget}} {{unit}}",
            ],
          ],
        },
        {
          ...{ title: "Runs that wait", description: "For a Budget, with the reason BudgetExhausted.", unit: "short" },
          queries: [["sum(budget_waiting_runs)", "runs"]],
        },
      ],
    },
    {
      title: "Cost per hour, as Claude Code estimates it",
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
