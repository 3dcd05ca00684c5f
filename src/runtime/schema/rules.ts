/**
 * `x-kubernetes-validations`: rules in CEL. Source: apiextensions-apiserver, apiserver/schema/cel, and KEP-2876.
 *
 * Not implemented: the cost budget (the API server rejects a schema whose rules cost too much), and Kubernetes'
 * own CEL libraries (url, regex find, quantity, ...), which this CEL implementation does not have; a rule that needs
 * one fails when it is compiled.
 */
import { Environment, Optional, type ASTNode } from "@marcbachmann/cel-js";
import { oldItems, oldMember, unchanged } from "./correlation.js";
import { duplicate, forbidden, invalid, omitted, required } from "./errors.js";
import type { FieldError } from "./field-error.js";
import { isList, isObject, member, setMember } from "./json.js";
import type { JsonSchema, ValidationRule } from "./json-schema.js";
import { memberSchemaOf } from "./value-schema.js";

/**
 * Adds the errors of the rules that don't hold. `old` is undefined where there is no value to compare with. `tolerant`: a
 * rule that cannot be evaluated reports nothing, since other errors already say what is wrong with its value.
 */
export type RuleCheck = (value: unknown, path: string, old: unknown, errors: FieldError[], tolerant: boolean) => void;

const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  .registerVariable("self", "dyn")
  .registerVariable("oldSelf", "dyn");

/** Compiles the rules of a schema and of all below it; undefined where there are none. */
export function ruleCheck(schema: JsonSchema, resource: boolean): RuleCheck | undefined {
  const own = (schema["x-kubernetes-validations"] ?? []).map((rule) => oneRule(rule, schema, resource));
  const item = schema.items && ruleCheck(schema.items, false);
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const check = ruleCheck(property, property["x-kubernetes-embedded-resource"] === true);
    return check ? [[name, check] as const] : [];
  });
  const others =
    typeof schema.additionalProperties === "object" ? ruleCheck(schema.additionalProperties, false) : undefined;
  if (own.length === 0 && !item && !others && properties.length === 0) return undefined;
  return (value, path, old, errors, tolerant) => {
    if (value === null) return;
    for (const rule of own) rule(value, path, old, errors, tolerant);
    if (isList(value)) {
      if (!item) return;
      const find = oldItems(schema, old);
      value.forEach((each, index) => item(each, `${path}[${index}]`, find(each), errors, tolerant));
    } else if (isObject(value)) {
      if (others)
        for (const key of Object.keys(value))
          others(value[key], `${path}[${key}]`, oldMember(old, key), errors, tolerant);
      for (const [name, check] of properties)
        if (Object.hasOwn(value, name))
          check(value[name], path === "" ? name : `${path}.${name}`, oldMember(old, name), errors, tolerant);
    }
  };
}

function oneRule(rule: ValidationRule, schema: JsonSchema, resource: boolean): RuleCheck {
  const holds = environment.parse(rule.rule);
  const wanted = rule.messageExpression === undefined ? readMembers(holds.ast) : undefined;
  const messageOf = rule.messageExpression === undefined ? undefined : environment.parse(rule.messageExpression);
  const text = (rule.message ?? rule.rule).trim();
  const usesOldSelf = /\boldSelf\b/.test(rule.rule.replace(/'[^']*'|"[^"]*"/g, ""));
  const optional = rule.optionalOldSelf === true;
  const hidesValue = schema.type === "object" || schema.type === "array";
  return (value, path, old, errors, tolerant) => {
    if (usesOldSelf && (old === undefined || old === null) && !optional) return;
    const variables = {
      self: celValue(value, schema, wanted, resource),
      oldSelf: optional ? optionalOf(old, schema, resource) : celValue(old ?? null, schema, wanted, resource),
    };
    let result: unknown;
    try {
      refuseOtherTypes(value, schema);
      result = holds(variables);
    } catch (error) {
      const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      const why = message.charAt(0).toLowerCase() + message.slice(1);
      if (!tolerant) errors.push(invalid(path, schema.type ?? "", `${why} evaluating rule: ${text}`));
      return;
    }
    if (result === true || (!usesOldSelf && unchanged(schema, value, old))) return;
    const at = joinPath(path, rule.fieldPath);
    const detail =
      evaluatedMessage(messageOf, variables) ?? (rule.message === undefined ? `failed rule: ${text}` : text);
    errors.push(errorFor(rule, at, hidesValue ? omitted : value, detail));
  };
}

/** What Go and CEL call the types of a schema and of the values. */
const celTypes: Readonly<Record<string, string>> = { string: "string", integer: "int", boolean: "bool" };

/** An unchanged value may be of another type than the schema's; CEL would compare it as if nothing were the matter. */
function refuseOtherTypes(value: unknown, { type }: JsonSchema): void {
  const wanted = celTypes[type ?? ""];
  const actual = typeof value === "number" ? "integer" : typeof value;
  if (wanted === undefined || actual === type) return;
  const goType = isList(value)
    ? "[]interface {}"
    : isObject(value)
      ? "map[string]interface {}"
      : (celTypes[actual] ?? "");
  throw new TypeError(`invalid data, expected ${wanted}, got ${goType === "int" ? "int64" : goType}`);
}

function errorFor(rule: ValidationRule, field: string, value: unknown, detail: string): FieldError {
  switch (rule.reason) {
    case "FieldValueForbidden":
      return forbidden(field, detail);
    case "FieldValueRequired":
      return required(field, detail);
    case "FieldValueDuplicate":
      return duplicate(field, value);
    default:
      return invalid(field, value, detail);
  }
}

function evaluatedMessage(
  expression: ((context: Record<string, unknown>) => unknown) | undefined,
  variables: Record<string, unknown>,
): string | undefined {
  try {
    const message = expression?.(variables);
    const text = typeof message === "string" ? message.trim() : "";
    return text === "" || text.includes("\n") || text.length > 5120 ? undefined : text;
  } catch {
    return undefined; // the server then uses the rule's fixed message, too
  }
}

function optionalOf(old: unknown, schema: JsonSchema, resource: boolean): Optional {
  const none = old === undefined || old === null;
  return none ? Optional.none() : Optional.of(celValue(old, schema, undefined, resource));
}

/** The members that a rule reads, by name; undefined in the place of what it reads as a whole. */
interface Members {
  readonly [name: string]: Members | undefined;
}

/** What a rule reads of `self` and `oldSelf`, so that nothing else has to be converted for it. */
function readMembers(ast: ASTNode): Members | undefined {
  const chains = [...selfChains(ast)];
  const tree = (paths: readonly (readonly string[])[]): Members | undefined => {
    if (paths.some((path) => path.length === 0)) return undefined;
    const names = new Set(paths.map(([first]) => first ?? ""));
    return Object.fromEntries(
      [...names].map((name) => [name, tree(paths.filter(([first]) => first === name).map((path) => path.slice(1)))]),
    );
  };
  return tree(chains);
}

/** Every `self.a.b` of an expression, as its names. */
function* selfChains(node: unknown): Generator<readonly string[]> {
  if (isList(node)) for (const each of node) yield* selfChains(each);
  else if (isNode(node)) {
    const names = chainOf(node);
    if (names) yield names;
    else yield* selfChains(node.args);
  }
}

function chainOf(node: unknown): readonly string[] | undefined {
  if (!isNode(node)) return undefined;
  if (node.op === "id") return node.args === "self" || node.args === "oldSelf" ? [] : undefined;
  if (node.op !== "." || !isList(node.args)) return undefined;
  const [object, name] = node.args;
  const before = chainOf(object);
  return before && typeof name === "string" ? [...before, name] : undefined;
}

function isNode(value: unknown): value is { readonly op: unknown; readonly args: unknown } {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** `.spec.name` and `['key']` below a path. */
function joinPath(path: string, below: string | undefined): string {
  if (below === undefined) return path;
  const named = below.replace(/\['((?:[^'\\]|\\.)*)'\]/g, ".$1");
  return path === "" ? named.replace(/^\./, "") : `${path}${named}`;
}

/** A JSON value as CEL has it: integers are bigint, and of a resource's metadata only the names can be seen. */
function celValue(value: unknown, schema?: JsonSchema, wanted?: Members, resource = false): unknown {
  if (typeof value === "number") {
    const whole = Number.isInteger(value) && schema?.type !== "number";
    return whole ? BigInt(value) : value;
  }
  if (typeof value === "string")
    return schema?.format === "date-time" || schema?.format === "date" ? new Date(value) : value;
  if (isList(value)) return value.map((item) => celValue(item, schema?.items));
  if (!isObject(value)) return value;
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(wanted ?? value)) {
    if (!Object.hasOwn(value, key)) continue;
    const child = value[key];
    const isMetadata = resource && key === "metadata";
    const seen = isMetadata ? namesOf(child) : celValue(child, schema && memberSchemaOf(schema, key), wanted?.[key]);
    setMember(object, key, seen);
  }
  // an object is known by its `constructor`, which must not be one of its members
  return Object.hasOwn(object, "constructor") ? new Map(Object.entries(object)) : object;
}

function namesOf(metadata: unknown): unknown {
  if (!isObject(metadata)) return {};
  const names = ["name", "generateName"].map((key) => [key, member(metadata, key)] as const);
  return Object.fromEntries(names.filter(([, value]) => typeof value === "string"));
}
