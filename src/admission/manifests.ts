/** The webhook configurations, for the static manifests and for registration at run time. */
import type {
  MutatingWebhookConfiguration,
  Service,
  ValidatingWebhookConfiguration,
} from "../runtime/client/objects.js";
import { Budgets } from "../api/budget.js";
import { CodeRuns } from "../api/coderun.js";
import { DocsRuns } from "../api/docsrun.js";
import { authorship } from "../api/authorship.js";
import { injectedAnnotation } from "../api/injected.js";
import { Schedules } from "../api/schedule.js";
import { TaskRuns } from "../api/taskrun.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { operatorNames } from "../configuration/names.js";

type Kind = Pick<ResourceType, "group" | "version" | "plural"> & {
  /** Last segment of the paths, and part of the webhooks' names. */
  readonly name: string;
};

const kinds: readonly Kind[] = [TaskRuns, CodeRuns, DocsRuns].map(({ group, version, plural, kind }) => ({
  ...{ group, version, plural },
  name: kind.toLowerCase(),
}));

/** Name of both webhook configurations. */
export const configurationName = "orchestrator";

/** The Service of the webhooks in the cluster. */
export const webhookService = { namespace: "orchestrator", name: "orchestrator-webhook", port: 443 } as const;

/** Port of the webhook server behind that Service. */
const targetPort = 9443;

const metadataLabels = { "app.kubernetes.io/name": "agent-orchestrator", "app.kubernetes.io/component": "webhook" };

/** Paths of the webhooks of a kind, by its name in lower case. */
export function webhookPaths(name: string): { readonly mutate: string; readonly validate: string } {
  return { mutate: `/mutate/${name}`, validate: `/validate/${name}` };
}

/** Where the webhooks are served: a URL without path, if the operator runs outside the cluster, or a Service. */
export type WebhookLocation =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port?: number } };

const part = (object: string, field: string): string =>
  `(has(${object}.metadata.${field}) ? ${object}.metadata.${field} : [])`;
const labelsOf = (object: string): string => `(has(${object}.metadata.labels) ? ${object}.metadata.labels : {})`;

/** The annotations that admission writes. */
const records = [injectedAnnotation, ...Object.values(authorship)];

/** What admission recorded in the annotations of an object, with a blank for each record that it lacks: one may be empty. */
const recordOf = (object: string): string => {
  const annotations = `${object}.metadata.annotations`;
  const keys = records.map((key) => `'${key}'`).join(", ");
  return `(has(${annotations}) ? [${keys}].map(k, k in ${annotations} ? ${annotations}[k] : ' ') : [${records.map(() => "' '").join(", ")}])`;
};

/**
 * CEL expression that selects the requests that admission has to check: creations, and changes of the spec, of labels, of what admission
 * recorded in annotations, or of the finalizers of an object that is not being deleted. The operator's own writes (status, other annotations, removal of
 * the finalizer) therefore do not call its webhook, and an object can be deleted while no webhook answers.
 */
const matchExpression = [
  `request.operation != 'UPDATE'`,
  `!has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec`,
  `${labelsOf("object")} != ${labelsOf("oldObject")}`,
  `${recordOf("object")} != ${recordOf("oldObject")}`,
  `!has(object.metadata.deletionTimestamp) && ${part("object", "finalizers")} != ${part("oldObject", "finalizers")}`,
]
  .map((clause) => `(${clause})`)
  .join(" || ");

/**
 * Both configurations, without a caBundle: the installation has to add the bundle of the served certificate. They fail closed, except
 * for those of Budgets, Schedules, the configuration and the templates: while no webhook answers, runs cannot be created or changed, but can be deleted.
 *
 * @param ownNamespace of the operator, where it is known for certain: other namespaces then send no ConfigMap. The static manifests
 * leave it out, since kustomize does not change a selector when it moves an installation to another namespace.
 */
export function webhookConfigurations(
  location: WebhookLocation = { service: webhookService },
  ownNamespace?: string,
): {
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
        // another webhook may remove the defaults
        reinvocationPolicy: "IfNeeded",
      })),
    },
    validating: {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata,
      webhooks: [
        ...kinds.map((kind) => webhook(kind, "validate", webhookPaths(kind.name).validate)),
        withClient(countedWebhook(Budgets as ResourceType, budgetPath), clientConfig),
        withClient(countedWebhook(Schedules as ResourceType, schedulePath), clientConfig),
        ...configMapWebhooks.map(({ path, ...rest }) => ({
          ...rest,
          ...(ownNamespace !== undefined && {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": ownNamespace } },
          }),
          clientConfig: clientConfig(path),
        })),
      ],
    },
  };
}

const withClient = <W extends { readonly path: string }>(
  { path, ...rest }: W,
  clientConfig: (path: string) => object,
) => ({
  ...rest,
  clientConfig: clientConfig(path),
});

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
  matchConditions: [{ name: "changes-what-admission-sees", expression: matchExpression }],
});

/** Path of the webhook that validates the configuration. */
export const configurationPath = "/validate/configuration";

/** Path of the webhook that validates the templates. */
export const templatesPath = "/validate/templates";

/** Path of the webhook that validates Budgets. */
export const budgetPath = "/validate/budget";

/** Path of the webhook that validates Schedules. */
export const schedulePath = "/validate/schedule";

/**
 * An invalid configuration, or an invalid set of templates, is denied when it is written. While no webhook answers it is stored, and the
 * operator keeps the last valid one. Selected by name, so that no other ConfigMap depends on these webhooks and no label can be forgotten.
 */
const configMapWebhook = (subject: string, path: string, configMap: string) => ({
  path,
  name: `validate.${subject}.orchestrator.io`,
  admissionReviewVersions: ["v1"],
  failurePolicy: "Ignore",
  matchPolicy: "Equivalent",
  sideEffects: "None",
  timeoutSeconds: 5,
  matchConditions: [
    {
      name: `is-the-${subject}`,
      expression: `has(object.metadata.name) && object.metadata.name == '${configMap}'`,
    },
  ],
  rules: [
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      resources: ["configmaps"],
      operations: ["CREATE", "UPDATE"],
      scope: "Namespaced",
    },
  ],
});

/** A Budget or Schedule that cannot be counted as written is denied. While no webhook answers it is stored, and its condition Ready says what is wrong. */
const countedWebhook = ({ group, version, plural, kind }: ResourceType, path: string) => ({
  path,
  name: `validate.${kind.toLowerCase()}.orchestrator.io`,
  admissionReviewVersions: ["v1"],
  failurePolicy: "Ignore",
  matchPolicy: "Equivalent",
  sideEffects: "None",
  timeoutSeconds: 5,
  // not the operator's own writes of the status
  matchConditions: [
    { name: "changes-the-spec", expression: "request.operation != 'UPDATE' || object.spec != oldObject.spec" },
  ],
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: [plural],
      operations: ["CREATE", "UPDATE"],
      scope: "Namespaced",
    },
  ],
});

const configMapWebhooks = [
  configMapWebhook("configuration", configurationPath, operatorNames.configuration),
  configMapWebhook("templates", templatesPath, operatorNames.templates),
];

/** The Service that the static configurations refer to. */
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
