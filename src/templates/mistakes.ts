/**
 * Where a value is not as its schema has it, as far as that can be held against a program that may be newer than the schema: values
 * of another type, words that aren't listed, and numbers that are too small.
 */
import { isList, isObject, jsonEqual } from "../runtime/schema/json.js";
import type { JsonSchema } from "../runtime/schema/json-schema.js";

export type Mistake =
  | {
      readonly kind: "type";
      readonly path: string;
      /** Those that it may have, and the one that it has; JSON's, and `integer`. */
      readonly wanted: readonly string[];
      readonly actual: string;
    }
  | { readonly kind: "word"; readonly path: string; readonly wanted: readonly unknown[]; readonly actual: unknown }
  | { readonly kind: "bound"; readonly path: string; readonly least: number };

/**
 * One after the other: of a content with very many the first few are enough. Alternatives (`anyOf`) are told apart by their types
 * alone; `oneOf`, `not` and `required` say nothing here.
 */
export function* mistakesIn(schema: JsonSchema, value: unknown, path: string): Generator<Mistake> {
  const wanted = typesOf(schema);
  const actual = typeOf(value);
  if (!fits(wanted, actual)) {
    yield { kind: "type", path, wanted, actual };
    return;
  }
  if (schema.enum?.some((word) => jsonEqual(word, value)) === false)
    yield { kind: "word", path, wanted: schema.enum, actual: value };
  if (typeof value === "number" && schema.minimum !== undefined && value < schema.minimum)
    yield { kind: "bound", path, least: schema.minimum };
  const alternative = schema.anyOf?.find((each) => fits(typesOf(each), actual));
  if (alternative !== undefined) yield* mistakesIn(alternative, value, path);
  if (isList(value) && schema.items !== undefined)
    for (const [index, item] of value.entries()) yield* mistakesIn(schema.items, item, `${path}[${index}]`);
  if (isObject(value))
    for (const name of Object.keys(value)) {
      const child = memberSchema(schema, name);
      if (child !== undefined) yield* mistakesIn(child, value[name], path === "" ? name : `${path}.${name}`);
    }
}

/** None: any. */
function typesOf({ type, anyOf = [] }: JsonSchema): readonly string[] {
  return type === undefined ? anyOf.flatMap(typesOf) : [type];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function fits(wanted: readonly string[], actual: string): boolean {
  return wanted.length === 0 || wanted.includes(actual) || (actual === "integer" && wanted.includes("number"));
}

function memberSchema({ properties = {}, additionalProperties }: JsonSchema, name: string): JsonSchema | undefined {
  if (Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}
