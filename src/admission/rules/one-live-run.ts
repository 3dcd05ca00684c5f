import { isLive, isTerminal } from "../../api/phase.js";
import type { FieldError } from "../../runtime/schema/field-error.js";
import { nothing, type Rule } from "../context.js";

/**
 * A piece of work has at most one run that has not ended: two agents at it would undo each other's work. What a piece of
 * work is, the kind says. Looked at when a run comes to life, by creation or by a manual retry after its end; the loser of
 * a race of two creations can still be changed, cancelled and deleted. One that was cancelled is no hindrance: the next
 * waits for its end by itself, as they have the same workspace.
 */
export const oneLiveRun: Rule = {
  id: "one-live-run",
  check({ view, oldView, oldObject, object, namespace, lookup, kind }) {
    const work = kind.work(view);
    if (work === undefined || view.cancel) return nothing;
    const revived =
      isTerminal(oldObject?.status?.phase) &&
      oldView !== undefined &&
      (view.retryAttempt > oldView.retryAttempt || view.contextVersion > oldView.contextVersion);
    if (oldObject !== undefined && !revived) return nothing;
    const uid = object.metadata?.uid;
    const others = lookup
      .byWork(namespace, work.key)
      .filter((other) => isLive(other) && other.spec.cancel !== true && other.metadata?.name !== view.name)
      .filter((other) => uid === undefined || other.metadata?.uid !== uid);
    return {
      errors: others.map((other): FieldError => {
        const name = JSON.stringify(other.metadata?.name ?? "");
        const which = `${kind.type.kind} ${name} (${other.status?.phase ?? "Pending"})`;
        return {
          field: work.field,
          reason: "FieldValueDuplicate",
          message:
            `Duplicate value: ${JSON.stringify(work.value)}: ${which} already has ${work.words}; ` +
            `to run it again raise spec.retryAttempt there, else wait for its end, cancel it or delete it`,
        };
      }),
    };
  },
};
