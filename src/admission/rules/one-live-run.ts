import { isLive, isTerminal } from "../../api/phase.js";
import type { FieldError } from "../../runtime/schema/fielderror.js";
import { nothing, type Rule } from "../context.js";

/**
 * A task has at most one TaskRun that has not ended, per namespace and service: two agents on one task would undo each
 * other's work. Looked at when a TaskRun comes to life, by creation or by a manual retry after its end; the loser of a
 * race of two creations can still be changed, cancelled and deleted.
 */
export const oneLiveRun: Rule = {
  id: "one-live-run",
  check({ view, oldView, oldObject, object, namespace, lookup }) {
    const { taskId, serviceName, name } = view;
    if (taskId === undefined || serviceName === undefined || view.cancel) return nothing;
    const revived =
      isTerminal(oldObject?.status?.phase) &&
      oldView !== undefined &&
      (view.retryAttempt > oldView.retryAttempt || view.contextVersion > oldView.contextVersion);
    if (oldObject !== undefined && !revived) return nothing;
    const uid = object.metadata?.uid;
    const others = lookup
      .byTask(namespace, serviceName, taskId)
      .filter((other) => isLive(other) && other.metadata?.name !== name)
      .filter((other) => uid === undefined || other.metadata?.uid !== uid);
    return {
      errors: others.map((other): FieldError => {
        const which = `TaskRun ${JSON.stringify(other.metadata?.name ?? "")} (${other.status?.phase ?? "Pending"})`;
        return {
          field: "spec.taskId",
          reason: "FieldValueDuplicate",
          message:
            `Duplicate value: ${taskId}: ${which} already has task ${taskId} of service ${JSON.stringify(serviceName)}; ` +
            `to run it again raise spec.retryAttempt there, else wait for its end, cancel it or delete it`,
        };
      }),
    };
  },
};
