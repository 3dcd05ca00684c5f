import t from "tap";
import { webhookConfigurations, webhookPaths } from "#src/admission/index.js";

t.test("both configurations fail closed, have no effects, and don't register deletion", (t) => {
  const { mutating, validating } = webhookConfigurations();
  for (const { webhooks } of [mutating, validating])
    for (const webhook of webhooks ?? []) {
      t.match(webhook, { failurePolicy: "Fail", sideEffects: "None", timeoutSeconds: 5, matchPolicy: "Equivalent" });
      t.strictSame(webhook.rules?.[0]?.operations, ["CREATE", "UPDATE"]);
      t.equal(webhook.clientConfig.caBundle, undefined);
      t.match(webhook.clientConfig.service, { namespace: "orchestrator", name: "orchestrator-webhook", port: 443 });
    }
  t.end();
});

t.test("a manager outside the cluster is registered by URL", (t) => {
  const { mutating, validating } = webhookConfigurations({ url: "https://10.0.0.1:9443/" });
  t.equal(mutating.webhooks?.[0]?.clientConfig.url, "https://10.0.0.1:9443/mutate/taskrun");
  t.equal(validating.webhooks?.[0]?.clientConfig.url, "https://10.0.0.1:9443/validate/taskrun");
  t.strictSame(webhookPaths("taskrun"), { mutate: "/mutate/taskrun", validate: "/validate/taskrun" });
  t.end();
});
