import type { JsonSchema } from "./json-schema.js";

/**
 * What {@link valueCheck} interprets: a CustomResourceDefinition's schema, or JSON Schema in general with lists of types and
 * `dependentRequired`, which a CustomResourceDefinition cannot have.
 */
export interface ValueSchema extends Omit<
  JsonSchema,
  "type" | "properties" | "additionalProperties" | "items" | "allOf" | "anyOf" | "oneOf" | "not"
> {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly additionalProperties?: ValueSchema | boolean;
  readonly items?: ValueSchema;
  readonly allOf?: readonly ValueSchema[];
  readonly anyOf?: readonly ValueSchema[];
  readonly oneOf?: readonly ValueSchema[];
  readonly not?: ValueSchema;
  /** Members that have to be present where the key is. */
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
}

/** The schema of an object's member; undefined if no schema describes it. */
export function memberSchemaOf<S extends object>(
  schema: { readonly properties?: Readonly<Record<string, S>>; readonly additionalProperties?: S | boolean },
  name: string,
): S | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** The types a value may have; empty for any. Without a type of its own, a schema has those of its alternatives. */
export function typesOf({ type, anyOf = [] }: ValueSchema): readonly string[] {
  return type === undefined ? [...new Set(anyOf.flatMap(typesOf))] : [type].flat();
}
