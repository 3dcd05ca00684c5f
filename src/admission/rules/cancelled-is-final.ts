import { forbidden } from "../../runtime/schema/errors.js";
import { nothing, type Rule } from "../context.js";

/** A cancelled run can't be retried: `cancel` never becomes false again, so the run would end at once. */
export const cancelledIsFinal: Rule = {
  id: "cancelled-is-final",
  check({ view, oldView, kind }) {
    if (!oldView?.cancel) return nothing;
    const detail = `this ${kind.type.kind} was cancelled, for good; create a new one to do the work after all`;
    return {
      errors: (["retryAttempt", "contextVersion"] as const)
        .filter((field) => view[field] > oldView[field])
        .map((field) => forbidden(`spec.${field}`, detail)),
    };
  },
};
