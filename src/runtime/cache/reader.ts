import type { KubernetesObject, ObjectKey, Stored } from "../client/objects.js";

/**
 * Reads objects of one type from the cache. The objects are shared: copy one before you change it. With the manager's
 * `freezeCache` they are deeply frozen.
 */
export interface Reader<T extends KubernetesObject> {
  /** Undefined if no such object is cached. */
  get(key: ObjectKey): Stored<T> | undefined;
  /** All objects, or those of one namespace, in no particular order. */
  list(namespace?: string): Stored<T>[];
  /** The objects for which the named index function returned `value`. @throws Error if no such index was declared. */
  byIndex(index: string, value: string): Stored<T>[];
  /** False until the first list is complete. */
  readonly hasSynced: boolean;
}

/** Returns the values under which an object is found. */
export type IndexFunction<T extends KubernetesObject> = (object: Stored<T>) => readonly string[];
