/** Events that nobody asked for: they follow from a commit that someone was allowed to push. */
import type { DeliverySpec } from "../api/delivery.js";

/** Action of the event `pull_request` that the operator makes itself, after a look at a pull request. */
export const conflictAction = "conflict";

const checkEvents: ReadonlySet<string> = new Set(["check_run", "check_suite", "workflow_run"]);

export function isConflict({ event, action }: DeliverySpec): boolean {
  return event === "pull_request" && action === conflictAction;
}

/** Whether an event is the end of a check, or a conflict. Its sender needs no permission, and forks are ignored. */
export function followsFromCommit(event: DeliverySpec): boolean {
  return checkEvents.has(event.event) || isConflict(event);
}
