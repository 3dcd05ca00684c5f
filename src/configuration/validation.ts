/**
 * Validates values by the configuration's schema. One pass finds every problem, and each message says what to write instead.
 * src/runtime/schema interprets the schema; this file has the messages.
 */
import { isObject, jsonEqual } from "../runtime/schema/json.js";
import { memberSchemaOf } from "../runtime/schema/value-schema.js";
import { valueCheck, type Check } from "../runtime/schema/values.js";
import type { Violation } from "../runtime/schema/violation.js";
import type { Problem } from "./problem.js";
import { isSection, pathText, schema as root, schemaAt, type Path, type SettingSchema } from "./schema.js";
import { suggestion } from "../suggestion.js";

/** Patterns of JSON Schema are JavaScript regular expressions. */
const options = { style: "document", expression: (pattern: string): RegExp => new RegExp(pattern) } as const;

const checks = new WeakMap<SettingSchema, Check>();

/** Validators by schema, each compiled once, since every reload checks all keys. */
function checkOf(schema: SettingSchema): Check {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const check = valueCheck(schema, options);
  checks.set(schema, check);
  return check;
}

/** The problems of a value: errors where it violates its schema, warnings for members without effect. */
export function validateValue(value: unknown, schema: SettingSchema, path: string): Problem[] {
  const found: Violation[] = [];
  checkOf(schema)(value, path, undefined, found);
  return [...problemsOf(found), ...membersWithoutEffect(value, schema, path)];
}

/** Unknown keys of a value, or of all sections of a source, for which the key that was meant is searched: there can be thousands. */
export const mostRemedies = 50;

function problemsOf(violations: readonly Violation[]): Problem[] {
  const problems: Problem[] = [];
  const wrong = new Set<string>();
  let unknown = 0;
  for (const violation of violations) {
    const { path } = violation;
    if (violation.rule === "unknown") {
      const hasRemedy = unknown++ < mostRemedies;
      problems.push(...unknownMember(violation.schema as SettingSchema, violation.member, path, hasRemedy));
      continue;
    }
    // only the first violation of a value: the others usually follow from it
    const subject = violation.rule === "required" || violation.rule === "oneOf" ? `${path} ${violation.rule}` : path;
    if (wrong.has(subject)) continue;
    wrong.add(subject);
    problems.push({ severity: "error", path, message: messageOf(violation, violations) });
  }
  return problems;
}

/** The problem of an unknown key, which may be misspelt or in the wrong place. */
export function unknownMember(map: SettingSchema, name: string, path: string, hasRemedy = true): Problem[] {
  if (map["x-open"] === true) return [];
  const remedy = hasRemedy ? `; ${remedyOf(map, name)}` : "";
  const own = path === "" ? name : `${path}.${name}`;
  return [
    map.additionalProperties === false
      ? { severity: "error", path: own, message: `is not a known key${remedy}` }
      : { severity: "warning", path: own, message: `is not a known key and has no effect${remedy}` },
  ];
}

/** For a key that a map does not have: the one that was probably meant, else all that it has. */
export function remedyOf(map: SettingSchema, name: string): string {
  const known = Object.keys(map.properties ?? {});
  const meant = suggestion(name, known) ?? keyElsewhere(name);
  return meant === undefined ? `known here: ${known.join(", ")}` : `did you mean ${meant}?`;
}

/** The key that was probably meant by a path that does not exist; undefined if none is close. */
export function suggestedKey(path: Path): string | undefined {
  const index = path.findIndex((_, length) => schemaAt(path.slice(0, length + 1)) === undefined);
  const above = path.slice(0, index);
  const name = path[index] ?? "";
  const meant = suggestion(name, Object.keys(schemaAt(above)?.properties ?? {}));
  return meant === undefined ? keyElsewhere(name) : pathText([...above, meant, ...path.slice(index + 1)]);
}

/** The path of the only section's key with this name: it may have been written at the wrong level. */
function keyElsewhere(name: string): string | undefined {
  const [found, ...others] = (pathsOfKeys ??= collectPaths()).get(name) ?? [];
  return others.length === 0 ? found : undefined;
}

/** The paths of all sections' keys, by their last part. */
let pathsOfKeys: ReadonlyMap<string, readonly string[]> | undefined;

function collectPaths(): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, string[]>();
  const walk = (part: SettingSchema, path: string): void => {
    for (const [key, field] of Object.entries(part.properties ?? {})) {
      if (field["x-no-effect"] !== undefined || field["x-same-as"] !== undefined) continue;
      const own = path === "" ? key : `${path}.${key}`;
      paths.set(key, [...(paths.get(key) ?? []), own]);
      if (isSection(field)) walk(field, own);
    }
  };
  walk(root, "");
  return paths;
}

/** The warning for a key without effect; none if its value is the default, which applies anyway. */
export function withoutEffect(schema: SettingSchema, value: unknown, path: string): Problem[] {
  const reason = schema["x-no-effect"];
  if (reason === undefined || (schema.default !== undefined && jsonEqual(value, schema.default))) return [];
  return [{ severity: "warning", path, message: `has no effect: ${reason}` }];
}

function membersWithoutEffect(value: unknown, schema: SettingSchema, path: string): Problem[] {
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return value.flatMap((each, index) => membersWithoutEffect(each, items, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  const described = alternativeFor(value, schema) ?? schema;
  return Object.entries(value).flatMap(([name, each]) => {
    const field = memberSchemaOf<SettingSchema>(described, name);
    if (field === undefined) return [];
    const own = `${path}.${name}`;
    return [...withoutEffect(field, each, own), ...membersWithoutEffect(each, field, own)];
  });
}

/** The first alternative of the schema that allows the type of the value; undefined if none does. */
export function alternativeFor(value: unknown, { anyOf = [] }: SettingSchema): SettingSchema | undefined {
  const type = Array.isArray(value) ? "array" : isObject(value) ? "object" : typeof value;
  return anyOf.find((each) => [each.type].flat().includes(type));
}

/** The value in an error message: short, on one line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? "nothing" : text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Messages for values with several notations, which get the same message for every violation. */
const messagesByForm: Readonly<Record<string, (value: unknown, schema: SettingSchema) => string>> = {
  quantity: (value) => `must be a quantity such as "500m", "2" or "4Gi", is ${shown(value)}`,
  wholeNumber: (value, { anyOf = [] }) => wholeNumber(value, anyOf.find(({ type }) => type === "integer") ?? {}),
};

const wholeNumber = (value: unknown, { minimum = -Infinity, maximum = Infinity }: SettingSchema): string =>
  `must be a whole number from ${minimum} to ${maximum}, is ${shown(value)}`;

/** Messages for values of the wrong type, by expected type. */
const messagesByType: Readonly<Record<string, (value: unknown, schema: SettingSchema) => string>> = {
  string: (value) => `must be a string, is ${shown(value)}: put it in quotes`,
  integer: wholeNumber,
  number: (value, { minimum = -Infinity, maximum = Infinity }) =>
    `must be a number from ${minimum} to ${maximum}, is ${shown(value)}`,
  boolean: (value) => `must be true or false, is ${shown(value)}`,
  array: (value) => `must be a list, is ${shown(value)}`,
  object: (value) => `must be a map, is ${shown(value)}`,
};

function messageOf(violation: Violation, all: readonly Violation[]): string {
  const schema = violation.schema as SettingSchema; // this file compiles no other schemas
  const forms = (violation.alternativesOf ?? schema) as SettingSchema;
  const { value } = violation;
  const byForm = messagesByForm[forms["x-reads"] ?? ""];
  if (byForm !== undefined) return byForm(value, forms);
  if (schema.enum !== undefined) return `must be one of ${schema.enum.join(", ")}, is ${shown(value)}`;
  const limit = "limit" in violation ? violation.limit : 0;
  switch (violation.rule) {
    case "minLength":
      return "must not be empty: write a value or remove the key";
    case "maxLength":
      return `must have at most ${limit} characters, has ${String(value).length}`;
    case "pattern":
      return `must be ${schema["x-meaning"] ?? `text that matches ${violation.pattern}`}, is ${shown(value)}`;
    case "maxItems":
      return `must have at most ${limit} items, has ${Object.keys(value ?? {}).length}`;
    case "minItems":
      return `must have at least ${limit} items: write one or remove the key`;
    case "maxProperties":
      return `must have at most ${limit} of its keys, has ${Object.keys(value ?? {}).length}`;
    case "minProperties":
      return `must have at least ${limit} of its keys`;
    case "required": {
      const missing = all.flatMap((each) =>
        each.rule === "required" && each.path === violation.path ? [each.member] : [],
      );
      return `needs ${missing.join(" and ")}`;
    }
    case "dependentRequired":
      return `has ${violation.member} but no ${violation.missing}: write both`;
    case "oneOf":
      return `needs either ${(schema.oneOf ?? []).flatMap(({ required = [] }) => required).join(" or ")}`;
    default:
      return typeMessage(value, schema);
  }
}

function typeMessage(value: unknown, schema: SettingSchema): string {
  const [type] = [schema.type ?? []].flat();
  if (type !== undefined) return messagesByType[type]?.(value, schema) ?? `must be of type ${type}`;
  if (schema["x-reads"] === "namespaces") return `must be all, a list of names or a label selector, is ${shown(value)}`;
  // the other values with several notations can be written as text, or else as a map
  const asText = schema.anyOf?.some((each) => each.type === "string") === true;
  return messagesByType[asText ? "string" : "object"]?.(value, schema) ?? "";
}
