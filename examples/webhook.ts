/** Admission of Websites: sets a missing title and denies an invalid one, with certificates that it issues itself. */
import {
  admissionHandlers,
  createManager,
  MutatingWebhookConfigurations,
  runManager,
  serveWebhooks,
  ValidatingWebhookConfigurations,
  type FieldError,
} from "agent-orchestrator/runtime";
import { Websites } from "./website.js";

/** Where the API server reaches this program: a Service in the cluster, or an address outside. */
const host = process.env.WEBHOOK_HOST ?? "website-webhook.default.svc";
const port = Number(process.env.WEBHOOK_PORT ?? 9443);

const manager = await createManager({
  name: "website-webhook",
  probes: { port: Number(process.env.PORT ?? 8080) },
});

serveWebhooks(manager, {
  port,
  handlers: new Map(
    admissionHandlers({
      type: Websites,
      // returns a new object; the difference becomes a JSON patch
      defaulter: (website) => ({ ...website, spec: { ...website.spec, title: website.spec?.title ?? "Untitled" } }),
      validator({ object }) {
        const title = object?.spec?.title ?? "";
        const errors: FieldError[] = [];
        if (title.includes("<")) {
          errors.push({ field: "spec.title", reason: "FieldValueInvalid", message: "a title is text, not HTML" });
        }
        return { errors, warnings: title.length > 60 ? ["spec.title: search engines show 60 characters"] : [] };
      },
    }),
  ),
  certificates: {
    secret: { namespace: manager.liveClient.namespace, name: "website-webhook-certificates" },
    names: [host],
    configurations: [
      { kind: "Mutating", name: "website-webhook" },
      { kind: "Validating", name: "website-webhook" },
    ],
  },
});

// a manifest works as well; the manager adds the certificate authority
const webhook = (name: string, path: string) => ({
  name,
  clientConfig: { url: `https://${host}:${port}${path}` },
  rules: [
    {
      apiGroups: [Websites.group],
      apiVersions: [Websites.version],
      operations: ["CREATE", "UPDATE"],
      resources: [Websites.plural],
    },
  ],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  failurePolicy: "Fail",
  timeoutSeconds: 5,
});
const metadata = { name: "website-webhook" };
await manager.liveClient.apply(MutatingWebhookConfigurations, {
  metadata,
  webhooks: [webhook("default.websites.examples.orchestrator.io", "/mutate-examples-orchestrator-io-v1-website")],
});
await manager.liveClient.apply(ValidatingWebhookConfigurations, {
  metadata,
  webhooks: [webhook("validate.websites.examples.orchestrator.io", "/validate-examples-orchestrator-io-v1-website")],
});

await runManager(manager);
