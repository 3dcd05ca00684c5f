/**
 * Field errors in the API server's own words. Source: k8s.io/apimachinery, util/validation/field/errors.go: the message is
 * the result of `ErrorBody`, as in status.details.causes[].message.
 */
import type { FieldError } from "./field-error.js";

/** In place of a value that is not shown. */
export const omitted = Symbol("omitted");

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: "FieldValueInvalid", message: withValue("Invalid value", value, detail) };
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: "FieldValueTypeInvalid", message: withValue("Invalid value", value, detail) };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: "FieldValueDuplicate", message: withValue("Duplicate value", value, "") };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const list = supported.map((each) => quote(typeof each === "string" ? each : JSON.stringify(each))).join(", ");
  return {
    field,
    reason: "FieldValueNotSupported",
    message: withValue("Unsupported value", value, `supported values: ${list}`),
  };
}

export function required(field: string, detail = ""): FieldError {
  return { field, reason: "FieldValueRequired", message: join("Required value", detail) };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: join("Forbidden", detail) };
}

/** The server counts characters and says bytes. */
export function tooLong(field: string, most: number): FieldError {
  const detail = `may not be more than ${most} ${most === 1 ? "byte" : "bytes"}`;
  return { field, reason: "FieldValueTooLong", message: join("Too long", detail) };
}

export function tooMany(field: string, count: number, most: number): FieldError {
  const detail = `must have at most ${most} ${most === 1 ? "item" : "items"}`;
  return { field, reason: "FieldValueTooMany", message: withValue("Too many", count, detail) };
}

function withValue(what: string, value: unknown, detail: string): string {
  return join(value === omitted ? what : `${what}: ${show(value)}`, detail);
}

const join = (what: string, detail: string): string => (detail === "" ? what : `${what}: ${detail}`);

function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  return typeof value === "number" ? number(value) : JSON.stringify(value ?? null);
}

/** Whether Go would hold a JSON number as an int64; else it is a float64, and written in another way. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

/** A number as Go's %v writes it: floats go into exponents early. */
export function number(value: number, float = !isInt64(value)): string {
  const [digits, exponent] = value.toExponential().split("e").map(Number);
  if (!float || exponent === undefined || (exponent >= -4 && exponent < 6)) return String(value);
  return `${digits ?? 0}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent).toString().padStart(2, "0")}`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** A text in quotes as Go's strconv.Quote writes it: invisible characters are escaped. */
function quote(text: string): string {
  const shown = text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    const hex = (digits: number): string => code.toString(16).padStart(digits, "0");
    if (code < 0x80) return shortEscapes[char] ?? `\\x${hex(2)}`;
    return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  return `"${shown}"`;
}
