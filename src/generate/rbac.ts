/** The operator's ServiceAccount and roles, from the permissions that the code declares beside its API calls. */
import { Document, isMap, visit } from "yaml";
import { configurationName, webhookService } from "../admission/manifests.js";
import { admissionPermissions } from "../admission/rbac.js";
import { argoPermissions } from "../argo/rbac.js";
import { CodeRuns } from "../api/coderun.js";
import { DocsRuns } from "../api/docsrun.js";
import { TaskRuns } from "../api/taskrun.js";
import { agentNetworkPermissions, agentPromptsPermissions } from "../kinds/rbac.js";
import { accessReviewPermissions, bearerAccessPermissions } from "../runtime/authorization/rbac.js";
import { certificatePermissions } from "../runtime/certs/rbac.js";
import { eventPermissions } from "../runtime/events/rbac.js";
import { leaderElectionPermissions } from "../runtime/leaderelection/rbac.js";
import type { ExplainedRule, Permission } from "../runtime/rbac/permission.js";
import { namespacedRulesOf, rulesOf } from "../runtime/rbac/permission.js";
import { budgetPermissions, queuePermissions, runPermissions } from "../runs/rbac.js";
import { deliveryPermissions, receiverPermissions } from "../deliveries/rbac.js";
import { schedulePermissions } from "../schedules/rbac.js";
import { operatorNames } from "../configuration/names.js";
import { configurationPermissions } from "../configuration/rbac.js";
import { templatesPermissions } from "../templates/rbac.js";
import { generatedFrom } from "./crd.js";

/** All permissions of the operator. */
export const operatorPermissions: readonly Permission[] = [
  ...[TaskRuns, CodeRuns, DocsRuns].flatMap((type) => [...admissionPermissions(type), ...runPermissions(type)]),
  ...budgetPermissions,
  ...deliveryPermissions,
  ...schedulePermissions,
  ...configurationPermissions(operatorNames.configuration),
  ...templatesPermissions(operatorNames.templates),
  ...agentPromptsPermissions,
  ...agentNetworkPermissions,
  ...accessReviewPermissions("asks whether the author of a run may use what the run names"),
  ...eventPermissions,
  // about its own configuration and templates
  ...eventPermissions.map((permission) => ({ ...permission, ownNamespace: true })),
  ...leaderElectionPermissions(operatorNames.lease),
  ...certificatePermissions(operatorNames.certificates, [
    { kind: "Mutating", name: configurationName },
    { kind: "Validating", name: configurationName },
  ]),
];

const { namespace } = webhookService;
const name = "orchestrator-manager";
const labels = { app: "orchestrator", "app.kubernetes.io/name": "agent-orchestrator" };
const rbac = "rbac.authorization.k8s.io";

/** The manifests of the permissions, by path: of an installation for all namespaces, and of one for a fixed set of them. */
export function rbacFiles(): [string, string][] {
  const everywhere = rulesOf(operatorPermissions);
  const fixed = namespacedRulesOf(operatorPermissions);
  return [
    manifest("config/rbac/manager.yaml", [
      serviceAccount(),
      ...bound("ClusterRole", {}, everywhere.cluster),
      ...bound("Role", { namespace }, everywhere.ownNamespace),
    ]),
    manifest("config/namespaced/operator.yaml", [
      serviceAccount(),
      ...bound("ClusterRole", {}, fixed.cluster),
      ...bound("Role", { namespace }, fixed.ownNamespace),
    ]),
    manifest(
      "config/github/rbac.yaml",
      bound("Role", { namespace }, rulesOf(receiverPermissions).ownNamespace, {
        roleName: "orchestrator-receiver",
        account: "orchestrator-server",
      }),
    ),
    // only where Argo Workflows is used
    manifest(
      "config/argo/operator/rbac.yaml",
      bound("ClusterRole", {}, rulesOf(argoPermissions).cluster, { roleName: "orchestrator-argo" }),
    ),
    manifest(
      "config/argo/operator/managed-namespace.yaml",
      bound("Role", {}, namespacedRulesOf(argoPermissions).managedNamespace, { roleName: "orchestrator-argo" }),
    ),
    manifest(
      "config/kueue/rbac.yaml",
      bound("ClusterRole", {}, rulesOf(queuePermissions).cluster, { roleName: "orchestrator-kueue" }),
    ),
    manifest("config/metrics/rbac.yaml", [
      ...bound("ClusterRole", {}, rulesOf(bearerAccessPermissions).cluster, { roleName: "orchestrator-metrics-auth" }),
      metricsReader(),
    ]),
    // without a namespace: it is applied once for each, with `kubectl apply -n`
    manifest(
      "config/namespaced/managed-namespace.yaml",
      bound("Role", {}, fixed.managedNamespace, { roleName: `${name}-runs` }),
    ),
  ];
}

function manifest(path: string, documents: readonly Document[]): [string, string] {
  const texts = documents.map((document) => document.toString({ lineWidth: 0, flowCollectionPadding: false }));
  return [path, `# ${generatedFrom("the rbac.ts beside the code")}\n${texts.join("---\n")}`];
}

/** For those who scrape; it is bound to nobody. */
function metricsReader(): Document {
  return new Document({
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: "orchestrator-metrics-reader", labels },
    rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }],
  });
}

function serviceAccount(): Document {
  return new Document({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } });
}

/** A role, and what binds an account to it, by default the operator's. */
function bound(
  kind: "ClusterRole" | "Role",
  scope: { readonly namespace?: string },
  rules: readonly ExplainedRule[],
  { roleName = name, account = name }: { readonly roleName?: string; readonly account?: string } = {},
): Document[] {
  const metadata = { name: roleName, ...scope, labels };
  return [
    role(kind, metadata, rules),
    new Document({
      apiVersion: `${rbac}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: rbac, kind, name: roleName },
      subjects: [{ kind: "ServiceAccount", name: account, namespace }],
    }),
  ];
}

/** A role with a comment above each rule that explains its purpose. */
function role(kind: "ClusterRole" | "Role", metadata: object, rules: readonly ExplainedRule[]): Document {
  const document = new Document(
    { apiVersion: `${rbac}/v1`, kind, metadata, rules: rules.map(({ rule }) => rule) },
    { aliasDuplicateObjects: false },
  );
  for (const [index, { because }] of rules.entries()) {
    const node = document.getIn(["rules", index], true);
    if (!isMap(node)) continue;
    node.commentBefore = ` ${because.join("; ")}`;
    // `verbs: [get, list]`: four lines per rule instead of twelve
    visit(node, { Seq: (_, list) => void (list.flow = true) });
  }
  return document;
}
