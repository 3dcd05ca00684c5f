/**
 * What a schema says about values: types, bounds, patterns, required fields. Messages and reasons are the API server's.
 * Source: kube-openapi, validation/validate, and apiextensions-apiserver, apiserver/validation.
 */
import { invalid, isInt64, notSupported, number, required, tooLong, tooMany, typeInvalid } from "./errors.js";
import { oldItems, oldMember, unchanged } from "./correlation.js";
import type { FieldError } from "./field-error.js";
import { formatOf } from "./formats.js";
import { isList, isObject, jsonEqual, type JsonObject } from "./json.js";
import type { JsonSchema } from "./json-schema.js";
import { re2 } from "./re2.js";

/** Adds what is wrong with a value. `old` is the value it replaces; undefined where there is none to compare with. */
export type Check = (value: unknown, path: string, old: unknown, errors: FieldError[]) => void;

/** Compiles a schema to a function. An unchanged value may stay invalid in an update (ratcheting, KEP-4008). */
export function valueCheck(schema: JsonSchema): Check {
  const check = plainCheck(schema);
  return (value, path, old, errors) => {
    const before = errors.length;
    check(value, path, old, errors);
    if (errors.length > before && unchanged(schema, value, old)) errors.length = before;
  };
}

function plainCheck(schema: JsonSchema): Check {
  const type = typeCheck(schema);
  const combined = combinations(schema);
  const strings = stringCheck(schema);
  const numbers = numberCheck(schema);
  const lists = listCheck(schema);
  const objects = objectCheck(schema);
  const enumeration = schema.enum;
  return (value, path, old, errors) => {
    type(value, path, old, errors);
    if (value !== null) {
      combined?.(value, path, old, errors);
      if (typeof value === "string") strings(value, path, errors);
      else if (typeof value === "number") numbers(value, path, errors);
      else if (isList(value)) lists(value, path, old, errors);
      else if (isObject(value)) objects(value, path, old, errors);
    }
    if (enumeration && !enumeration.some((each) => jsonEqual(each, value)))
      errors.push(notSupported(path, value, enumeration));
  };
}

/** JSON's types with the server's view of numbers: what an int64 can hold without a fraction is an integer. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (typeof value === "number") return isInt64(value) ? "integer" : "number";
  return typeof value;
}

/** What kube-openapi calls the format of a Go value. */
const goFormats: Readonly<Record<string, string>> = { integer: "int64", number: "float64" };

function typeCheck(schema: JsonSchema): Check {
  const types = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : schema.type ? [schema.type] : [];
  if (types.length === 0) return () => undefined;
  const wanted = types.join(",");
  const numeric = types.includes("integer") || types.includes("number");
  const format = keptFormat(schema);
  return (value, path, _old, errors) => {
    const actual = typeOf(value);
    if (types.includes(actual) || (actual === "integer" && types.includes("number"))) return;
    const fail = (name: string, actual: string): void => {
      errors.push(typeInvalid(path, actual, `${path} in body must be of type ${name}: ${JSON.stringify(actual)}`));
    };
    if (actual === "null") {
      if (schema.nullable !== true) fail(wanted, actual);
      return;
    }
    const textual = actual === "string" || actual === "array";
    if (format !== undefined && !textual) fail(format, goFormats[actual] ?? "");
    else if (format === undefined || numeric || !textual) fail(wanted, actual);
    // what is left is a list where a formatted string is wanted: the server lets it pass, and so it does here
  };
}

/** The format that the server keeps: those it doesn't know are dropped from its copy of the schema. */
function keptFormat({ type, format }: JsonSchema): string | undefined {
  if (type === "integer") return format === "int32" || format === "int64" ? format : undefined;
  if (type === "number") return format === "float" || format === "double" ? format : undefined;
  return formatOf(format) && format;
}

type Kind<T> = (value: T, path: string, errors: FieldError[]) => void;

function stringCheck({ minLength, maxLength, pattern, format, type }: JsonSchema): Kind<string> {
  const expression = pattern === undefined ? undefined : re2(pattern);
  const matchesFormat = type === undefined || type === "string" ? formatOf(format) : undefined;
  return (value, path, errors) => {
    // one of these three at most, as the server does
    if (maxLength !== undefined && longerThan(value, maxLength)) errors.push(tooLong(path, maxLength));
    else if (minLength !== undefined && minLength > 0 && !longerThan(value, minLength - 1))
      errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
    else if (expression && !expression.test(value))
      errors.push(invalid(path, value, `${path} in body should match '${pattern ?? ""}'`));
    if (matchesFormat && !matchesFormat(value))
      errors.push(
        typeInvalid(path, value, `${path} in body must be of type ${format ?? ""}: ${JSON.stringify(value)}`),
      );
  };
}

/** Whether a string has more code points than that; counts only where the number of code units doesn't tell. */
function longerThan(text: string, length: number): boolean {
  if (text.length <= length) return false;
  if (text.length > 2 * length) return true;
  let points = 0;
  for (const _ of text) if ((points += 1) > length) return true;
  return false;
}

function numberCheck(schema: JsonSchema): Kind<number> {
  const { minimum, maximum, multipleOf } = schema;
  const format = keptFormat(schema);
  return (value, path, errors) => {
    if (schema.type === "integer" && !fitsInteger(value, format)) {
      const what = format === undefined ? "integer (default format)" : `integer with format ${format}`;
      errors.push(invalid("", "", `Checked value must be of type ${what} in ${path}`));
    }
    if (multipleOf !== undefined && value % multipleOf !== 0)
      errors.push(invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`));
    const exclusiveLow = schema.exclusiveMinimum === true;
    if (minimum !== undefined && (exclusiveLow ? value <= minimum : value < minimum)) {
      const than = exclusiveLow ? "greater than" : "greater than or equal to";
      errors.push(invalid(path, value, `${path} in body should be ${than} ${number(minimum, !isInt64(value))}`));
    }
    const exclusiveHigh = schema.exclusiveMaximum === true;
    if (maximum !== undefined && (exclusiveHigh ? value >= maximum : value > maximum)) {
      const than = exclusiveHigh ? "less than" : "less than or equal to";
      errors.push(invalid(path, value, `${path} in body should be ${than} ${number(maximum, !isInt64(value))}`));
    }
  };
}

function fitsInteger(value: number, format: string | undefined): boolean {
  return isInt64(value) && (format !== "int32" || (value >= -(2 ** 31) && value < 2 ** 31));
}

function listCheck(
  schema: JsonSchema,
): (value: readonly unknown[], path: string, old: unknown, errors: FieldError[]) => void {
  const { minItems, maxItems } = schema;
  const item = schema.items && valueCheck(schema.items);
  return (value, path, old, errors) => {
    if (item) {
      const find = oldItems(schema, old);
      value.forEach((each, index) => item(each, `${path}[${index}]`, find(each), errors));
    }
    if (minItems !== undefined && value.length < minItems)
      errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
    if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  };
}

function objectCheck(
  schema: JsonSchema,
): (value: JsonObject, path: string, old: unknown, errors: FieldError[]) => void {
  const { minProperties, maxProperties } = schema;
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, valueCheck(property)] as const,
  );
  const known = new Set(properties.map(([name]) => name));
  const others = typeof schema.additionalProperties === "object" ? valueCheck(schema.additionalProperties) : undefined;
  const wanted = schema.required ?? [];
  const bounded = minProperties !== undefined || maxProperties !== undefined;
  return (value, path, old, errors) => {
    if (bounded) {
      const count = Object.keys(value).length;
      if (minProperties !== undefined && count < minProperties)
        errors.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
      if (maxProperties !== undefined && count > maxProperties) errors.push(tooMany(path, count, maxProperties));
    }
    if (others)
      for (const key of Object.keys(value))
        if (!known.has(key)) others(value[key], `${path}.${key}`, oldMember(old, key), errors);
    for (const [name, check] of properties) {
      if (!Object.hasOwn(value, name)) continue;
      const root = path === "";
      // an object's apiVersion and kind are converted before they are compared, so a change of them can't be seen
      const oldValue = root && (name === "apiVersion" || name === "kind") ? undefined : oldMember(old, name);
      check(value[name], root ? name : `${path}.${name}`, oldValue, errors);
    }
    for (const name of wanted)
      if (!Object.hasOwn(value, name)) errors.push(required(path === "" ? name : `${path}.${name}`));
  };
}

/** allOf, anyOf, oneOf and not. Of several alternatives that all fail, the one with the fewest errors is shown. */
function combinations(schema: JsonSchema): Check | undefined {
  const all = schema.allOf?.map(plainCheck) ?? [];
  const any = schema.anyOf?.map(plainCheck) ?? [];
  const one = schema.oneOf?.map(plainCheck) ?? [];
  const not = schema.not && plainCheck(schema.not);
  if (all.length + any.length + one.length === 0 && !not) return undefined;
  return (value, path, old, errors) => {
    const results = (checks: readonly Check[]): FieldError[][] =>
      checks.map((check) => {
        const found: FieldError[] = [];
        check(value, path, old, found);
        return found;
      });
    const fewest = (found: FieldError[][]): FieldError[] =>
      found.reduce((a, b) => (b.length < a.length ? b : a), found[0] ?? []);
    const composite = (message: string): number => errors.push(invalid("", "", `"${path}" ${message}`));

    const anyResults = results(any);
    if (any.length > 0 && anyResults.every((found) => found.length > 0)) {
      composite("must validate at least one schema (anyOf)");
      errors.push(...fewest(anyResults));
    }
    const oneResults = results(one);
    const valid = oneResults.filter((found) => found.length === 0).length;
    if (one.length > 0 && valid !== 1) {
      const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
      composite(`must validate one and only one schema (oneOf). ${found}`);
      if (valid === 0) errors.push(...fewest(oneResults));
    }
    const allResults = results(all);
    errors.push(...allResults.flat());
    if (allResults.some((found) => found.length > 0)) {
      const none = allResults.every((found) => found.length > 0);
      composite(`must validate all the schemas (allOf)${none ? ". None validated" : ""}`);
    }
    if (not && results([not])[0]?.length === 0) composite("must not validate the schema (not)");
  };
}
