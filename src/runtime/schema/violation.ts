/** How a value violates its schema, as data. Each consumer has its own words for it; those of the API server are here. */
import { invalid, isInt64, notSupported, number, required, tooLong, tooMany, typeInvalid } from "./errors.js";
import type { FieldError } from "./field-error.js";
import type { ValueSchema } from "./value-schema.js";

interface Place {
  /** `spec.files[0].name`, from the value that was checked. */
  readonly path: string;
  readonly value: unknown;
  /** The schema that the value violates. */
  readonly schema: ValueSchema;
  /** The schema of which `schema` is one of several alternatives for the same value. Only in the style `document`. */
  readonly alternativesOf?: ValueSchema;
}

export type Violation = Place &
  (
    | { readonly rule: "type"; readonly wanted: readonly string[]; readonly actual: string }
    /** A number that an integer of the schema's format cannot hold. */
    | { readonly rule: "range"; readonly format: string | undefined }
    | { readonly rule: "enum"; readonly wanted: readonly unknown[] }
    | { readonly rule: Limit; readonly limit: number }
    | { readonly rule: "pattern"; readonly pattern: string }
    | { readonly rule: "format"; readonly format: string }
    | { readonly rule: "required" | "unknown"; readonly member: string }
    | { readonly rule: "dependentRequired"; readonly member: string; readonly missing: string }
    | { readonly rule: "allOf" | "anyOf" | "oneOf" | "not"; readonly detail: string }
  );

/** Rules that compare a number, a length or a count with a limit. */
export type Limit =
  | "minimum"
  | "maximum"
  | "multipleOf"
  | "minLength"
  | "maxLength"
  | "minItems"
  | "maxItems"
  | "minProperties"
  | "maxProperties";

/** A violation in the API server's words. Source: kube-openapi, validation/validate, and apiextensions-apiserver, apiserver/validation. */
export function fieldErrorOf(violation: Violation): FieldError {
  const { path, value, schema } = violation;
  const inBody = `${path} in body`;
  switch (violation.rule) {
    case "type": {
      const { wanted, actual } = violation;
      return typeInvalid(path, actual, `${inBody} must be of type ${wanted.join(",")}: ${JSON.stringify(actual)}`);
    }
    case "range": {
      const { format } = violation;
      const type = format === undefined ? "integer (default format)" : `integer with format ${format}`;
      return invalid("", "", `Checked value must be of type ${type} in ${path}`);
    }
    case "enum":
      return notSupported(path, value, violation.wanted);
    case "pattern":
      return invalid(path, value, `${inBody} should match '${violation.pattern}'`);
    case "format":
      return typeInvalid(path, value, `${inBody} must be of type ${violation.format}: ${JSON.stringify(value)}`);
    case "required":
      return required(path === "" ? violation.member : `${path}.${violation.member}`);
    case "unknown":
      return invalid(path, value, `unknown field "${violation.member}"`);
    case "dependentRequired":
      return required(path, `${violation.member} needs ${violation.missing}`);
    case "allOf":
    case "anyOf":
    case "oneOf":
    case "not":
      return invalid("", "", `"${path}" ${violation.detail}`);
    case "maxLength":
      return tooLong(path, violation.limit);
    case "maxItems":
    case "maxProperties":
      return tooMany(path, countOf(value), violation.limit);
    case "minLength":
      return invalid(path, value, `${inBody} should be at least ${violation.limit} chars long`);
    case "minItems":
      return invalid(path, countOf(value), `${inBody} should have at least ${violation.limit} items`);
    case "minProperties":
      return invalid(path, countOf(value), `${inBody} should have at least ${violation.limit} properties`);
    case "multipleOf":
      return invalid(path, value, `${inBody} should be a multiple of ${violation.limit}`);
    case "minimum": {
      const than = schema.exclusiveMinimum === true ? "greater than" : "greater than or equal to";
      return invalid(path, value, `${inBody} should be ${than} ${number(violation.limit, isFloat(value))}`);
    }
    case "maximum": {
      const than = schema.exclusiveMaximum === true ? "less than" : "less than or equal to";
      return invalid(path, value, `${inBody} should be ${than} ${number(violation.limit, isFloat(value))}`);
    }
  }
}

/** The server writes a limit as it writes the value. */
const isFloat = (value: unknown): boolean => typeof value === "number" && !isInt64(value);

/** Items of a list, or members of an object. */
const countOf = (value: unknown): number => Object.keys(value ?? {}).length;
