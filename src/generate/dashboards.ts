/** Grafana's dashboards, from their descriptions in dashboards/. */
import { cost } from "./dashboards/cost.js";
import { dashboardModel } from "./dashboards/dashboard.js";
import { fleet } from "./dashboards/fleet.js";
import { run } from "./dashboards/run.js";
import { runtime } from "./dashboards/runtime.js";
import { steps } from "./dashboards/steps.js";

export const dashboards = [fleet, runtime, run, steps, cost];

/** @returns path and content of each dashboard */
export function dashboardFiles(): [path: string, text: string][] {
  return dashboards.map((dashboard) => [
    `config/grafana/${dashboard.uid}.json`,
    `${JSON.stringify(dashboardModel(dashboard), undefined, 2)}\n`,
  ]);
}
