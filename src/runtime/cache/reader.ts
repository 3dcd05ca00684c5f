import type { KubernetesObject, ObjectKey, Stored } from "../client/objects.js";

/**
 * Reads of one type from the cache. Answers are shared and must not be changed (they are deeply frozen under
 * `NODE_ENV=test`): copy first.
 */
export interface Reader<T extends KubernetesObject> {
  get(key: ObjectKey): Stored<T> | undefined;
  /** All objects, or those of one namespace, in no particular order. */
  list(namespace?: string): Stored<T>[];
  /** The objects for which the named index function gave `value`; an unknown index name throws. */
  byIndex(index: string, value: string): Stored<T>[];
  /** False until the first list is complete. */
  readonly hasSynced: boolean;
}

/** Gives the values under which an object is found. */
export type IndexFunction<T extends KubernetesObject> = (object: Stored<T>) => readonly string[];
