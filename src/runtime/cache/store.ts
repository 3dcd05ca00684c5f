import { formatKey, keyOf, type KubernetesObject, type ObjectKey, type Stored } from "../client/objects.js";
import type { IndexFunction, Reader } from "./reader.js";

/** A difference between what the store held and what it holds now. */
export type Change<T extends KubernetesObject> =
  | { readonly type: "added"; readonly object: Stored<T>; readonly initial: boolean }
  | { readonly type: "updated"; readonly object: Stored<T>; readonly old: Stored<T> }
  | { readonly type: "deleted"; readonly object: Stored<T> };

/** A write of this process that the watch has not reported yet. */
interface Assumed<T extends KubernetesObject> {
  /** `undefined`: deleted. */
  readonly object: Stored<T> | undefined;
  readonly uid: string;
}

/**
 * The objects of one type, by key, with indexes. It has two layers: what the watch reported and, over it, what this
 * process wrote and the watch has not reported yet (read-your-writes), so that the reconcile after a write sees the write.
 */
export class Store<T extends KubernetesObject> implements Reader<T> {
  readonly #objects = new Map<string, Stored<T>>();
  readonly #assumed = new Map<string, Assumed<T>>();
  readonly #namespaces = new Map<string, Set<string>>();
  readonly #indexes = new Map<string, { of: IndexFunction<T>; keys: Map<string, Set<string>> }>();
  /** The version up to which the watch reported everything, by watched namespace; `""` if all are watched. */
  readonly #progress = new Map<string, string>();
  readonly #freeze: boolean;
  #synced = false;

  /** @param options.freeze deep-freeze stored objects, so that a test finds code that changes one. */
  constructor(options: { readonly freeze?: boolean } = {}) {
    this.#freeze = options.freeze ?? false;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Objects that the watch reported. */
  get size(): number {
    return this.#objects.size;
  }

  /** Declares an index. @throws Error if the name is taken, or the store already holds objects. */
  addIndex(name: string, of: IndexFunction<T>): void {
    if (this.#indexes.has(name)) throw new Error(`index "${name}" exists already`);
    if (this.#objects.size > 0) throw new Error(`index "${name}" must be added before the cache starts`);
    this.#indexes.set(name, { of, keys: new Map() });
  }

  get(key: ObjectKey): Stored<T> | undefined {
    return this.#visible(formatKey(key));
  }

  list(namespace?: string): Stored<T>[] {
    if (namespace !== undefined) return this.#collect(this.#namespaces.get(namespace));
    return this.#collect(new Set([...this.#objects.keys(), ...this.#assumed.keys()]));
  }

  byIndex(index: string, value: string): Stored<T>[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`index "${index}" does not exist`);
    return this.#collect(found.keys.get(value));
  }

  /**
   * Stores an object as the watch reports it.
   * @returns nothing if nothing changed; two changes if an object was deleted and recreated unseen.
   */
  put(object: Stored<T>): Change<T>[] {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    const same = old?.metadata.uid === object.metadata.uid;
    // a replayed event of the same version changes nothing
    if (same && old.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    if (this.#freeze) deepFreeze(object);
    const before = this.#visible(key);
    this.#objects.set(key, object);
    this.#settle(key, object);
    this.#reindex(key, before);
    if (same) return [{ type: "updated", object, old }];
    const added: Change<T> = { type: "added", object, initial: !this.#synced };
    return old === undefined ? [added] : [{ type: "deleted", object: old }, added];
  }

  /** Removes an object that the watch reports as deleted. */
  remove(object: Stored<T>): Change<T> | undefined {
    return this.#removeKey(keyOf(object), object);
  }

  /**
   * Ends a complete list of one namespace, or of all: stored objects whose keys were not listed are gone.
   * @param listed the keys of all listed objects, which were already `put`.
   */
  retain(listed: ReadonlySet<string>, namespace?: string): Change<T>[] {
    const inScope = (key: string): boolean => namespace === undefined || key.startsWith(`${namespace}/`);
    const changes: Change<T>[] = [];
    for (const [key, object] of [...this.#objects]) {
      if (listed.has(key) || !inScope(key)) continue;
      const change = this.#removeKey(key, object);
      if (change !== undefined) changes.push(change);
    }
    // the list confirms the assumed deletion
    for (const [key, assumed] of [...this.#assumed]) {
      if (assumed.object === undefined && !listed.has(key) && inScope(key)) this.#assumed.delete(key);
    }
    return changes;
  }

  /** Marks the first list as complete. */
  markSynced(): void {
    this.#synced = true;
  }

  /**
   * Records that the watch reported everything up to this version. An earlier assumption was then confirmed or replaced,
   * or never reported: others deleted the object in between.
   * @returns creation and deletion of each object that was never reported: its creator may be waiting for it.
   */
  progressed(resourceVersion: string, namespace = ""): Change<T>[] {
    this.#progress.set(namespace, resourceVersion);
    const unseen: Change<T>[] = [];
    for (const [key, { object }] of this.#assumed) {
      if (object === undefined || !this.#isPast(object)) continue;
      if (!this.#objects.has(key)) unseen.push({ type: "added", object, initial: false }, { type: "deleted", object });
      this.forget(key);
    }
    return unseen;
  }

  /**
   * Stores the response to a write of this process: `get` returns it until the watch reports this version or a later one.
   * A response that comes after the watch is past it is ignored: the object may be gone by then.
   */
  assume(object: Stored<T>): void {
    if (this.#isPast(object)) return;
    const key = keyOf(object);
    const shown = this.#objects.get(key);
    if (shown !== undefined && !isNewer(object, shown)) return;
    // responses can arrive out of order
    const assumed = this.#assumed.get(key);
    if (assumed !== undefined && isAhead(assumed, object)) return;
    const before = this.#visible(key);
    if (this.#freeze) deepFreeze(object);
    this.#assumed.set(key, { object, uid: object.metadata.uid });
    this.#reindex(key, before);
  }

  /** Hides an object that this process deleted and the API server removed at once. */
  assumeDeleted(object: Stored<T>): void {
    const key = keyOf(object);
    const before = this.#visible(key);
    if (before?.metadata.uid !== object.metadata.uid) return;
    this.#assumed.set(key, { object: undefined, uid: object.metadata.uid });
    this.#reindex(key, before);
  }

  /** Drops the assumption for a key: the written state turned out not to be the stored one. */
  forget(key: string): void {
    if (!this.#assumed.has(key)) return;
    const before = this.#visible(key);
    this.#assumed.delete(key);
    this.#reindex(key, before);
  }

  #isPast(object: Stored<T>): boolean {
    const progress = this.#progress.get("") ?? this.#progress.get(object.metadata.namespace ?? "");
    return progress !== undefined && compareVersions(object.metadata.resourceVersion, progress) <= 0;
  }

  #removeKey(key: string, last: Stored<T>): Change<T> | undefined {
    const before = this.#visible(key);
    const old = this.#objects.get(key);
    this.#objects.delete(key);
    const assumed = this.#assumed.get(key);
    if (assumed?.uid === last.metadata.uid) this.#assumed.delete(key);
    this.#reindex(key, before);
    return old === undefined && before === undefined ? undefined : { type: "deleted", object: last };
  }

  /** Drops an assumption that the watch has caught up with. */
  #settle(key: string, shown: Stored<T>): void {
    const assumed = this.#assumed.get(key);
    if (assumed !== undefined && !isAhead(assumed, shown)) this.#assumed.delete(key);
  }

  #visible(key: string): Stored<T> | undefined {
    const assumed = this.#assumed.get(key);
    return assumed === undefined ? this.#objects.get(key) : assumed.object;
  }

  #collect(keys: ReadonlySet<string> | undefined): Stored<T>[] {
    const found: Stored<T>[] = [];
    for (const key of keys ?? []) {
      const object = this.#visible(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  #reindex(key: string, before: Stored<T> | undefined): void {
    const after = this.#visible(key);
    const namespace = (after ?? before)?.metadata.namespace ?? "";
    if (after === undefined) dropFrom(this.#namespaces, namespace, key);
    else if (before === undefined) addTo(this.#namespaces, namespace, key);
    for (const { of, keys } of this.#indexes.values()) {
      const old = before === undefined ? [] : of(before);
      const now = after === undefined ? [] : of(after);
      for (const value of old) if (!now.includes(value)) dropFrom(keys, value, key);
      for (const value of now) if (!old.includes(value)) addTo(keys, value, key);
    }
  }
}

/** True if the assumption is later than that state of the object: nothing is later than its deletion. */
function isAhead<T extends KubernetesObject>(assumed: Assumed<T>, object: Stored<T>): boolean {
  return assumed.object === undefined ? assumed.uid === object.metadata.uid : isNewer(assumed.object, object);
}

/**
 * True if `a` was written later than `b`. Versions of one type in one API server are increasing decimal numbers; KEP-5504
 * makes their comparison part of the API's contract.
 */
function isNewer(a: Stored<KubernetesObject>, b: Stored<KubernetesObject>): boolean {
  return compareVersions(a.metadata.resourceVersion, b.metadata.resourceVersion) > 0;
}

function compareVersions(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function addTo(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  if (keys === undefined) index.set(value, new Set([key]));
  else keys.add(key);
}

function dropFrom(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  if (keys === undefined) return;
  keys.delete(key);
  if (keys.size === 0) index.delete(value);
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
