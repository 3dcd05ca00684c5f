/** Grafana's dashboards, from their descriptions in dashboards/. */
import { dashboardModel } from "./dashboards/dashboard.js";
import { fleet } from "./dashboards/fleet.js";
import { runtime } from "./dashboards/runtime.js";

/** @returns path and content of each dashboard */
export function dashboardFiles(): [path: string, text: string][] {
  return [fleet, runtime].map((dashboard) => [
    `config/grafana/${dashboard.uid}.json`,
    `${JSON.stringify(dashboardModel(dashboard), undefined, 2)}\n`,
  ]);
}
