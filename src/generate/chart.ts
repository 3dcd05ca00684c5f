/**
 * What the Helm chart takes from the manifests: their objects, which its templates change by the values. So the chart repeats no
 * manifest by hand. See docs/adr/030-chart.md.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { generatedFrom, yamlText } from "./crd.js";

/** For each file of the chart's folder `files`, the manifests whose objects it holds. */
const sources: Readonly<Record<string, readonly string[]>> = {
  manager: ["namespace", "lease", "deployment", "service", "disruption-budget"].map(inside("config/manager")),
  server: ["service-account", "deployment", "service", "disruption-budget"].map(inside("config/server")),
  rbac: ["config/rbac/manager.yaml"],
  github: ["config/github/rbac.yaml"],
  argo: ["coderun-template", "docsrun-template", "orchestrator-dag", "play-template", "semaphores", "account"].map(
    inside("config/argo"),
  ),
  "argo-operator": ["config/argo/operator/rbac.yaml"],
  "argo-managed-namespace": ["config/argo/operator/managed-namespace.yaml"],
  namespaced: ["config/namespaced/operator.yaml"],
  "managed-namespace": ["config/namespaced/managed-namespace.yaml"],
  kueue: ["config/kueue/rbac.yaml"],
  roles: ["config/roles/aggregated.yaml"],
  metrics: ["config/metrics/rbac.yaml"],
  profiling: ["config/profiling/rbac.yaml"],
  "network-policy": ["operator", "server"].map(inside("config/network-policy")),
  "admission-policy": ["config/admission-policy/operator.yaml"],
  webhooks: ["mutating", "validating", "service"].map(inside("webhooks")),
  crds: ["budgets", "coderuns", "deliveries", "docsruns", "schedules", "taskruns"].map(
    (plural) => `crds/${plural}.orchestrator.io.yaml`,
  ),
  "service-monitor": ["config/prometheus/service-monitor.yaml"],
  "prometheus-rule": ["config/prometheus/prometheus-rule.yaml"],
};

function inside(folder: string): (name: string) => string {
  return (name) => `${folder}/${name}.yaml`;
}

/**
 * The chart's copies of the manifests and dashboards, by path.
 *
 * @param generated content of the manifests that are generated themselves, by path; others are read
 */
export function chartFiles(root: string, generated: ReadonlyMap<string, string>): [path: string, text: string][] {
  const read = (path: string): string => generated.get(path) ?? readFileSync(join(root, path), "utf8");
  const objects = Object.entries(sources).map(([name, paths]): [string, string] => {
    const items = paths.flatMap((path) => parseAllDocuments(read(path)).map((document) => document.toJS() as unknown));
    const from = paths.length === 1 ? (paths[0] ?? "") : paths.join(", ");
    return [`config/chart/files/${name}.yaml`, `# ${generatedFrom(from)}\n${yamlText({ items })}`];
  });
  return [...objects, ...dashboards(root)];
}

function dashboards(root: string): [string, string][] {
  const folder = join(root, "config/grafana");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [`config/chart/files/dashboards/${name}`, readFileSync(join(folder, name), "utf8")]);
}
