/** Pods that no Job controls any more, because it was deleted with `--cascade=orphan`. A Job's own pods go with it. */
import type { Action } from "./actions.js";
import { isDeleting, isPodLive, type Observed } from "../observed.js";
import { ownerUID } from "../metadata.js";
import type { AgentRun } from "../run.js";
import type { Pod, Stored } from "../../runtime/client/objects.js";

export function loosePods<R extends AgentRun>({ pods }: Observed<R>): Stored<Pod>[] {
  return pods.filter((pod) => ownerUID(pod) === undefined && !isDeleting(pod));
}

/** Stops those that may still run; undefined if none does. */
export function stopLoosePods<R extends AgentRun>(
  observed: Observed<R>,
): { readonly actions: readonly Action[] } | undefined {
  const actions = loosePods(observed).filter(isPodLive).map(stopPod);
  return actions.length === 0 ? undefined : { actions };
}

export function stopPod({ metadata: { name, uid } }: Stored<Pod>): Action {
  return { do: "stopPod", pod: { name, uid } };
}
