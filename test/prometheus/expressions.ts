/** What alerts and dashboards ask of Prometheus. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { packageRoot } from "#src/version.js";

interface PanelModel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The queries of all dashboards, with the interval that Grafana would fill in. @param interval as in PromQL: `30s` */
export function dashboardQueries(interval: string): { readonly panel: string; readonly query: string }[] {
  const folder = join(packageRoot, "config/grafana");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => {
      const { panels } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { panels: readonly PanelModel[] };
      return panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({
          panel: `${file}: ${title}`,
          query: expr.replaceAll("$__rate_interval", interval),
        })),
      );
    });
}

/** The names of the metrics in the expressions of the alerts, those that rules record among them. */
export function alertMetrics(): string[] {
  const { groups } = parse(readFileSync(join(packageRoot, "config/prometheus/alerts.yaml"), "utf8")) as {
    groups: { rules: { expr: string }[] }[];
  };
  const names = groups.flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => expr.replace(/\{[^}]*\}/g, "").match(/\b[a-z]+([_:][a-z0-9]+)+\b(?!\()/g) ?? []),
  );
  return [...new Set(names)].sort();
}
