/** JSON values as they come from outside. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object, and neither a list nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a JSON value is a list. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** A member of an object; what an object inherits is not its member, whatever its name. */
export function member(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const empty: JsonObject = {};

/**
 * A copy of the object with these members, in place of its own where it has them. Not `{ ...object, ...members }`: to what a
 * literal's first spread has cloned, V8 11 (Node 20) adds each further member with a new hidden class, every time, which
 * takes twenty times as long as all the rest.
 */
export function withMembers(object: JsonObject, members: JsonObject): JsonObject {
  return { ...empty, ...object, ...members };
}

/** Sets a member of an object that is being made, whatever its name: assignment takes `__proto__` for something else. */
export function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Equality of JSON values; the order of an object's keys says nothing. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
  );
}

/**
 * The object with each member replaced by what `change` gives for it, `dropped` for a member to leave out. The same
 * object where nothing changed.
 */
export function mapMembers(
  object: JsonObject,
  change: (value: unknown, key: string) => unknown,
  dropped: unknown,
): JsonObject {
  const keys = Object.keys(object);
  let next: Record<string, unknown> | undefined; // of what has been seen so far, once something changed
  // by index: this runs for every member of every object that is admitted, and an iterator costs more than the rest
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? "";
    const value = object[key];
    const changed = change(value, key);
    if (changed !== value && next === undefined) {
      next = {};
      for (const earlier of keys.slice(0, index)) setMember(next, earlier, object[earlier]);
    }
    if (next !== undefined && changed !== dropped) setMember(next, key, changed);
  }
  return next ?? object;
}

/** The list with each item replaced; the same list where nothing changed. */
export function mapItems(
  list: readonly unknown[],
  change: (value: unknown, index: number) => unknown,
): readonly unknown[] {
  let items: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const next = change(item, index);
    if (next !== item) items ??= list.slice(0, index);
    items?.push(next);
  }
  return items ?? list;
}

/** A copy that shares nothing with the value. Of JSON alone, and so in a thirtieth of structuredClone's time. */
export function copyJson<T>(value: T): T {
  return copied(value) as T; // a copy is of the type of what was copied
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setMember(copy, key, copied(value[key]));
  return copy;
}
