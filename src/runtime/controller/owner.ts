import type { KubernetesObject, OwnerReference, Stored } from "../client/objects.js";
import { apiVersionOf, type ResourceType } from "../client/resource.js";

/**
 * The owner reference of an object that `owner` controls. {@link Controller.owns} finds the owner by it, and the garbage
 * collector deletes the object with its owner. Both must be in the same namespace, or the owner cluster-scoped.
 */
export function controllerReference<T extends KubernetesObject>(
  type: ResourceType<T>,
  owner: Stored<T>,
): OwnerReference {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The reference to the owner that controls the object, as metav1.GetControllerOf; an object has at most one. */
export function controllingOwner({ metadata }: KubernetesObject): OwnerReference | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/**
 * The reference to the owner that controls the object, if it is of this type. The version may differ: an object keeps the
 * reference with which it was created.
 */
export function controllingOwnerOf(
  object: KubernetesObject,
  { group, kind }: Pick<ResourceType, "group" | "kind">,
): OwnerReference | undefined {
  const owner = controllingOwner(object);
  return owner?.kind === kind && groupOf(owner.apiVersion) === group ? owner : undefined;
}

function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/")));
}
