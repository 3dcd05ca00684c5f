/** The helpers that templates can call. All are pure functions of their arguments. */
import { stringify } from "yaml";
import { shellQuote } from "../shell-quote.js";

interface Helper {
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  call(...values: readonly unknown[]): unknown;
}

/** Whether a value counts as true, as in Handlebars: an empty list is false, in addition to what is false in JavaScript. */
export function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** The text of a value. @throws Error if the value is not a string, number or boolean */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) throw new Error("has no value; give one with (default ...)");
  throw new Error(`is ${Array.isArray(value) ? "a list" : "an object"}, not text; use json or yaml to print it`);
}

function asText(value: unknown): string {
  try {
    return textOf(value);
  } catch (error) {
    throw new Error(`its argument ${error instanceof Error ? error.message : ""}`, { cause: error });
  }
}

function includes(list: unknown, value: unknown): boolean {
  if (Array.isArray(list)) return list.includes(value);
  return asText(list).includes(asText(value));
}

/** Indents each line of a text that is not empty. */
function indent(width: unknown, text: unknown): string {
  if (typeof width !== "number" || !Number.isInteger(width) || width < 0 || width > 64)
    throw new Error("its first argument must be the number of spaces, 0 to 64");
  return asText(text).replaceAll(/^(?=.)/gm, " ".repeat(width));
}

/** A value of TOML 1.0. Its basic strings are those of JSON, except that DEL must be escaped. */
function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, each]) => `${toml(key)} = ${toml(each)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  if (value === null || value === undefined) throw new Error("TOML has no null");
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}

const helpers: Readonly<Record<string, Helper>> = {
  eq: { arity: [2, 2], call: (a, b) => a === b },
  ne: { arity: [2, 2], call: (a, b) => a !== b },
  and: { arity: [2, 16], call: (...values) => values.every(isTrue) },
  or: { arity: [2, 16], call: (...values) => values.some(isTrue) },
  not: { arity: [1, 1], call: (value) => !isTrue(value) },
  includes: { arity: [2, 2], call: includes },
  default: {
    arity: [2, 2],
    call: (value, other) => (value === null || value === undefined || value === "" ? other : value),
  },
  lower: { arity: [1, 1], call: (text) => asText(text).toLowerCase() },
  upper: { arity: [1, 1], call: (text) => asText(text).toUpperCase() },
  json: {
    arity: [1, 2],
    call: (value, width) => JSON.stringify(value ?? null, null, typeof width === "number" ? width : 0),
  },
  toml: { arity: [1, 1], call: toml },
  yaml: { arity: [1, 1], call: (value) => stringify(value ?? null).trimEnd() },
  indent: { arity: [2, 2], call: indent },
  shq: { arity: [1, 1], call: (text) => shellQuote(asText(text)) },
};

/** The names of all helpers, for messages. */
export const helperNames = Object.keys(helpers).sort();

export function helperOf(name: string): Helper | undefined {
  return Object.hasOwn(helpers, name) ? helpers[name] : undefined;
}
