import type { KubernetesObject, Stored } from "./objects.js";

/** Compares by the time of creation, the oldest first; objects of the same second by namespace and name. */
export function byCreation(one: Stored<KubernetesObject>, other: Stored<KubernetesObject>): number {
  const [left = "", right = ""] = [one, other].map(
    ({ metadata }) => `${metadata.creationTimestamp ?? ""} ${metadata.namespace ?? ""}/${metadata.name}`,
  );
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The newest first. */
export function byCreationDescending(one: Stored<KubernetesObject>, other: Stored<KubernetesObject>): number {
  return byCreation(other, one);
}
