import { isTerminal } from "../../api/phase.js";
import { forbidden } from "../../runtime/schema/errors.js";
import { jsonEqual, member } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";

/** What a run is made from: the agent that goes on would never see a change of it. */
const madeOf = [
  "markdownFiles",
  "agentName",
  "model",
  "agentTools",
  "repository",
  "env",
  "image",
  "imagePullPolicy",
  "serviceAccountName",
  "workspace",
  "resources",
  "activeDeadlineSeconds",
] as const;

/**
 * What a run was made from doesn't change under it: a change comes together with a higher contextVersion or retryAttempt, which
 * stops the run and starts one that has it. After the end such a change is pointless without them, and a warning.
 */
export const frozenWhileRunning: Rule = {
  id: "frozen-while-running",
  check({ view, oldView, oldObject }) {
    if (oldView === undefined) return nothing;
    if (view.contextVersion > oldView.contextVersion || view.retryAttempt > oldView.retryAttempt) return nothing;
    const phase = oldObject?.status?.phase;
    if (phase !== "Running" && !isTerminal(phase)) return nothing;
    const changed = madeOf.filter((field) => !jsonEqual(member(view.spec, field), member(oldView.spec, field)));
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
