import type { KubernetesObject } from "./objects.js";

/**
 * A resource of the API: what its URLs are built from. It carries the TypeScript type of its objects, so that
 * `client.get(Jobs, key)` returns a `Job`.
 */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural, as in URLs and RBAC rules. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set; it only carries `T`. */
  readonly objectType?: T;
}

/**
 * Declares a resource, custom or built in.
 *
 * @example
 * interface Backup extends KubernetesObject {
 *   spec: { schedule: string };
 * }
 * const Backups = resourceType<Backup>({
 *   group: "example.com",
 *   version: "v1",
 *   kind: "Backup",
 *   plural: "backups",
 *   namespaced: true,
 * });
 */
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
