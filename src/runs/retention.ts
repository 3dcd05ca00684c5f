/** Which finished runs have been kept long enough. Pure. */
import { isAskedFor, isDeleting } from "./history.js";
import type { AgentRun } from "./run.js";
import { isTerminal } from "../api/phase.js";
import type { Stored } from "../runtime/client/objects.js";

export interface RetentionRules {
  /** The newest of each group. Absent: all. */
  readonly keepPerService?: number;
  /** Seconds after the end. Absent: for ever. */
  readonly keepSeconds?: number;
}

/**
 * The runs that may go, the oldest first. A run that another still waits for stays, or that one would wait for ever; so
 * does one that somebody has just asked to be run again.
 *
 * @param groupOf the service it counts for
 * @param isAwaited whether a run that has not ended depends on it
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
    .filter((run) => isTerminal(run.status?.phase) && !isDeleting(run) && !isToGoOn(run))
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

/** What was cancelled isn't started again. */
function isToGoOn(run: AgentRun): boolean {
  return run.status?.phase !== "Cancelled" && isAskedFor(run, run.status ?? {});
}

function endOf({ status }: AgentRun): number {
  const time = Date.parse(status?.completionTime ?? status?.lastUpdated ?? "");
  // without a time it is taken for the newest: in doubt it is kept
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time;
}
