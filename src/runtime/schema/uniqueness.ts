/** List maps and sets hold nothing twice. Source: apiextensions-apiserver, apiserver/schema/listtype. */
import { duplicate, invalid } from "./errors.js";
import { listMapKey } from "./correlation.js";
import type { FieldError } from "./field-error.js";
import { isList, isObject, member } from "./json.js";
import type { JsonSchema } from "./json-schema.js";

export type UniquenessCheck = (value: unknown, path: string, errors: FieldError[]) => void;

/** Compiles a schema to a function; undefined where no list in it is a map or a set. */
export function uniquenessCheck(schema: JsonSchema): UniquenessCheck | undefined {
  const own = ownCheck(schema);
  const item = schema.items && uniquenessCheck(schema.items);
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const check = uniquenessCheck(property);
    return check ? [[name, check] as const] : [];
  });
  const others =
    typeof schema.additionalProperties === "object" ? uniquenessCheck(schema.additionalProperties) : undefined;
  if (!own && !item && !others && properties.length === 0) return undefined;
  return (value, path, errors) => {
    if (isList(value)) {
      own?.(value, path, errors);
      if (item) value.forEach((each, index) => item(each, `${path}[${index}]`, errors));
    } else if (isObject(value)) {
      if (others) for (const key of Object.keys(value)) others(value[key], `${path}[${key}]`, errors);
      for (const [name, check] of properties)
        if (Object.hasOwn(value, name)) check(value[name], path === "" ? name : `${path}.${name}`, errors);
    }
  };
}

function ownCheck(
  schema: JsonSchema,
): ((value: readonly unknown[], path: string, errors: FieldError[]) => void) | undefined {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  switch (schema["x-kubernetes-list-type"]) {
    case "set":
      return (list, path, errors) =>
        repeated(list, (item) => JSON.stringify(item)).forEach((index) =>
          errors.push(duplicate(`${path}[${index}]`, list[index])),
        );
    case "map":
      return (list, path, errors) => {
        const stranger = list.findIndex((item) => item !== null && !isObject(item));
        if (stranger >= 0) {
          const detail = "must be an object for an array of list-type map";
          errors.push(invalid(`${path}[${stranger}]`, list[stranger], detail));
          return;
        }
        const keyOf = (item: unknown): string => (isObject(item) ? listMapKey(item, keys) : listMapKey({}, keys));
        for (const index of repeated(list, keyOf)) {
          const item = list[index];
          const named = keys.flatMap((key) => {
            const value = isObject(item) ? member(item, key) : undefined;
            return value === undefined ? [] : [[key, value] as const];
          });
          errors.push(duplicate(`${path}[${index}]`, Object.fromEntries(named)));
        }
      };
    default:
      return undefined;
  }
}

/** Indexes at which an item occurs for the second time; further occurrences are not reported. */
function repeated(list: readonly unknown[], keyOf: (item: unknown) => string): number[] {
  if (list.length < 2) return [];
  const seen = new Map<string, number>();
  const found: number[] = [];
  list.forEach((item, index) => {
    const key = keyOf(item);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    if (times === 2) found.push(index);
  });
  return found;
}
