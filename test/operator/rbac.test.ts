/** The permissions that the code declares, and the roles that are made from them. */
import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import t from "tap";
import { parseAllDocuments } from "yaml";
import { rolesIn } from "./roles.js";
import { configurationName } from "#src/admission/manifests.js";
import { admissionPermissions } from "#src/admission/rbac.js";
import { argoPermissions } from "#src/argo/rbac.js";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { operatorNames } from "#src/configuration/names.js";
import { configurationPermissions } from "#src/configuration/rbac.js";
import { rbacFiles } from "#src/generate/rbac.js";
import { agentNetworkPermissions, agentPromptsPermissions } from "#src/kinds/rbac.js";
import { budgetPermissions, queuePermissions, runPermissions } from "#src/runs/rbac.js";
import { accessReviewPermissions, bearerAccessPermissions } from "#src/runtime/authorization/rbac.js";
import { cached } from "#src/runtime/cache/rbac.js";
import { certificatePermissions } from "#src/runtime/certs/rbac.js";
import { deliveryPermissions, receiverPermissions } from "#src/deliveries/rbac.js";
import { schedulePermissions } from "#src/schedules/rbac.js";
import { eventPermissions } from "#src/runtime/events/rbac.js";
import { leaderElectionPermissions } from "#src/runtime/leaderelection/rbac.js";
import { namespacedRulesOf, rulesOf, type Permission } from "#src/runtime/rbac/permission.js";
import { templatesPermissions } from "#src/templates/rbac.js";

const root = new URL("../../../", import.meta.url);
const kinds = [TaskRuns, CodeRuns, DocsRuns];

/** The permissions of the operator, by the file that declares them. */
const declared: Readonly<Record<string, readonly Permission[]>> = {
  "admission/rbac.ts": kinds.flatMap(admissionPermissions),
  "configuration/rbac.ts": configurationPermissions(operatorNames.configuration),
  "deliveries/rbac.ts": deliveryPermissions,
  "schedules/rbac.ts": schedulePermissions,
  "kinds/rbac.ts": [...agentPromptsPermissions, ...agentNetworkPermissions],
  "runs/rbac.ts": [...kinds.flatMap(runPermissions), ...budgetPermissions],
  "runtime/authorization/rbac.ts": accessReviewPermissions(
    "asks whether the author of a run may use what the run names",
  ),
  "runtime/certs/rbac.ts": certificatePermissions(operatorNames.certificates, [
    { kind: "Mutating", name: configurationName },
    { kind: "Validating", name: configurationName },
  ]),
  "runtime/events/rbac.ts": [
    ...eventPermissions,
    ...eventPermissions.map((permission) => ({ ...permission, ownNamespace: true })),
  ],
  "runtime/leaderelection/rbac.ts": leaderElectionPermissions(operatorNames.lease),
  "templates/rbac.ts": templatesPermissions(operatorNames.templates),
};
const permissions = Object.values(declared).flat();
const unique = permissions.filter(
  (one, index) => permissions.findIndex((other) => isDeepStrictEqual(one, other)) === index,
);

t.test("every file that declares permissions is known here", (t) => {
  // what joins them, and what the others are built with
  const others = ["argo/rbac.ts", "generate/rbac.ts", "runtime/cache/rbac.ts"];
  const files = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" });
  t.same(files.filter((file) => /(^|\/)rbac\.ts$/.test(file)).sort(), [...Object.keys(declared), ...others].sort());
  t.match(cached(TaskRuns), { resource: TaskRuns, verbs: ["list", "watch"] });
  t.end();
});

t.test("the roles are the union of what the code declares, and the installed ones are the same", (t) => {
  const everywhere = rulesOf(permissions);
  const fixed = namespacedRulesOf(permissions);
  const expected: Readonly<Record<string, readonly (readonly [string, readonly { readonly rule: object }[]])[]>> = {
    "config/rbac/manager.yaml": [
      ["ClusterRole", everywhere.cluster],
      ["Role", everywhere.ownNamespace],
    ],
    "config/namespaced/operator.yaml": [
      ["ClusterRole", fixed.cluster],
      ["Role", fixed.ownNamespace],
    ],
    "config/github/rbac.yaml": [["Role", rulesOf(receiverPermissions).ownNamespace]],
    "config/argo/operator/rbac.yaml": [["ClusterRole", rulesOf(argoPermissions).cluster]],
    "config/argo/operator/managed-namespace.yaml": [["Role", namespacedRulesOf(argoPermissions).managedNamespace]],
    "config/kueue/rbac.yaml": [["ClusterRole", rulesOf(queuePermissions).cluster]],
    "config/metrics/rbac.yaml": [
      ["ClusterRole", rulesOf(bearerAccessPermissions).cluster],
      ["ClusterRole", [{ rule: { nonResourceURLs: ["/metrics"], verbs: ["get"] } }]],
    ],
    "config/namespaced/managed-namespace.yaml": [["Role", fixed.managedNamespace]],
  };
  const files = rbacFiles();
  t.same(
    files.map(([path]) => path),
    Object.keys(expected),
  );
  for (const [path, generated] of files) {
    const installed = readFileSync(new URL(path, root), "utf8");
    t.equal(installed, generated);
    t.same(
      rolesIn(installed).map(({ kind, rules }) => [kind, rules]),
      expected[path]?.map(([kind, rules]) => [kind, rules.map(({ rule }) => rule)]),
      path,
    );
  }
  t.end();
});

t.test("in an installation for fixed namespaces, the ClusterRole has only resources outside of namespaces", (t) => {
  const { cluster } = namespacedRulesOf(permissions);
  t.same(
    cluster.map(({ rule }) => rule.resources.join()),
    ["namespaces", "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "subjectaccessreviews"],
  );
  t.end();
});

t.test("the Role of a managed namespace names no namespace, so that it can be applied to each", (t) => {
  const text = new Map(rbacFiles()).get("config/namespaced/managed-namespace.yaml") ?? "";
  const documents = parseAllDocuments(text).map((document) => document.toJS() as { readonly kind: string });
  t.match(documents, [
    { kind: "Role", metadata: { name: "orchestrator-manager-runs", namespace: undefined } },
    {
      ...{ kind: "RoleBinding", metadata: { namespace: undefined }, roleRef: { name: "orchestrator-manager-runs" } },
      subjects: [{ kind: "ServiceAccount", name: "orchestrator-manager", namespace: "orchestrator" }],
    },
  ]);
  t.end();
});

t.test("the ServiceAccount is bound to both roles", (t) => {
  const [[, text] = ["", ""]] = rbacFiles();
  const name = "orchestrator-manager";
  const namespace = "orchestrator";
  const documents = parseAllDocuments(text).map((document) => document.toJS() as { readonly kind: string });
  t.match(
    documents.filter(({ kind }) => kind !== "ClusterRole" && kind !== "Role"),
    [
      { kind: "ServiceAccount", metadata: { name, namespace } },
      {
        ...{ kind: "ClusterRoleBinding", metadata: { name, namespace: undefined } },
        ...{ roleRef: { kind: "ClusterRole", name }, subjects: [{ kind: "ServiceAccount", name, namespace }] },
      },
      {
        ...{ kind: "RoleBinding", metadata: { name, namespace } },
        ...{ roleRef: { kind: "Role", name }, subjects: [{ kind: "ServiceAccount", name, namespace }] },
      },
    ],
  );
  t.end();
});

t.test("every permission has a reason, which stands above its rule", (t) => {
  const [[, text] = ["", ""]] = rbacFiles();
  const { cluster, ownNamespace } = rulesOf(permissions);
  for (const { because } of permissions) t.ok(because.trim().length > 0);
  for (const { because } of [...cluster, ...ownNamespace]) t.ok(text.includes(`  # ${because.join("; ")}\n`));
  t.end();
});

t.test("no permission can be left out without a change of the roles, unless a wider one includes it", (t) => {
  const withAll = rulesOf(permissions);
  const isSuperfluous = (permission: Permission): boolean =>
    isDeepStrictEqual(rulesOf(unique.filter((other) => other !== permission)), withAll);
  // the operator's own ConfigMaps: it watches all ConfigMaps of the cluster, since any may have the name of a run's files.
  // And Budgets and Events of its own: they need permissions of their own where the operator's namespace is not a managed one
  t.same(
    unique.filter(isSuperfluous).map(({ because, names }) => names ?? because),
    [
      [operatorNames.configuration],
      [operatorNames.inForce],
      "until when webhooks that GitHub could not deliver were taken in",
      "the ledger of runs that `history` removed",
      "cache",
      "get: read live after somebody else wrote it",
      "what is spent and reserved",
      "records Events",
      "a repeated Event becomes a series on the first one",
      [operatorNames.templates],
    ],
  );
  t.end();
});

t.test("no verb can be left out without a change of the rules, unless a wider permission includes it", (t) => {
  const rules = (from: readonly Permission[]): unknown[] => {
    const { cluster, ownNamespace } = rulesOf(from);
    return [cluster, ownNamespace].map((each) => each.map(({ rule }) => rule));
  };
  const withAll = rules(unique);
  for (const permission of unique)
    for (const verb of permission.verbs) {
      const less = { ...permission, verbs: permission.verbs.filter((other) => other !== verb) };
      const covers = (other: Permission): boolean =>
        other !== permission &&
        other.verbs.includes(verb) &&
        other.resource.plural === permission.resource.plural &&
        other.subresource === permission.subresource &&
        other.names === undefined &&
        (other.ownNamespace !== true || permission.ownNamespace === true);
      const isSame = isDeepStrictEqual(rules(unique.map((other) => (other === permission ? less : other))), withAll);
      const what = `${verb} ${permission.resource.plural}: ${permission.because}`;
      t.equal(isSame, unique.some(covers), what);
    }
  t.end();
});

t.test("a permission to named objects is limited to the operator's own namespace", (t) => {
  const isNamespaced = ({ resource }: Permission): boolean => resource.group !== "admissionregistration.k8s.io";
  for (const permission of permissions.filter(({ names }) => names !== undefined).filter(isNamespaced))
    t.equal(permission.ownNamespace, true, `${permission.names?.join() ?? ""}: ${permission.because}`);
  t.end();
});

t.test("nothing but the named Secret, Lease and webhook configurations can be read or changed", (t) => {
  const named = ["secrets", "leases", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"];
  for (const { rules } of rolesIn(rbacFiles()[0]?.[1] ?? ""))
    for (const { resources, resourceNames, verbs } of rules.filter(({ resources: [first = ""] }) =>
      named.includes(first),
    ))
      t.ok(resourceNames?.length === 1 || isDeepStrictEqual(verbs, ["create"]), `${resources.join()}: ${verbs.join()}`);
  t.end();
});
