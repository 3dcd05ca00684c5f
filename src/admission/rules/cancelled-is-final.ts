import { forbidden } from "../../runtime/schema/errors.js";
import { noFindings, type Rule } from "../context.js";

/** A cancelled run cannot be retried: `cancel` cannot become false again, so a new attempt would end at once. */
export const cancelledIsFinal: Rule = {
  id: "cancelled-is-final",
  check({ view, oldView, kind }) {
    if (!oldView?.cancel) return noFindings;
    const detail = `this ${kind.type.kind} is cancelled and cannot run again; create a new ${kind.type.kind}`;
    return {
      errors: (["retryAttempt", "contextVersion"] as const)
        .filter((field) => view[field] > oldView[field])
        .map((field) => forbidden(`spec.${field}`, detail)),
    };
  },
};
