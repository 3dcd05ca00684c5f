import type { KubernetesObject } from "./objects.js";

/**
 * A resource of the API: what has to be known of a type to build its URLs. It carries the object's TypeScript type, so
 * that `client.get(Jobs, key)` is a `Job`.
 */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural, as in URLs and RBAC rules. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: it only carries `T`. */
  readonly objectType?: T;
}

/** Declares a resource, custom or built in. */
export function resourceType<T extends KubernetesObject>(type: Omit<ResourceType<T>, "objectType">): ResourceType<T> {
  return Object.freeze({ ...type });
}

/** `group/version`, or `version` for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}

/** `plural.group`, the way kubectl and RBAC name a resource; `plural` for the core group. */
export function resourceName(type: ResourceType): string {
  return type.group === "" ? type.plural : `${type.plural}.${type.group}`;
}
