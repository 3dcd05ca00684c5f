import { readFileSync } from "node:fs";
import t from "tap";
import { parse } from "yaml";
import { webhookConfigurations, webhookPaths } from "#src/admission/index.js";

t.test(
  "all but those of Budgets and ConfigMaps fail closed; they have no effects, and don't register deletion",
  (t) => {
    const { mutating, validating } = webhookConfigurations();
    for (const { webhooks } of [mutating, validating])
      for (const webhook of webhooks ?? []) {
        t.equal(
          webhook.failurePolicy,
          /budget|schedule|configuration|templates/.test(webhook.name) ? "Ignore" : "Fail",
        );
        t.match(webhook, { sideEffects: "None", timeoutSeconds: 5, matchPolicy: "Equivalent" });
        t.strictSame(webhook.rules?.[0]?.operations, ["CREATE", "UPDATE"]);
        t.equal(webhook.clientConfig.caBundle, undefined);
        t.match(webhook.clientConfig.service, { namespace: "orchestrator", name: "orchestrator-webhook", port: 443 });
      }
    t.end();
  },
);

t.test("a manager outside the cluster is registered by URL", (t) => {
  const { mutating, validating } = webhookConfigurations({ url: "https://10.0.0.1:9443/" });
  t.equal(mutating.webhooks?.[0]?.clientConfig.url, "https://10.0.0.1:9443/mutate/taskrun");
  t.equal(validating.webhooks?.[0]?.clientConfig.url, "https://10.0.0.1:9443/validate/taskrun");
  t.strictSame(webhookPaths("taskrun"), { mutate: "/mutate/taskrun", validate: "/validate/taskrun" });
  t.end();
});

t.test(
  "of ConfigMaps only the configuration and the templates are sent, by their names, whether or not anything labels it",
  (t) => {
    const configMapWebhooks = (namespace?: string): unknown[] =>
      (webhookConfigurations(undefined, namespace).validating.webhooks ?? []).filter(({ rules }) =>
        rules?.some(({ resources }) => resources?.includes("configmaps")),
      );
    const names = ["taskrun-controller-config", "agent-templates"];
    const conditions = names.map((name) => [
      { expression: `has(object.metadata.name) && object.metadata.name == '${name}'` },
    ]);
    t.match(
      configMapWebhooks(),
      conditions.map((matchConditions) => ({
        ...{ objectSelector: undefined, namespaceSelector: undefined },
        matchConditions,
      })),
    );
    t.match(
      configMapWebhooks("agents"),
      conditions.map((matchConditions) => ({
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "agents" } },
        matchConditions,
      })),
    );
    const sample = readFileSync(new URL("../../../config/samples/configuration.yaml", import.meta.url), "utf8");
    t.match(parse(sample), { metadata: { name: "taskrun-controller-config" } });
    t.end();
  },
);
