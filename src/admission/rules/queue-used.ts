import { forbidden } from "../../runtime/schema/errors.js";
import { noFindings, type Rule } from "../context.js";
import { textIn } from "../view.js";

/**
 * A queue can only be named if the configuration says that Kueue manages Jobs: otherwise nothing would start them. The queue of an
 * attempt that waits can be changed, but not removed.
 */
export const queueUsed: Rule = {
  id: "queue-used",
  check({ view, oldView, oldObject, configuration }) {
    const queue = textIn(view.spec, "queueName") ?? "";
    const old = oldView && (textIn(oldView.spec, "queueName") ?? "");
    if (queue === old) return noFindings;
    if (queue !== "" && !configuration.kueue.enabled) {
      const detail =
        "names a queue of Kueue, which the configuration does not use; remove the field, or set kueue.enabled in the configuration";
      return { errors: [forbidden("spec.queueName", detail)] };
    }
    if (
      queue === "" &&
      oldView !== undefined &&
      oldObject?.status?.reason === "Queued" &&
      view.contextVersion === oldView.contextVersion
    ) {
      const detail = `cannot be removed while an attempt waits in queue ${old}; name another queue, or also set spec.contextVersion: ${view.contextVersion + 1} to start an attempt without one`;
      return { errors: [forbidden("spec.queueName", detail)] };
    }
    return noFindings;
  },
};
