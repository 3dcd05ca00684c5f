/** Defaulting, after pruning, as the API server does it. Source: apiextensions-apiserver, schema/defaulting. */
import { isList, isObject, mapItems, mapMembers, member, type JsonObject } from "./json.js";
import type { JsonSchema } from "./jsonschema.js";

const dropped = Symbol("dropped");

/**
 * The value with the schema's defaults. A null where the schema wants a value is dropped first, and then defaulted like a
 * field that was never given; a null in a list stays unless the items have a default. The same value where nothing
 * changed.
 */
export function applyDefaults(value: unknown, schema: JsonSchema | undefined): unknown {
  return fill(dropNulls(value, schema), schema);
}

const forbidsNull = (schema: JsonSchema | undefined): boolean => schema !== undefined && schema.nullable !== true;

function schemaOf(key: string, schema: JsonSchema | undefined): JsonSchema | undefined {
  const property = schema?.properties && (member(schema.properties, key) as JsonSchema | undefined);
  if (property) return property;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

function dropNulls(value: unknown, schema: JsonSchema | undefined): unknown {
  if (schema === undefined) return value;
  if (isList(value)) return mapItems(value, (item) => dropNulls(item, schema.items));
  if (!isObject(value)) return value;
  return mapMembers(
    value,
    (child, key) => {
      const childSchema = schemaOf(key, schema);
      if (child === null && forbidsNull(childSchema) && childSchema?.default === undefined) return dropped;
      return dropNulls(child, childSchema);
    },
    dropped,
  );
}

function fill(value: unknown, schema: JsonSchema | undefined): unknown {
  if (schema === undefined) return value;
  if (isList(value)) return mapItems(value, (item) => fill(orDefault(item, schema.items), schema.items));
  if (!isObject(value)) return value;
  return mapMembers(
    withMissing(value, withDefault(schema)),
    (child, key) => {
      const childSchema = schemaOf(key, schema);
      return fill(orDefault(child, childSchema), childSchema);
    },
    dropped,
  );
}

function withMissing(value: JsonObject, defaults: readonly (readonly [string, JsonSchema])[]): JsonObject {
  let missing: [string, unknown][] | undefined;
  for (const [key, property] of defaults) {
    if (!Object.hasOwn(value, key)) (missing ??= []).push([key, copyOf(property.default)]);
  }
  return missing === undefined ? value : { ...value, ...Object.fromEntries(missing) };
}

/** Most defaults are no objects, and structuredClone takes a microsecond to find that out. */
function copyOf(value: unknown): unknown {
  return typeof value === "object" ? structuredClone(value) : value;
}

const known = new WeakMap<JsonSchema, readonly (readonly [string, JsonSchema])[]>();

/** The properties that have a default; looked up once for each schema, since admission asks for every object. */
function withDefault(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const found = Object.entries(schema.properties ?? {}).filter(([, { default: value }]) => value !== undefined);
  known.set(schema, found);
  return found;
}

function orDefault(value: unknown, schema: JsonSchema | undefined): unknown {
  if (value !== null || !forbidsNull(schema) || schema?.default === undefined) return value;
  return copyOf(schema.default);
}
