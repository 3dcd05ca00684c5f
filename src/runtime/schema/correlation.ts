/**
 * Which old value belongs to a new one in an update, and whether they are equal, as the API server sees it when it lets an
 * unchanged invalid value pass (ratcheting). `undefined` stands for "nothing that could be compared", null for null.
 * Source: k8s.io/apiserver, pkg/cel/common/equality.go.
 */
import { isList, isObject, jsonEqual, member, type JsonObject } from "./json.js";
import { memberSchemaOf, type ValueSchema } from "./value-schema.js";

/** The old value of an object's member. */
export function oldMember(old: unknown, key: string): unknown {
  return isObject(old) ? member(old, key) : undefined;
}

/** Finds the old item for a new one: by its keys, the first that has them, in a list map; nowhere in any other list. */
export function oldItems(schema: ValueSchema, old: unknown): (item: unknown) => unknown {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map" || keys === undefined || !isList(old)) return () => undefined;
  const isKeyed = (item: unknown): item is JsonObject =>
    isObject(item) && keys.every((key) => ["string", "number", "boolean"].includes(typeof member(item, key)));
  let byKey: Map<string, unknown> | undefined;
  return (item) => {
    if (!isKeyed(item)) return undefined;
    byKey ??= new Map(
      old
        .filter(isKeyed)
        .map((each) => [listMapKey(each, keys), each] as const)
        .reverse(),
    );
    return byKey.get(listMapKey(item, keys));
  };
}

/** One string for the values of an item's keys. */
export function listMapKey(item: JsonObject, keys: readonly string[]): string {
  const [first] = keys;
  const only = keys.length === 1 && first !== undefined ? member(item, first) : undefined;
  // the usual case; no JSON of a list begins with a quote
  if (typeof only === "string") return `"${only}`;
  return JSON.stringify(keys.map((key) => member(item, key) ?? null));
}

/** Whether a value is unchanged. A field without a schema cannot be compared, so its object counts as changed. */
export function unchanged(schema: ValueSchema, value: unknown, old: unknown): boolean {
  if (old === undefined) return false;
  if (isList(value)) {
    if (!isList(old) || value.length !== old.length) return false;
    const { items } = schema;
    if (schema["x-kubernetes-list-type"] !== "map" || items === undefined) return jsonEqual(value, old);
    const find = oldItems(schema, old);
    return value.every((item) => unchanged(items, item, find(item)));
  }
  if (!isObject(value) || !isObject(old)) return jsonEqual(value, old);
  const keys = Object.keys(value);
  return (
    keys.length === Object.keys(old).length &&
    keys.every((key) => {
      const child = memberSchemaOf(schema, key);
      return child !== undefined && unchanged(child, value[key], oldMember(old, key));
    })
  );
}
