/** Lists of conditions with the semantics of metav1.Condition: one condition per type; a transition is a change of its status. */
import type { Condition } from "../runtime/client/objects.js";

/** The condition of a type; undefined if there is none. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether a condition of the type exists and is True. */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/**
 * The list with this condition, which replaces the condition of the same type or is appended. `lastTransitionTime` only changes
 * if the status changes. Returns the list itself if nothing changes.
 *
 * @param now RFC 3339: the time of a transition
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: Omit<Condition, "lastTransitionTime">,
  now: string,
): readonly Condition[] {
  const before = conditions ?? [];
  const old = findCondition(before, condition.type);
  const next: Condition = {
    ...condition,
    lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : now,
  };
  if (!old) return [...before, next];
  return sameCondition(old, next) ? before : before.map((each) => (each === old ? next : each));
}

/** The list without the condition of a type; the list itself if it has none. */
export function removeCondition(conditions: readonly Condition[] | undefined, type: string): readonly Condition[] {
  const before = conditions ?? [];
  return before.some((condition) => condition.type === type)
    ? before.filter((condition) => condition.type !== type)
    : before;
}

function sameCondition(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration &&
    a.lastTransitionTime === b.lastTransitionTime
  );
}
