import { isTerminal } from "../../api/phase.js";
import { forbidden } from "../../runtime/schema/errors.js";
import { jsonEqual, member } from "../../runtime/schema/json.js";
import { requestsAttempt } from "../view.js";
import { noFindings, type Rule } from "../context.js";

/** Fields that control a run but do not affect its pod or files, so they may change while an attempt is running. */
const controlling: ReadonlySet<string> = new Set([
  "contextVersion",
  "retryAttempt",
  "retry",
  "priority",
  "ttlSecondsAfterFinished",
  "dependsOn",
  "onDependencyFailure",
  "suspend",
  "cancel",
]);

/**
 * The fields that an attempt was started from cannot change while it is running, unless the same update raises contextVersion or
 * retryAttempt, which stops the attempt and starts a new one. After the end of a run such a change gives a warning, since it has no effect by
 * itself.
 */
export const frozenWhileRunning: Rule = {
  id: "frozen-while-running",
  check({ view, oldView, oldObject, kind }) {
    if (oldView === undefined) return noFindings;
    if (requestsAttempt(view, oldView)) return noFindings;
    const phase = oldObject?.status?.phase;
    if (phase !== "Running" && !isTerminal(phase)) return noFindings;
    const fields = new Set([...Object.keys(view.spec), ...Object.keys(oldView.spec)]);
    const changed = [...fields]
      .filter((field) => !controlling.has(field) && !kind.immutable.includes(field))
      .filter((field) => !jsonEqual(member(view.spec, field), member(oldView.spec, field)));
    if (changed.length === 0) return noFindings;
    const next = oldView.contextVersion + 1;
    if (phase !== "Running") {
      const names = changed.map((field) => `spec.${field}`).join(", ");
      return {
        warnings: [
          `${names}: the change has no effect by itself; also set spec.contextVersion: ${next} to run again with it`,
        ],
      };
    }
    const detail = `cannot change while an attempt is running (it would have no effect); also set spec.contextVersion: ${next} to stop that attempt and start a new one`;
    return { errors: changed.map((field) => forbidden(`spec.${field}`, detail)) };
  },
};
