import { isLive, isTerminal } from "../../api/phase.js";
import type { FieldError } from "../../runtime/schema/field-error.js";
import { requestsAttempt } from "../view.js";
import { noFindings, type Rule } from "../context.js";

/**
 * At most one run that has not ended may do the same work (see {@link AdmittedKind.work}): two agents would overwrite each other's
 * changes. Checked on creation and on a manual retry after the end, so the loser of a race between two creations can still be changed,
 * cancelled and deleted. A cancelled run does not count: the next one waits until it has ended, since they share a workspace.
 */
export const oneLiveRun: Rule = {
  id: "one-live-run",
  check({ view, oldView, oldObject, object, namespace, lookup, kind }) {
    const work = kind.work(view);
    if (work === undefined || view.cancel) return noFindings;
    const revived = isTerminal(oldObject?.status?.phase) && oldView !== undefined && requestsAttempt(view, oldView);
    if (oldObject !== undefined && !revived) return noFindings;
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
            `to run it again, raise its spec.retryAttempt; otherwise wait until it has ended, cancel it or delete it`,
        };
      }),
    };
  },
};
