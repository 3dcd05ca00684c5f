/** Defaulting, after pruning, as the API server does it. Source: apiextensions-apiserver, schema/defaulting. */
import { copyJson, isList, isObject, mapItems, mapMembers, setMember, withMembers, type JsonObject } from "./json.js";
import type { JsonSchema } from "./json-schema.js";

type Filling = (value: unknown) => unknown;

const dropped = Symbol("dropped");

/**
 * Compiles a schema to a function that fills in its defaults. A null where the schema wants a value is dropped first, and
 * then defaulted like a field that was never given; a null in a list stays unless the items have a default. What comes back
 * is the same value where nothing changed.
 */
export function defaulting(schema: JsonSchema): Filling {
  const item = schema.items && fillingOf(schema.items, null);
  const members = new Map(
    Object.entries(schema.properties ?? {}).map(([key, each]) => [key, fillingOf(each, dropped)]),
  );
  const { additionalProperties } = schema;
  const others = typeof additionalProperties === "object" ? fillingOf(additionalProperties, dropped) : undefined;
  if (!item && !others && members.size === 0) return (value) => value;
  const withDefaults = missing(schema);
  const fillMember = (value: unknown, key: string): unknown => {
    const fill = members.get(key) ?? others;
    return fill === undefined ? value : fill(value);
  };
  return (value) => {
    if (isList(value)) return item ? mapItems(value, item) : value;
    return isObject(value) ? mapMembers(withDefaults(value), fillMember, dropped) : value;
  };
}

/** What becomes of a value in its place; `absent` stands for a null that is neither allowed nor has a default to replace it. */
function fillingOf(schema: JsonSchema, absent: unknown): Filling {
  const fill = defaulting(schema);
  const { nullable, default: initial } = schema;
  return (value) => {
    if (value !== null || nullable === true) return fill(value);
    return initial === undefined ? absent : fill(copyJson(initial));
  };
}

/** Adds the members that an object hasn't and that have a default. */
function missing({ properties = {} }: JsonSchema): (object: JsonObject) => JsonObject {
  const initial = Object.entries(properties).filter(([, schema]) => schema.default !== undefined);
  return (object) => {
    let added: Record<string, unknown> | undefined;
    for (const [key, schema] of initial) {
      if (!Object.hasOwn(object, key)) setMember((added ??= {}), key, copyJson(schema.default));
    }
    return added === undefined ? object : withMembers(object, added);
  };
}
