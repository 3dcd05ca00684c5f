import { formatKey, keyOf, type KubernetesObject, type ObjectKey, type Stored } from "../client/objects.js";
import type { IndexFunction, Reader } from "./reader.js";

/** A difference between what the store held and what it holds now. */
export type Change<T extends KubernetesObject> =
  | { readonly type: "added"; readonly object: Stored<T>; readonly initial: boolean }
  | { readonly type: "updated"; readonly object: Stored<T>; readonly old: Stored<T> }
  | { readonly type: "deleted"; readonly object: Stored<T> };

/** A write of this process that the watch hasn't shown yet. */
interface Assumed<T extends KubernetesObject> {
  /** `undefined`: deleted. */
  readonly object: Stored<T> | undefined;
  readonly uid: string;
}

/**
 * The objects of one type, by key, with indexes. Two layers: what the watch has shown, and over it what this process
 * wrote and the watch hasn't shown yet (read-your-writes), so that a reconcile that follows a write decides on it.
 */
export class Store<T extends KubernetesObject> implements Reader<T> {
  readonly #objects = new Map<string, Stored<T>>();
  readonly #assumed = new Map<string, Assumed<T>>();
  readonly #namespaces = new Map<string, Set<string>>();
  readonly #indexes = new Map<string, { of: IndexFunction<T>; keys: Map<string, Set<string>> }>();
  /** Up to which version the watch has shown everything, by namespace that is watched; `""` where all are. */
  readonly #progress = new Map<string, string>();
  readonly #freeze: boolean;
  #synced = false;

  /** @param options.freeze deep-freezes what is stored, so that a test finds who changes a shared object. */
  constructor(options: { readonly freeze?: boolean } = {}) {
    this.#freeze = options.freeze ?? false;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** @throws Error where objects are there already or the name is taken: indexes are declared before the start. */
  addIndex(name: string, of: IndexFunction<T>): void {
    if (this.#indexes.has(name)) throw new Error(`index "${name}" exists already`);
    if (this.#objects.size > 0) throw new Error(`index "${name}" has to be added before the cache starts`);
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
    if (found === undefined) throw new Error(`there is no index "${index}"`);
    return this.#collect(found.keys.get(value));
  }

  /**
   * Takes an object as the watch shows it.
   * @returns nothing where nothing changed; two changes where another object of the name had taken its place unseen.
   */
  put(object: Stored<T>): Change<T>[] {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    const same = old?.metadata.uid === object.metadata.uid;
    // a replayed event of the same version tells nothing new
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

  /** Takes a deletion as the watch shows it. */
  remove(object: Stored<T>): Change<T> | undefined {
    return this.#removeKey(keyOf(object), object);
  }

  /**
   * Ends a complete list of one namespace, or of all: what was stored and isn't among the listed keys is gone.
   * @param listed keys of everything that the list held; those were already `put`.
   */
  retain(listed: ReadonlySet<string>, namespace?: string): Change<T>[] {
    const inScope = (key: string): boolean => namespace === undefined || key.startsWith(`${namespace}/`);
    const changes: Change<T>[] = [];
    for (const [key, object] of [...this.#objects]) {
      if (listed.has(key) || !inScope(key)) continue;
      const change = this.#removeKey(key, object);
      if (change !== undefined) changes.push(change);
    }
    // an assumed deletion that the list confirms has served its purpose
    for (const [key, assumed] of [...this.#assumed]) {
      if (assumed.object === undefined && !listed.has(key) && inScope(key)) this.#assumed.delete(key);
    }
    return changes;
  }

  /** Says that the first list is complete. */
  markSynced(): void {
    this.#synced = true;
  }

  /**
   * Says that the watch has shown all that happened up to this version. What was assumed of an earlier time has then
   * come true or been overtaken, though it may never have been shown: made and deleted by others in between.
   * @returns the life of each object that nobody was told of: who made it may be waiting for what becomes of it.
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
   * Takes the answer to a write of this process: it is what `get` gives until the watch shows this version or a later
   * one. An answer that comes after the watch is past it is old news: the object may be gone by then.
   */
  assume(object: Stored<T>): void {
    if (this.#isPast(object)) return;
    const key = keyOf(object);
    const shown = this.#objects.get(key);
    if (shown !== undefined && !isNewer(object, shown)) return;
    // answers overtake each other
    const assumed = this.#assumed.get(key);
    if (assumed !== undefined && isAhead(assumed, object)) return;
    const before = this.#visible(key);
    if (this.#freeze) deepFreeze(object);
    this.#assumed.set(key, { object, uid: object.metadata.uid });
    this.#reindex(key, before);
  }

  /** Takes a deletion by this process that the API server carried out at once. */
  assumeDeleted(object: Stored<T>): void {
    const key = keyOf(object);
    const before = this.#visible(key);
    if (before?.metadata.uid !== object.metadata.uid) return;
    this.#assumed.set(key, { object: undefined, uid: object.metadata.uid });
    this.#reindex(key, before);
  }

  /** Forgets what was assumed for a key: where the write turned out not to be what is stored. */
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

/** True where what is assumed came after that state of the object: nothing comes after its deletion. */
function isAhead<T extends KubernetesObject>(assumed: Assumed<T>, object: Stored<T>): boolean {
  return assumed.object === undefined ? assumed.uid === object.metadata.uid : isNewer(assumed.object, object);
}

/**
 * True where `a` was written later than `b`. Versions of one type in one API server are decimal numbers that grow:
 * KEP-5504 makes their comparison part of the API's contract.
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
