/** What counts as not set: a key without a value, an empty text, or an empty block in the place of something else. Pure. */
import { isObject } from "../runtime/schema/json.js";
import { memberSchemaOf, typesOf } from "../runtime/schema/value-schema.js";
import type { SettingSchema } from "./schema.js";
import { alternativeFor } from "./validation.js";

/**
 * A value without the members that set nothing: those with `null`, with an empty text where the schema allows none, and with an empty map or
 * list where it allows none. Templates write these for values that nobody set. What an empty value is allowed for keeps it, such as
 * a label; so does everything below a key with `x-restricts`.
 */
export function withoutUnset(value: unknown, schema: SettingSchema): unknown {
  if (schema["x-restricts"] === true) return value;
  const described = alternativeFor(value, schema) ?? schema;
  if (Array.isArray(value)) {
    const { items } = described;
    return items === undefined ? value : value.map((each) => withoutUnset(each, items));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, each]) => setMember(name, each, described)));
}

function setMember(name: string, value: unknown, map: SettingSchema): [string, unknown][] {
  const field = memberSchemaOf<SettingSchema>(map, name);
  if (field === undefined) return [[name, value]];
  const isRequired = map.required?.includes(name) === true;
  // a name that the schema does not list may say something without a value, such as that an agent exists
  const isListed = map.properties !== undefined && Object.hasOwn(map.properties, name);
  const mayBeNull = !isListed && typesOf(field).includes("null");
  if (value === null ? !mayBeNull : !isRequired && isUnset(value, field)) return [];
  const kept = withoutUnset(value, field);
  const isEmptied = isEmptyMap(kept) && !isEmptyMap(value);
  return isEmptied && isListed && !isRequired ? [] : [[name, kept]];
}

/** Whether a value other than null sets nothing. */
function isUnset(value: unknown, field: SettingSchema): boolean {
  const types = typesOf(field);
  if (field["x-no-effect"] !== undefined) return isEmpty(value);
  if (value === "") return !allowsEmptyText(field);
  if (Array.isArray(value)) return value.length === 0 && !types.includes("array");
  if (!isEmptyMap(value)) return false;
  return !types.includes("object") || (field.minProperties ?? 0) > 0 || field["x-whole"] === true;
}

/** Whether a value is `null`, an empty text, list or map. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0) || isEmptyMap(value);
}

function isEmptyMap(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function allowsEmptyText(field: SettingSchema): boolean {
  const { type, enum: values, minLength = 0, pattern, anyOf } = field;
  if (type === undefined && anyOf !== undefined) return anyOf.some(allowsEmptyText);
  if (![type].flat().includes("string")) return false;
  const fits = pattern === undefined || new RegExp(pattern).test("");
  return fits && minLength === 0 && (values === undefined || values.includes(""));
}
