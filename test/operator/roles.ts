/** What the generated roles allow, decided as the API server's RBAC authorizer does. */
import { parseAllDocuments } from "yaml";
import type { Call } from "./api-server.js";
import { rbacFiles } from "#src/generate/rbac.js";
import { rulesOf, type Permission, type PolicyRule } from "#src/runtime/rbac/permission.js";

/** A ClusterRole, or a Role with its namespace. */
export interface Role {
  readonly kind: "ClusterRole" | "Role";
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly PolicyRule[];
}

/** The roles in a manifest. */
export function rolesIn(manifest: string): Role[] {
  return parseAllDocuments(manifest)
    .map((document) => document.toJS() as Role)
    .filter(({ kind }) => kind.endsWith("Role"));
}

/**
 * Whether the roles that the code declares, as `npm run generate` writes them, allow a request.
 *
 * @param watchNamespaces of an installation for these alone
 */
export function allowedByRoles(watchNamespaces?: readonly string[]): (call: Call) => boolean {
  const files = new Map(rbacFiles());
  const roles = (path: string): Role[] => rolesIn(files.get(path) ?? "");
  const installed =
    watchNamespaces === undefined
      ? roles("config/rbac/manager.yaml")
      : [
          ...roles("config/namespaced/operator.yaml"),
          ...watchNamespaces.flatMap((namespace) =>
            roles("config/namespaced/managed-namespace.yaml").map((role) => ({ ...role, metadata: { namespace } })),
          ),
        ];
  return (call) =>
    installed.some(
      ({ kind, metadata, rules }) =>
        (kind === "ClusterRole" || metadata.namespace === call.namespace) && rules.some((rule) => allows(rule, call)),
    );
}

/** Whether permissions in all namespaces allow a request. */
export function allowedBy(permissions: readonly Permission[]): (call: Call) => boolean {
  const { cluster } = rulesOf(permissions);
  return (call) => cluster.some(({ rule }) => allows(rule, call));
}

function allows({ apiGroups, resources, resourceNames, verbs }: PolicyRule, call: Call): boolean {
  const { group, plural, subresource, query } = call;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  // a list or watch of one name counts as a request for that object
  const name = call.name ?? /^metadata\.name=(.*)$/.exec(query.get("fieldSelector") ?? "")?.[1] ?? "";
  return (
    apiGroups.includes(group) &&
    resources.includes(resource) &&
    verbs.some((verb) => verb === verbOf(call)) &&
    (resourceNames === undefined || resourceNames.includes(name))
  );
}

function verbOf({ method, name, query }: Call): string {
  if (method === "GET" && name !== undefined) return "get";
  if (method === "GET") return query.get("watch") === "1" ? "watch" : "list";
  return { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[method] ?? method;
}
