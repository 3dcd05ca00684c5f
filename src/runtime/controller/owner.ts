import type { KubernetesObject, OwnerReference, Stored } from "../client/objects.js";
import { apiVersionOf, type ResourceType } from "../client/resource.js";

/**
 * The owner reference of an object that `owner` controls: {@link Controller.owns} finds the owner by it, and the garbage
 * collector removes the object with its owner. Both must be in the same namespace, or the owner cluster-scoped.
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
