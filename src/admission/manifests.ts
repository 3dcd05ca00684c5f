/** How the API server is told of the webhooks: one table for the static manifests and for registration at run time. */
import type {
  MutatingWebhookConfiguration,
  Service,
  ValidatingWebhookConfiguration,
} from "../runtime/client/objects.js";
import { CodeRuns } from "../api/coderun.js";
import { DocsRuns } from "../api/docsrun.js";
import { TaskRuns } from "../api/taskrun.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { configurationLabel } from "../configuration/names.js";

type Kind = Pick<ResourceType, "group" | "version" | "plural"> & {
  /** Last part of the paths and first of the webhooks' names. */
  readonly name: string;
};

const kinds: readonly Kind[] = [TaskRuns, CodeRuns, DocsRuns].map(({ group, version, plural, kind }) => ({
  ...{ group, version, plural },
  name: kind.toLowerCase(),
}));

/** Name of both configurations. */
export const configurationName = "orchestrator";

/** Where the API server finds the webhooks within the cluster. */
export const webhookService = { namespace: "orchestrator", name: "orchestrator-webhook", port: 443 } as const;

/** Port that the webhook server listens on behind that Service. */
const targetPort = 9443;

const metadataLabels = { "app.kubernetes.io/name": "agent-orchestrator", "app.kubernetes.io/component": "webhook" };

/** Paths of the webhooks of a kind. */
export function webhookPaths(name: string): { readonly mutate: string; readonly validate: string } {
  return { mutate: `/mutate/${name}`, validate: `/validate/${name}` };
}

/** Where the webhooks are: a URL without path (the manager runs outside the cluster), or a Service. */
export type WebhookLocation =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port?: number } };

const part = (object: string, field: string): string =>
  `(has(${object}.metadata.${field}) ? ${object}.metadata.${field} : [])`;
const labelsOf = (object: string): string => `(has(${object}.metadata.labels) ? ${object}.metadata.labels : {})`;

/**
 * True for what admission has to see: creation, and changes of the spec or the labels, or of the finalizers of an object that is
 * not being deleted. So the manager's own writes (status, annotations, release of the finalizer) never come back to it, and
 * an object can be deleted while no webhook answers.
 */
const worthAsking = [
  `request.operation != 'UPDATE'`,
  `!has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec`,
  `${labelsOf("object")} != ${labelsOf("oldObject")}`,
  `!has(object.metadata.deletionTimestamp) && ${part("object", "finalizers")} != ${part("oldObject", "finalizers")}`,
]
  .map((clause) => `(${clause})`)
  .join(" || ");

/**
 * Both configurations, without a caBundle: whoever installs them has to put in the bundle of the certificate that is served.
 * They fail closed: while no webhook answers, runs can't be created or changed, but can be deleted; but for the
 * configuration's.
 */
export function webhookConfigurations(location: WebhookLocation = { service: webhookService }): {
  mutating: MutatingWebhookConfiguration;
  validating: ValidatingWebhookConfiguration;
} {
  const clientConfig = (path: string): object =>
    "url" in location
      ? { url: `${location.url.replace(/\/$/, "")}${path}` }
      : { service: { port: webhookService.port, ...location.service, path } };
  const webhook = (
    kind: Kind,
    name: string,
    path: string,
  ): ReturnType<typeof common> & { name: string; clientConfig: object } => ({
    name: `${name}.${kind.name}.${kind.group}`,
    ...common(kind),
    clientConfig: clientConfig(path),
  });
  const metadata = { name: configurationName, labels: metadataLabels };
  return {
    mutating: {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata,
      webhooks: kinds.map((kind) => ({
        ...webhook(kind, "default", webhookPaths(kind.name).mutate),
        // another webhook may take away what ours has put in
        reinvocationPolicy: "IfNeeded",
      })),
    },
    validating: {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata,
      webhooks: [
        ...kinds.map((kind) => webhook(kind, "validate", webhookPaths(kind.name).validate)),
        { ...configurationWebhook, clientConfig: clientConfig(configurationPath) },
      ],
    },
  };
}

const common = ({ group, version, plural }: Kind) => ({
  admissionReviewVersions: ["v1"],
  failurePolicy: "Fail",
  matchPolicy: "Equivalent",
  sideEffects: "None",
  timeoutSeconds: 5,
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: [plural],
      operations: ["CREATE", "UPDATE"],
      scope: "Namespaced",
    },
  ],
  matchConditions: [{ name: "changes-what-admission-sees", expression: worthAsking }],
});

/** Path of the webhook that checks the configuration. */
export const configurationPath = "/validate/configuration";

/**
 * A bad configuration is refused where it is written, and with no webhook to say so it gets in, as the manager then keeps the last
 * good one. By its label, so that no other ConfigMap waits for this.
 */
const configurationWebhook = {
  name: "validate.configuration.orchestrator.io",
  admissionReviewVersions: ["v1"],
  failurePolicy: "Ignore",
  matchPolicy: "Equivalent",
  sideEffects: "None",
  timeoutSeconds: 5,
  objectSelector: { matchLabels: configurationLabel },
  rules: [
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      resources: ["configmaps"],
      operations: ["CREATE", "UPDATE"],
      scope: "Namespaced",
    },
  ],
};

/** The Service that the static configurations name. */
export function webhookServiceManifest(): Service {
  const { namespace, name, port } = webhookService;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, labels: metadataLabels },
    spec: {
      selector: { "app.kubernetes.io/name": "agent-orchestrator", "app.kubernetes.io/component": "manager" },
      ports: [{ name: "webhook", port, targetPort, protocol: "TCP" }],
    },
  };
}
