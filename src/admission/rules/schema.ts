import type { FieldError } from "../../runtime/schema/field-error.js";
import { validateObjectMeta } from "../../runtime/schema/object-meta.js";
import { noFindings, type Rule } from "../context.js";
import type { AnyRun } from "../kind.js";
import { withRemedy } from "../remedies.js";

/**
 * The object conforms to its schema. The API server also checks this, but only after the mutating webhooks, and would then report no
 * findings of the other rules (docs/adr/005). The status is not checked, since the API server drops it from the request.
 */
export const schema: Rule = {
  id: "schema",
  check({ object, oldObject, kind }) {
    const problems = kind.schema.validate(withoutStatus(object), oldObject && withoutStatus(oldObject), {
      rules: "all",
    });
    const metadata = oldObject === undefined ? validateObjectMeta(object.metadata) : [];
    if (problems.length + metadata.length === 0) return noFindings;
    return { errors: [...metadata, ...problems.filter(hasField).map((error) => withRemedy(error, kind.type.kind))] };
  },
};

function withoutStatus(object: AnyRun): object {
  if (object.status === undefined) return object;
  const { status: _status, ...submitted } = object;
  return submitted;
}

/** Removes errors that the API server repeats without their field. */
function hasField(error: FieldError, _index: number, all: readonly FieldError[]): boolean {
  return error.field !== "" || all.length === 1;
}
