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
  let entries: [string, unknown][] | undefined; // of what has been seen so far, once something changed
  // by index: this runs for every member of every object that is admitted, and an iterator costs more than the rest
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? "";
    const value = object[key];
    const next = change(value, key);
    if (next !== value) entries ??= keys.slice(0, index).map((earlier) => [earlier, object[earlier]]);
    if (next !== dropped) entries?.push([key, next]);
  }
  // not by assignment: that would take a member called __proto__ for something else
  return entries ? Object.fromEntries(entries) : object;
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
