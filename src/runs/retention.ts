/** Which finished runs have outlived `history`. Pure. */
import { endTimeOf, isAlreadyDone } from "./earlier-end.js";
import { isDeleting } from "./observed.js";
import { isAttemptRequested } from "./requests.js";
import type { AgentRun } from "./run.js";
import { isTerminal } from "../api/phase.js";
import type { Stored } from "../runtime/client/objects.js";

export interface RetentionRules {
  /** Number of newest runs to keep in each group. Absent: all. */
  readonly keepPerService?: number;
  /** Seconds to keep a run after its end. Absent: forever. */
  readonly keepSeconds?: number;
}

/**
 * The runs to remove, the oldest first. A run that another still depends on stays, or that one would wait forever; so does
 * one for which another attempt was just requested. One that ended as an earlier run of its name stays and does not count: whoever
 * created it again would do so at once.
 *
 * @param groupOf the group in which a run counts
 * @param isAwaited whether an unfinished run depends on it
 * @param now milliseconds since the epoch
 */
export function outlived<R extends AgentRun>(
  runs: readonly Stored<R>[],
  rules: RetentionRules,
  groupOf: (run: Stored<R>) => string,
  isAwaited: (run: Stored<R>) => boolean,
  now: number,
): Stored<R>[] {
  const { keepPerService, keepSeconds } = rules;
  if (keepPerService === undefined && keepSeconds === undefined) return [];
  const newestFirst = runs
    .filter((run) => isTerminal(run.status?.phase) && !isDeleting(run) && !willContinue(run) && !isAlreadyDone(run))
    .sort((a, b) => endOf(b) - endOf(a) || (a.metadata.uid < b.metadata.uid ? -1 : 1));
  const kept = new Map<string, number>();
  return newestFirst
    .filter((run) => {
      const group = groupOf(run);
      const newer = kept.get(group) ?? 0;
      kept.set(group, newer + 1);
      const isOld = keepSeconds !== undefined && endOf(run) + keepSeconds * 1000 <= now;
      return (isOld || (keepPerService !== undefined && newer >= keepPerService)) && !isAwaited(run);
    })
    .reverse();
}

/** A cancelled run never starts again. */
function willContinue(run: AgentRun): boolean {
  return run.status?.phase !== "Cancelled" && isAttemptRequested(run, run.status ?? {});
}

function endOf(run: AgentRun): number {
  // without a time it counts as the newest: in doubt, it is kept
  return endTimeOf(run) ?? Number.MAX_SAFE_INTEGER;
}
