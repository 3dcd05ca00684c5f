import type { FieldError } from "../../runtime/schema/field-error.js";
import { validateObjectMeta } from "../../runtime/schema/object-meta.js";
import { nothing, type Rule } from "../context.js";
import type { AnyRun } from "../kind.js";
import { withRemedy } from "../remedies.js";

/**
 * The object is as its schema wants it. The API server checks that too, but only after the mutating webhooks, and then
 * tells nothing of the other rules: docs/adr/005. The status is none of the request's business: the server drops it.
 */
export const schema: Rule = {
  id: "schema",
  check({ object, oldObject, kind }) {
    const problems = kind.schema.validate(withoutStatus(object), oldObject && withoutStatus(oldObject), {
      rules: "all",
    });
    const metadata = oldObject === undefined ? validateObjectMeta(object.metadata) : [];
    if (problems.length + metadata.length === 0) return nothing;
    return { errors: [...metadata, ...problems.filter(saysWhere).map((error) => withRemedy(error, kind.type.kind))] };
  },
};

function withoutStatus(object: AnyRun): object {
  if (object.status === undefined) return object;
  const { status: _status, ...submitted } = object;
  return submitted;
}

/** The server repeats some errors of a field without saying which; the one that says it is enough. */
function saysWhere(error: FieldError, _index: number, all: readonly FieldError[]): boolean {
  return error.field !== "" || all.length === 1;
}
