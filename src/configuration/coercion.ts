/**
 * Converts valid values to the form that the program reads: quantities are strings, an image is one string, members without effect are
 * removed. Also converts the text of environment variables and flags to values.
 */
import { isObject } from "../runtime/schema/json.js";
import { memberSchemaOf } from "../runtime/schema/value-schema.js";
import type { SettingSchema } from "./schema.js";
import { alternativeFor } from "./validation.js";

/** A valid value in the only form that the program reads; undefined if it sets nothing. */
export function coerced(value: unknown, schema: SettingSchema): unknown {
  const read = plain(value, alternativeFor(value, schema) ?? schema);
  const toOneForm = forms[schema["x-reads"] ?? ""];
  return toOneForm === undefined ? read : toOneForm(read);
}

function plain(value: unknown, schema: SettingSchema): unknown {
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return value.map((each) => coerced(each, items));
  }
  // a key without a value, such as `agents: {rex: }`, is an empty map if the schema allows null
  const map = value === null && [schema.type].flat().includes("object") ? {} : value;
  return isObject(map) ? Object.fromEntries(membersOf(map, schema)) : map;
}

function membersOf(map: Readonly<Record<string, unknown>>, schema: SettingSchema): [string, unknown][] {
  return Object.entries(map).flatMap(([name, each]): [string, unknown][] => {
    const field = memberSchemaOf<SettingSchema>(schema, name) ?? (schema["x-open"] === true ? {} : undefined);
    const isKept = schema.type === undefined || (field !== undefined && field["x-no-effect"] === undefined);
    const value = isKept ? coerced(each, field ?? {}) : undefined;
    return value === undefined ? [] : [[name, value]];
  });
}

/** Conversions of values with several notations, by `x-reads`. `x-as` is the schema of the result. */
const forms: Readonly<Record<string, (value: unknown) => unknown>> = {
  /** Users expect that `cpu: 1` works without quotes. */
  quantity: String,
  wholeNumber: Number,
  textOrNumber: String,
  nameOrReference: (value) => (isObject(value) ? value.name : value),
  /** One string, or a map with its parts. The pull policy is a key of its own. */
  image: (value) => {
    if (!isObject(value)) return value;
    const { repository, tag } = value;
    if (typeof repository !== "string" || typeof tag !== "string") return repository;
    return `${repository}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`;
  },
  agents: (value) => (Array.isArray(value) ? Object.fromEntries(value.flatMap((name) => [[String(name), {}]])) : value),
  /** Charts write an empty item for no Secret. */
  pullSecrets: (value) => (Array.isArray(value) ? value.filter((name) => (name ?? "") !== "") : value),
  lowerCase: (value) => (typeof value === "string" ? value.toLowerCase() : value),
  lowerCaseKeys: (value) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toLowerCase(), each])) : value,
  providerKey: (value) => (typeof value === "string" ? { secretKey: value } : value),
  gitHost: (value) => (typeof value === "string" ? { host: value } : value),
  namespaces: (value) => (value === "all" ? {} : Array.isArray(value) ? { names: value } : value),
};

/** The value of a text from a source in which all values are text: an environment variable or a flag. */
export function valueOfText(text: string, schema: SettingSchema | undefined): unknown {
  const type = [schema?.type].flat()[0];
  if (type === "integer") return /^\d+$/.test(text) ? Number(text) : text;
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (type === "array") return text.split(",").map((each) => each.trim());
  return text;
}
