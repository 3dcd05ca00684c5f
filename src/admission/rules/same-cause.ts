import type { Reason } from "../../api/reasons.js";
import { noFindings, type Rule } from "../context.js";
import { requestsAttempt, textIn } from "../view.js";

/** The field whose value kept the last attempt from starting, by the reason of the run. */
const fields: Readonly<Partial<Record<Reason, "image" | "serviceAccountName">>> = {
  ImagePullBackOff: "image",
  InvalidImageName: "image",
  ErrImageNeverPull: "image",
  ServiceAccountMissing: "serviceAccountName",
};

/**
 * A request for another attempt, with the value for which the last one could not start, gives a warning: it helps only if the image or
 * ServiceAccount exists by now, which admission cannot know.
 */
export const sameCause: Rule = {
  id: "same-cause",
  check({ view, oldView, oldObject }) {
    const { reason, message = "" } = oldObject?.status ?? {};
    const field = new Map(Object.entries(fields)).get(reason ?? "");
    if (oldView === undefined || field === undefined) return noFindings;
    if (!requestsAttempt(view, oldView)) return noFindings;
    const value = textIn(view.spec, field);
    // another container's image may be the cause
    if (value === undefined || value !== textIn(oldView.spec, field) || !message.includes(value)) return noFindings;
    return {
      warnings: [
        `spec.${field}: is still ${JSON.stringify(value)}, for which the last attempt could not start (${String(reason)}); this one cannot either, unless that exists by now`,
      ],
    };
  },
};
