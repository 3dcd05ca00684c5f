import type { ResourceType } from "../client/resource.js";

/** RBAC's verbs, in the order in which rules list them. */
const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"] as const;
/** A verb of an RBAC rule. */
export type Verb = (typeof verbs)[number];

/**
 * A right that some code needs. It is declared in an `rbac.ts` beside the calls, and the roles of an install are generated
 * from these declarations alone.
 */
export interface Permission {
  readonly resource: Pick<ResourceType, "group" | "plural" | "namespaced">;
  /** For example `status`. */
  readonly subresource?: string;
  readonly verbs: readonly Verb[];
  /** Only these objects. RBAC cannot restrict `create` by name, since the name is in the body. */
  readonly names?: readonly string[];
  /** Only in the program's own namespace. Default false: in all namespaces. */
  readonly ownNamespace?: boolean;
  /** What it is for; becomes the comment above the rule. */
  readonly because: string;
}

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly Verb[];
}

/** A rule and what it is for. */
export interface ExplainedRule {
  readonly rule: PolicyRule;
  readonly because: readonly string[];
}

/** The rules of a ClusterRole, and those of a Role in the program's own namespace. */
export interface Rules {
  readonly cluster: readonly ExplainedRule[];
  readonly ownNamespace: readonly ExplainedRule[];
}

/** The rules of an installation that manages a fixed set of namespaces. */
export interface NamespacedRules extends Rules {
  /** Of a ClusterRole: only resources that are in no namespace, or whose objects must be listed in all. */
  readonly cluster: readonly ExplainedRule[];
  /** Of a Role in each managed namespace. */
  readonly managedNamespace: readonly ExplainedRule[];
}

interface Grant {
  readonly group: string;
  readonly resource: string;
  readonly names: readonly string[];
  readonly ownNamespace: boolean;
  readonly verbs: Set<Verb>;
  readonly because: Set<string>;
}

/**
 * The minimal rules that grant all permissions: one for each resource and set of names, without rules in the own namespace
 * that a cluster-wide one covers. The order of the permissions does not matter.
 */
export function rulesOf(permissions: readonly Permission[]): Rules {
  const grants = new Map<string, Grant>();
  for (const { resource, subresource, names = [], ownNamespace = false, because, ...permission } of permissions) {
    for (const verb of permission.verbs) {
      const grant: Grant = {
        group: resource.group,
        resource: subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`,
        names: verb === "create" ? [] : [...names].sort(),
        ownNamespace,
        verbs: new Set(),
        because: new Set(),
      };
      const key = JSON.stringify([grant.group, grant.resource, grant.names, ownNamespace]);
      const known = grants.get(key) ?? grant;
      known.verbs.add(verb);
      known.because.add(because);
      grants.set(key, known);
    }
  }
  const all = [...grants.values()].map((grant) => without(grant, grants));
  const rules = (ownNamespace: boolean): ExplainedRule[] =>
    all
      .filter((grant) => grant.ownNamespace === ownNamespace && grant.verbs.size > 0)
      .sort((a, b) => compare(sortKey(a), sortKey(b)))
      .map(explained);
  return { cluster: rules(false), ownNamespace: rules(true) };
}

/**
 * The minimal rules that grant all permissions in a fixed set of namespaces, of which the program's own need not be one. Those
 * on resources outside of namespaces remain in a ClusterRole: RBAC has no narrower scope for them.
 */
export function namespacedRulesOf(permissions: readonly Permission[]): NamespacedRules {
  const own = permissions.filter(({ ownNamespace = false }) => ownNamespace);
  const others = permissions.filter(({ ownNamespace = false }) => !ownNamespace);
  return {
    cluster: rulesOf(others.filter(({ resource }) => !resource.namespaced)).cluster,
    managedNamespace: rulesOf(others.filter(({ resource }) => resource.namespaced)).cluster,
    // without the wider ones: they do not hold here unless the own namespace is managed, too
    ownNamespace: rulesOf(own).ownNamespace,
  };
}

/** The grant without the verbs that a wider grant of the same resource covers. */
function without(grant: Grant, grants: ReadonlyMap<string, Grant>): Grant {
  const wider = [...grants.values()].filter(
    (other) =>
      other !== grant &&
      other.group === grant.group &&
      other.resource === grant.resource &&
      (other.names.length === 0 || compare(other.names.join(), grant.names.join()) === 0) &&
      (!other.ownNamespace || grant.ownNamespace),
  );
  const left = [...grant.verbs].filter((verb) => !wider.some((other) => other.verbs.has(verb)));
  return { ...grant, verbs: new Set(left) };
}

function explained({ group, resource, names, because, ...grant }: Grant): ExplainedRule {
  return {
    rule: {
      apiGroups: [group],
      resources: [resource],
      ...(names.length > 0 && { resourceNames: names }),
      verbs: verbs.filter((verb) => grant.verbs.has(verb)),
    },
    because: [...because].sort(compare),
  };
}

const sortKey = ({ group, resource, names }: Grant): string => [group, resource, ...names].join("\0");

/** Not localeCompare: a generated file must not depend on the machine's locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
