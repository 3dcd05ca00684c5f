import { forbidden } from "../../runtime/schema/errors.js";
import { nothing, type Rule } from "../context.js";

/** A cancelled TaskRun can't be retried: `cancel` never becomes false again, so the run would end at once. */
export const cancelledIsFinal: Rule = {
  id: "cancelled-is-final",
  check({ view, oldView }) {
    if (!oldView?.cancel) return nothing;
    const detail = "this TaskRun was cancelled, for good; create a new one to run the task again";
    return {
      errors: (["retryAttempt", "contextVersion"] as const)
        .filter((field) => view[field] > oldView[field])
        .map((field) => forbidden(`spec.${field}`, detail)),
    };
  },
};
