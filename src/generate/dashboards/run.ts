import { agentMetrics, agentMetricsNote } from "./agent-metrics.js";
import type { Dashboard, Panel } from "./dashboard.js";

/** The task's series; services number their tasks separately. */
const ofRun = 'task_id="$task",service_name=~".*-$service"';

function total(title: string, description: string, selector: string, unit = "short"): Panel {
  return {
    ...{ title, description, unit, type: "stat", width: 6 },
    queries: [[`sum(max_over_time({${selector},${ofRun}}[1d]))`, title.toLowerCase()]],
  };
}

function over(title: string, description: string, selector: string, label: string, unit = "short"): Panel {
  return {
    ...{ title, description, unit, width: 12 },
    queries: [[`sum by (${label}) ({${selector},${ofRun}})`, `{{${label}}}`]],
  };
}

const { cost, tokens, activeTime, lines } = agentMetrics;

/** The story of one task: for whoever waits for it. The operator's own metrics have no label of a run, which would be too many series. */
export const run: Dashboard = {
  uid: "orchestrator-run",
  title: "Agents / One run",
  description: `One task of one service, all attempts; enter both above. ${agentMetricsNote}`,
  inputs: ["service", "task"],
  rows: [
    {
      title: "Last day",
      panels: [
        total("Cost", "As Claude Code estimates it.", cost, "currencyUSD"),
        total("Tokens", "Of all types.", tokens),
        total("Active time", "Time that the agent worked, without waiting.", activeTime, "s"),
        total("Lines changed", "Added and removed.", lines),
      ],
    },
    {
      title: "Over time",
      panels: [
        over("Cost", "Of each attempt.", cost, "run_attempt", "currencyUSD"),
        over("Tokens", "By type.", tokens, "type"),
      ],
    },
  ],
};
