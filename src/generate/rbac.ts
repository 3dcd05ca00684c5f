/** The operator's ServiceAccount and roles, from the permissions that the code declares beside its API calls. */
import { Document, isMap, visit } from "yaml";
import { configurationName, webhookService } from "../admission/manifests.js";
import { admissionPermissions } from "../admission/rbac.js";
import { CodeRuns } from "../api/coderun.js";
import { DocsRuns } from "../api/docsrun.js";
import { TaskRuns } from "../api/taskrun.js";
import { agentNetworkPermissions, agentPromptsPermissions } from "../kinds/rbac.js";
import { accessReviewPermissions } from "../runtime/authorization/rbac.js";
import { certificatePermissions } from "../runtime/certs/rbac.js";
import { eventPermissions } from "../runtime/events/rbac.js";
import { leaderElectionPermissions } from "../runtime/leaderelection/rbac.js";
import type { ExplainedRule, Permission } from "../runtime/rbac/permission.js";
import { rulesOf } from "../runtime/rbac/permission.js";
import { runPermissions } from "../runs/rbac.js";
import { operatorNames } from "../configuration/names.js";
import { configurationPermissions } from "../configuration/rbac.js";
import { templatesPermissions } from "../templates/rbac.js";
import { generatedFrom } from "./crd.js";

/** All permissions of the operator. */
const permissions: readonly Permission[] = [
  ...[TaskRuns, CodeRuns, DocsRuns].flatMap((type) => [...admissionPermissions(type), ...runPermissions(type)]),
  ...configurationPermissions(operatorNames.configuration),
  ...templatesPermissions(operatorNames.templates),
  ...agentPromptsPermissions,
  ...agentNetworkPermissions,
  ...accessReviewPermissions("asks whether the author of a run may use what the run names"),
  ...eventPermissions,
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

/** The file in `config/rbac`, by path. */
export function rbacFiles(): [string, string][] {
  const { cluster, ownNamespace } = rulesOf(permissions);
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const binding = (kind: "ClusterRole" | "Role", scope: object): Document =>
    new Document({
      apiVersion: `${rbac}/v1`,
      kind: `${kind}Binding`,
      metadata: { name, ...scope, labels },
      roleRef: { apiGroup: rbac, kind, name },
      subjects,
    });
  const documents = [
    new Document({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } }),
    role("ClusterRole", { name, labels }, cluster),
    binding("ClusterRole", {}),
    role("Role", { name, namespace, labels }, ownNamespace),
    binding("Role", { namespace }),
  ];
  const texts = documents.map((document) => document.toString({ lineWidth: 0, flowCollectionPadding: false }));
  const head = `# ${generatedFrom("the rbac.ts beside the code")}\n`;
  return [["config/rbac/manager.yaml", head + texts.join("---\n")]];
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
