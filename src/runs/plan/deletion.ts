/** The run is being deleted: first all agents end, then what belonged to them is deleted, then the run itself. */
import type { Action, Plan } from "./actions.js";
import { recheckInterval, type PlanContext } from "./context.js";
import { loosePods, stopPod } from "./loose-pods.js";
import { planSettlement } from "./settlement.js";
import { isEndOf } from "../earlier-end.js";
import { managedBy, recordedFinalizer, runLabels } from "../metadata.js";
import { identityOf, isDeleting, isOnlyHeld, isPodLive, type Observed } from "../observed.js";
import type { AgentRun } from "../run.js";
import { formatTime } from "../../runtime/clock.js";
import type { Configuration } from "../../configuration/configuration.js";

export function planDeletion<R extends AgentRun>(context: PlanContext<R>): Plan {
  const { kind, observed, configuration, now } = context;
  const { run, jobs } = observed;
  const finalizers = run.metadata.finalizers ?? [];
  if (![kind.finalizer, ...kind.olderFinalizers].some((name) => finalizers.includes(name))) return { actions: [] };
  const ledger = forgetEnd(observed);
  if (ledger !== undefined) return { actions: [ledger] };
  const settlement = planSettlement(context);
  if (settlement.length > 0) return { actions: settlement };
  if (jobs.length > 0) {
    const actions = jobs.flatMap((owned): Action[] => {
      if (!isDeleting(owned.job)) return [{ do: "stopJob", job: identityOf(owned) }];
      const isHeld = isOnlyHeld(owned) && owned.job.metadata.finalizers?.includes(recordedFinalizer) === true;
      return isHeld ? [{ do: "forgetJob", job: owned.job }] : [];
    });
    return { actions, recheckAt: now + recheckInterval };
  }
  const loose = loosePods(observed).map(stopPod);
  if (loose.length > 0) return { actions: loose };
  const pod = observed.pods.find(isPodLive);
  if (pod !== undefined) {
    const message = `Deletion is waiting for pod ${pod.metadata.name} to end.`;
    const status = { ...run.status, message, lastUpdated: formatTime(now) };
    const isReported = run.status?.message === message;
    return { actions: [], ...(!isReported && { status }), recheckAt: now + recheckInterval };
  }
  const files = observed.files.map(({ metadata: { name, uid } }): Action => ({
    do: "removeFiles",
    files: { name, uid },
  }));
  if (files.length > 0) return { actions: files };
  return { actions: [removeWorkspace(observed, configuration) ?? { do: "release" }] };
}

/** What `history` removes stays remembered; what anybody else deletes runs again when it is applied again. */
function forgetEnd<R extends AgentRun>({ run, earlierEnd }: Observed<R>): Action | undefined {
  if (earlierEnd === undefined) return undefined;
  if (earlierEnd === "unread") return { do: "readEarlierEnd" };
  return isEndOf(earlierEnd, run) ? undefined : { do: "forgetEnd" };
}

/** Only with `cleanup.deleteWorkspace`, only a claim that the orchestrator made, and only if no other run uses it. */
function removeWorkspace<R extends AgentRun>(
  { next: { workspace }, workspaceShared }: Observed<R>,
  { cleanup }: Configuration,
): Action | undefined {
  if (!cleanup.deleteWorkspace || workspace === undefined || workspaceShared || isDeleting(workspace)) return undefined;
  const { name, uid, labels } = workspace.metadata;
  return labels?.[runLabels.managedBy] === managedBy ? { do: "removeWorkspace", claim: { name, uid } } : undefined;
}
