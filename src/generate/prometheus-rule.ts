/** The alerts for the Prometheus operator, which takes them as a resource. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const source = "config/prometheus/alerts.yaml";

/** @returns path and content of the PrometheusRule with the groups of config/prometheus/alerts.yaml */
export function prometheusRuleFile(root: string): [path: string, text: string] {
  const { groups } = parse(readFileSync(join(root, source), "utf8")) as { groups: unknown };
  const rule = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: "orchestrator",
      namespace: "orchestrator",
      labels: { app: "orchestrator", "app.kubernetes.io/name": "agent-orchestrator" },
    },
    spec: { groups },
  };
  const text = `# For the Prometheus operator. Generated from ${source} by \`npm run generate\`.\n${stringify(rule, { lineWidth: 0 })}`;
  return ["config/prometheus/prometheus-rule.yaml", text];
}
