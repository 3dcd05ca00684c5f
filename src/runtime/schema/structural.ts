import { defaulting } from "./defaults.js";
import { invalid } from "./errors.js";
import type { FieldError, FieldErrorReason } from "./field-error.js";
import { isObject } from "./json.js";
import type { JsonSchema } from "./json-schema.js";
import { prune, type Pruned } from "./prune.js";
import { ruleCheck } from "./rules.js";
import { uniquenessCheck } from "./uniqueness.js";
import { valueCheck } from "./values.js";
import { fieldErrorOf, type Violation } from "./violation.js";

export interface ValidationOptions {
  /**
   * What to do with the CEL rules where types, enums, lengths or required fields are wrong. `server` (default): none is
   * run, and an error says so, as the API server does. `all`: those that can be evaluated are, so that everything that
   * is wrong is said at once.
   */
  readonly rules?: "server" | "all";
}

/** A schema as it acts on whole resources. Nothing it is given is ever changed. */
export interface StructuralSchema {
  /** Leaves out unknown fields. Before anything else, as in the API server. */
  prune(resource: unknown): Pruned;
  /** Fills in the schema's defaults. After pruning. */
  applyDefaults(resource: unknown): unknown;
  /**
   * What is wrong with a pruned and defaulted resource; with `old`, with an update to it. `metadata` is not checked,
   * it has no part in the schema: {@link validateObjectMeta}.
   */
  validate(resource: unknown, old?: unknown, options?: ValidationOptions): FieldError[];
}

/** What keeps the server from running CEL rules. */
const blocking: ReadonlySet<FieldErrorReason> = new Set<FieldErrorReason>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

const notChecked =
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

/**
 * Compiles the `openAPIV3Schema` of a CustomResourceDefinition. Do it once: patterns and rules are compiled here, and a
 * invalid pattern or rule throws here.
 *
 * @example
 * const widgets = structuralSchema({ type: "object", properties: { spec: { type: "object", required: ["size"] } } });
 * widgets.validate({ spec: {} }); // [{ field: "spec.size", reason: "FieldValueRequired", message: "Required value" }]
 */
export function structuralSchema(schema: JsonSchema): StructuralSchema {
  const checkValues = valueCheck(schema);
  const checkUniqueness = uniquenessCheck(schema);
  const checkRules = ruleCheck(schema, true);

  const duplicates = (resource: unknown): FieldError[] => {
    const errors: FieldError[] = [];
    checkUniqueness?.(resource, "", errors);
    return errors;
  };

  return {
    prune: (resource) => prune(resource, schema),
    applyDefaults: defaulting(schema),
    validate(resource, old, options) {
      const violations: Violation[] = [];
      checkValues(resource, "", old, violations);
      const errors = violations.map(fieldErrorOf);
      // twofold entries that were there before may stay
      if (old === undefined || duplicates(old).length === 0) errors.push(...duplicates(resource));
      if (!checkRules || !isObject(resource)) return errors;
      const blocked = errors.some((error) => blocking.has(error.reason));
      if (blocked && options?.rules !== "all") errors.push(invalid("", null, notChecked));
      else checkRules(resource, "", old, errors, blocked);
      return errors;
    },
  };
}
