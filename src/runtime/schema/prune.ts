/** Pruning: fields without a schema are not stored. Source: apiextensions-apiserver, schema/pruning. */
import { isList, isObject, mapItems, mapMembers, member, type JsonObject } from "./json.js";
import type { JsonSchema } from "./json-schema.js";

export interface Pruned {
  /** The object without unknown fields; the same one where there were none. */
  readonly object: unknown;
  /** What was left out, as in the API server's `unknown field "spec.foo[0].bar"`; sorted. */
  readonly unknownFields: readonly string[];
}

const dropped = Symbol("dropped");
const metaFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** Prunes a whole resource: its `apiVersion`, `kind` and `metadata` always stay. */
export function prune(resource: unknown, schema: JsonSchema): Pruned {
  const unknownFields: string[] = [];
  const object = pruneValue(resource, { ...schema, "x-kubernetes-embedded-resource": true }, "", unknownFields);
  return { object, unknownFields: unknownFields.sort() };
}

function pruneValue(value: unknown, schema: JsonSchema | undefined, path: string, unknown: string[]): unknown {
  const keeps = schema?.["x-kubernetes-preserve-unknown-fields"] === true;
  if (isList(value)) {
    // within a list of an untyped field everything stays, down to the fields that the schema names
    const items = keeps ? { "x-kubernetes-preserve-unknown-fields": true, ...schema.items } : schema?.items;
    return mapItems(value, (item, index) => pruneValue(item, items, `${path}[${index}]`, unknown));
  }
  return isObject(value) ? pruneObject(value, schema, keeps, path, unknown) : value;
}

function pruneObject(
  value: JsonObject,
  schema: JsonSchema | undefined,
  keeps: boolean,
  path: string,
  unknown: string[],
): JsonObject {
  const embedded = schema?.["x-kubernetes-embedded-resource"] === true;
  const properties = schema?.properties;
  const additional = schema?.additionalProperties;
  return mapMembers(
    value,
    (child, key) => {
      if (embedded && metaFields.has(key)) return child;
      const childPath = path === "" ? key : `${path}.${key}`;
      const property = properties && (member(properties, key) as JsonSchema | undefined);
      if (property) return pruneValue(child, property, childPath, unknown);
      if (additional !== undefined && additional !== false)
        return pruneValue(child, additional === true ? undefined : additional, childPath, unknown);
      if (keeps) return child;
      unknown.push(childPath);
      return dropped;
    },
    dropped,
  );
}
