/**
 * The one interpreter of schemas for values: types, bounds, patterns, required members, combinations. What it finds is data
 * ({@link Violation}). Source: kube-openapi, validation/validate, and apiextensions-apiserver, apiserver/validation.
 */
import { oldItems, oldMember, unchanged } from "./correlation.js";
import { isInt64 } from "./errors.js";
import { formatOf } from "./formats.js";
import { isList, isObject, jsonEqual, type JsonObject } from "./json.js";
import { re2 } from "./re2.js";
import { memberSchemaOf, typesOf, type ValueSchema } from "./value-schema.js";
import type { Limit, Violation } from "./violation.js";

/** Adds the violations of a value. `old` is the value that it replaces; undefined if there is none to compare with. */
export type Check = (value: unknown, path: string, old: unknown, found: Violation[]) => void;

export interface CheckOptions {
  /**
   * `server` (default) finds what the API server finds, in its order.
   *
   * `document` is for a text that a person edits: members are checked in the order of the document, and those without a schema are
   * reported (`unknown`); a value of a wrong type is reported for that alone; of `anyOf` the alternative that has the value's type
   * is meant; `oneOf` reports only itself.
   */
  readonly style?: "server" | "document";
  /** Compiles a pattern. Default: as RE2, which patterns of CustomResourceDefinitions are. */
  readonly expression?: (pattern: string) => RegExp;
  /** The check of a list or an object ends once this many violations were found. Default: no limit. */
  readonly limit?: number;
}

/** Compiles a schema to a function. An unchanged value may stay invalid in an update (ratcheting, KEP-4008). */
export function valueCheck(schema: ValueSchema, options: CheckOptions = {}): Check {
  const { style = "server", expression = re2, limit = Infinity } = options;
  return ratcheting(schema, { isDocument: style === "document", expression, limit });
}

interface Compiling {
  readonly isDocument: boolean;
  readonly expression: (pattern: string) => RegExp;
  readonly limit: number;
}

function ratcheting(schema: ValueSchema, compiling: Compiling): Check {
  const check = plainCheck(schema, compiling);
  return (value, path, old, found) => {
    const before = found.length;
    check(value, path, old, found);
    if (found.length > before && unchanged(schema, value, old)) found.length = before;
  };
}

function plainCheck(schema: ValueSchema, compiling: Compiling): Check {
  const type = typeCheck(schema, compiling);
  const combined = combinations(schema, compiling);
  const strings = stringCheck(schema, compiling);
  const numbers = numberCheck(schema);
  const lists = listCheck(schema, compiling);
  const objects = objectCheck(schema, compiling);
  const wanted = schema.enum;
  return (value, path, old, found) => {
    const before = found.length;
    type(value, path, old, found);
    if (compiling.isDocument && found.length > before) return;
    if (value !== null) {
      combined?.(value, path, old, found);
      if (typeof value === "string") strings(value, path, found);
      else if (typeof value === "number") numbers(value, path, found);
      else if (isList(value)) lists(value, path, old, found);
      else if (isObject(value)) objects(value, path, old, found);
    }
    if (wanted && !wanted.some((each) => jsonEqual(each, value)))
      found.push({ rule: "enum", path, value, schema, wanted });
  };
}

/** JSON's types with the server's view of numbers: what an int64 can hold without a fraction is an integer. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (typeof value !== "number") return typeof value;
  if (!Number.isFinite(value)) return "non-finite number"; // YAML has them, JSON does not
  return isInt64(value) ? "integer" : "number";
}

/** What kube-openapi calls the format of a Go value. */
const goFormats: Readonly<Record<string, string>> = { integer: "int64", number: "float64" };

function typeCheck(schema: ValueSchema, { isDocument }: Compiling): Check {
  const types = schema["x-kubernetes-int-or-string"]
    ? ["integer", "string"]
    : isDocument
      ? typesOf(schema)
      : [schema.type ?? []].flat();
  if (types.length === 0) return () => undefined;
  const numeric = types.includes("integer") || types.includes("number");
  const format = keptFormat(schema);
  return (value, path, _old, found) => {
    const actual = typeOf(value);
    if (types.includes(actual) || (actual === "integer" && types.includes("number"))) return;
    const fail = (wanted: readonly string[], actual: string): void => {
      found.push({ rule: "type", path, value, schema, wanted, actual });
    };
    if (actual === "null") {
      if (schema.nullable !== true) fail(types, actual);
      return;
    }
    const textual = actual === "string" || actual === "array";
    if (format !== undefined && !textual) fail([format], goFormats[actual] ?? "");
    else if (format === undefined || numeric || !textual) fail(types, actual);
    // what remains is a list in place of a formatted string, which the server accepts
  };
}

/** The format that the server keeps: it drops those it does not know from its copy of the schema. */
function keptFormat({ type, format }: ValueSchema): string | undefined {
  if (type === "integer") return format === "int32" || format === "int64" ? format : undefined;
  if (type === "number") return format === "float" || format === "double" ? format : undefined;
  return formatOf(format) && format;
}

type KindCheck<T> = (value: T, path: string, found: Violation[]) => void;

function stringCheck(schema: ValueSchema, { expression }: Compiling): KindCheck<string> {
  const { minLength, maxLength, pattern, format, type } = schema;
  const compiled = pattern === undefined ? undefined : expression(pattern);
  const matchesFormat = type === undefined || type === "string" ? formatOf(format) : undefined;
  return (value, path, found) => {
    // at most one of these three, as the server does
    if (maxLength !== undefined && longerThan(value, maxLength))
      found.push({ rule: "maxLength", path, value, schema, limit: maxLength });
    else if (minLength !== undefined && minLength > 0 && !longerThan(value, minLength - 1))
      found.push({ rule: "minLength", path, value, schema, limit: minLength });
    else if (pattern !== undefined && compiled?.test(value) === false)
      found.push({ rule: "pattern", path, value, schema, pattern });
    if (format !== undefined && matchesFormat?.(value) === false)
      found.push({ rule: "format", path, value, schema, format });
  };
}

/** Whether a string has more code points than that; counts only where the number of code units does not tell. */
function longerThan(text: string, length: number): boolean {
  if (text.length <= length) return false;
  if (text.length > 2 * length) return true;
  let points = 0;
  for (const _ of text) if ((points += 1) > length) return true;
  return false;
}

function numberCheck(schema: ValueSchema): KindCheck<number> {
  const { minimum, maximum, multipleOf } = schema;
  const format = keptFormat(schema);
  return (value, path, found) => {
    const beyond = (rule: Limit, limit: number): void => {
      found.push({ rule, path, value, schema, limit });
    };
    if (schema.type === "integer" && !fitsInteger(value, format))
      found.push({ rule: "range", path, value, schema, format });
    if (multipleOf !== undefined && value % multipleOf !== 0) beyond("multipleOf", multipleOf);
    if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum))
      beyond("minimum", minimum);
    if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum))
      beyond("maximum", maximum);
  };
}

function fitsInteger(value: number, format: string | undefined): boolean {
  return isInt64(value) && (format !== "int32" || (value >= -(2 ** 31) && value < 2 ** 31));
}

function listCheck(
  schema: ValueSchema,
  compiling: Compiling,
): (value: readonly unknown[], path: string, old: unknown, found: Violation[]) => void {
  const { minItems, maxItems } = schema;
  const item = schema.items && ratcheting(schema.items, compiling);
  return (value, path, old, found) => {
    if (item) {
      const find = oldItems(schema, old);
      for (const [index, each] of value.entries()) {
        if (found.length >= compiling.limit) break;
        item(each, `${path}[${index}]`, find(each), found);
      }
    }
    if (minItems !== undefined && value.length < minItems)
      found.push({ rule: "minItems", path, value, schema, limit: minItems });
    if (maxItems !== undefined && value.length > maxItems)
      found.push({ rule: "maxItems", path, value, schema, limit: maxItems });
  };
}

type ObjectCheck = (value: JsonObject, path: string, old: unknown, found: Violation[]) => void;

function objectCheck(schema: ValueSchema, compiling: Compiling): ObjectCheck {
  const { minProperties, maxProperties } = schema;
  const members = compiling.isDocument ? membersInDocument(schema, compiling) : membersOnServer(schema, compiling);
  const wanted = schema.required ?? [];
  const dependent = Object.entries(schema.dependentRequired ?? {});
  const bounded = minProperties !== undefined || maxProperties !== undefined;
  return (value, path, old, found) => {
    if (bounded) {
      const count = Object.keys(value).length;
      if (minProperties !== undefined && count < minProperties)
        found.push({ rule: "minProperties", path, value, schema, limit: minProperties });
      if (maxProperties !== undefined && count > maxProperties)
        found.push({ rule: "maxProperties", path, value, schema, limit: maxProperties });
    }
    members(value, path, old, found);
    for (const member of wanted)
      if (!Object.hasOwn(value, member)) found.push({ rule: "required", path, value, schema, member });
    for (const [member, needed] of dependent) {
      const missing = Object.hasOwn(value, member) ? needed.find((each) => !Object.hasOwn(value, each)) : undefined;
      if (missing !== undefined) found.push({ rule: "dependentRequired", path, value, schema, member, missing });
    }
  };
}

/** Members without a property of their own first, then the schema's properties in its order. */
function membersOnServer(schema: ValueSchema, compiling: Compiling): ObjectCheck {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, ratcheting(property, compiling)] as const,
  );
  const known = new Set(properties.map(([name]) => name));
  const { additionalProperties } = schema;
  const others = typeof additionalProperties === "object" ? ratcheting(additionalProperties, compiling) : undefined;
  return (value, path, old, found) => {
    if (others)
      for (const key of Object.keys(value))
        if (!known.has(key)) others(value[key], `${path}.${key}`, oldMember(old, key), found);
    for (const [name, check] of properties) {
      if (!Object.hasOwn(value, name)) continue;
      const root = path === "";
      // an object's apiVersion and kind are converted before they are compared, so the server does not see them change
      const oldValue = root && (name === "apiVersion" || name === "kind") ? undefined : oldMember(old, name);
      check(value[name], root ? name : `${path}.${name}`, oldValue, found);
    }
  };
}

function membersInDocument(schema: ValueSchema, compiling: Compiling): ObjectCheck {
  const checks = new Map<ValueSchema, Check>();
  const { properties = {}, additionalProperties } = schema;
  for (const each of [...Object.values(properties), additionalProperties])
    if (typeof each === "object") checks.set(each, ratcheting(each, compiling));
  // a schema without a type is part of another one, and does not describe all members
  const isWhole = schema.type !== undefined && additionalProperties !== true;
  return (value, path, old, found) => {
    for (const member of Object.keys(value)) {
      if (found.length >= compiling.limit) break;
      const child = memberSchemaOf(schema, member);
      if (child === undefined) {
        if (isWhole) found.push({ rule: "unknown", path, value, schema, member });
      } else
        checks.get(child)?.(value[member], path === "" ? member : `${path}.${member}`, oldMember(old, member), found);
    }
  };
}

/** allOf, anyOf, oneOf and not. Of several alternatives that all fail, the server shows the one with the fewest errors. */
function combinations(schema: ValueSchema, compiling: Compiling): Check | undefined {
  const compiled = (each: ValueSchema): Check => plainCheck(each, compiling);
  const [all, one] = [schema.allOf?.map(compiled) ?? [], schema.oneOf?.map(compiled) ?? []];
  const any = compiling.isDocument ? [] : (schema.anyOf?.map(compiled) ?? []);
  const meant = compiling.isDocument ? alternativeByType(schema, compiling) : undefined;
  const not = schema.not && compiled(schema.not);
  if (all.length + any.length + one.length === 0 && !not && !meant) return undefined;
  return (value, path, old, found) => {
    const results = (checks: readonly Check[]): Violation[][] =>
      checks.map((check) => {
        const each: Violation[] = [];
        check(value, path, old, each);
        return each;
      });
    const fewest = (each: Violation[][]): Violation[] =>
      each.reduce((a, b) => (b.length < a.length ? b : a), each[0] ?? []);
    const composite = (rule: "allOf" | "anyOf" | "oneOf" | "not", detail: string): number =>
      found.push({ rule, path, value, schema, detail });

    meant?.(value, path, old, found);
    const anyResults = results(any);
    if (any.length > 0 && anyResults.every((each) => each.length > 0)) {
      composite("anyOf", "must validate at least one schema (anyOf)");
      found.push(...fewest(anyResults));
    }
    const oneResults = results(one);
    const valid = oneResults.filter((each) => each.length === 0).length;
    if (one.length > 0 && valid !== 1) {
      const which = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
      composite("oneOf", `must validate one and only one schema (oneOf). ${which}`);
      if (valid === 0 && !compiling.isDocument) found.push(...fewest(oneResults));
    }
    const allResults = results(all);
    found.push(...allResults.flat());
    if (allResults.some((each) => each.length > 0)) {
      const none = allResults.every((each) => each.length > 0);
      composite("allOf", `must validate all the schemas (allOf)${none ? ". None validated" : ""}`);
    }
    if (not && results([not])[0]?.length === 0) composite("not", "must not validate the schema (not)");
  };
}

/** Checks a value by the first alternative that allows its type; a value that none allows has violated the type already. */
function alternativeByType(schema: ValueSchema, compiling: Compiling): Check | undefined {
  if (schema.anyOf === undefined) return undefined;
  const alternatives = schema.anyOf.map((each) => ({
    allows: typeCheck(each, compiling),
    check: plainCheck(each, compiling),
  }));
  return (value, path, old, found) => {
    const meant = alternatives.find(({ allows }) => {
      const refused: Violation[] = [];
      allows(value, path, old, refused);
      return refused.length === 0;
    });
    const own: Violation[] = [];
    meant?.check(value, path, old, own);
    for (const each of own)
      found.push(each.path === path && each.alternativesOf === undefined ? { ...each, alternativesOf: schema } : each);
  };
}
