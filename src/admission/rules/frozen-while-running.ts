import { isTerminal } from "../../api/phase.js";
import { forbidden } from "../../runtime/schema/errors.js";
import { jsonEqual, member } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";

/** What leads a run and is no part of what it is made from: this may change while an agent is at work. */
const leading: ReadonlySet<string> = new Set([
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
 * What a run was made from doesn't change under it: a change comes together with a higher contextVersion or retryAttempt, which
 * stops the run and starts one that has it. After the end such a change is pointless without them, and a warning.
 */
export const frozenWhileRunning: Rule = {
  id: "frozen-while-running",
  check({ view, oldView, oldObject, kind }) {
    if (oldView === undefined) return nothing;
    if (view.contextVersion > oldView.contextVersion || view.retryAttempt > oldView.retryAttempt) return nothing;
    const phase = oldObject?.status?.phase;
    if (phase !== "Running" && !isTerminal(phase)) return nothing;
    const fields = new Set([...Object.keys(view.spec), ...Object.keys(oldView.spec)]);
    const changed = [...fields]
      .filter((field) => !leading.has(field) && !kind.immutable.includes(field))
      .filter((field) => !jsonEqual(member(view.spec, field), member(oldView.spec, field)));
    if (changed.length === 0) return nothing;
    const next = oldView.contextVersion + 1;
    if (phase !== "Running") {
      const names = changed.map((field) => `spec.${field}`).join(", ");
      return {
        warnings: [
          `${names}: nothing happens by this change alone; also set spec.contextVersion: ${next} to run again with it`,
        ],
      };
    }
    const detail = `can't be changed while a run goes on, which wouldn't see it; also set spec.contextVersion: ${next} to stop that run and start one that does`;
    return { errors: changed.map((field) => forbidden(`spec.${field}`, detail)) };
  },
};
