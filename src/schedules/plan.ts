/** Which time of a Schedule is due, and what follows. Pure. */
import type { Schedule } from "../api/schedule.js";
import type { Stored } from "../runtime/client/objects.js";
import type { CronTimes } from "./cron.js";

/** Times are in milliseconds since the epoch. */
export type SchedulePlan = {
  /** Times after this one are still to be started. */
  readonly countedFrom: number;
  /** Absent: none follows, or the Schedule is suspended. */
  readonly next?: number;
} & (
  | { readonly do: "wait" }
  | { readonly do: "start"; readonly at: number; readonly until: number }
  /** The live runs end first. */
  | { readonly do: "replace"; readonly at: number; readonly until: number }
  | { readonly do: "skip"; readonly at: number; readonly because: "late" | "live" }
);

/** What times are counted for: a change of it counts from then on. */
export function countedOf({ spec: { schedule, timeZone = "UTC", suspend = false } }: Pick<Schedule, "spec">): string {
  return `${timeZone} ${schedule}${suspend ? " suspended" : ""}`;
}

/** What is known of a Schedule's runs. */
export interface ScheduledRuns {
  /** Number of those that have not ended. */
  readonly live: number;
  /** Whether the run of a time exists: the manager may have ended before it was recorded. */
  readonly existsAt: (time: number) => boolean;
}

export function planSchedule(
  schedule: Stored<Schedule>,
  times: CronTimes,
  runs: ScheduledRuns,
  now: number,
): SchedulePlan {
  const { metadata, spec, status } = schedule;
  const isKnown = status?.counted === countedOf(schedule);
  // a new Schedule may have missed a time before it was seen; of a changed one, only times after the change count
  const from = isKnown ? status.countedFrom : status?.counted === undefined ? metadata.creationTimestamp : undefined;
  const countedFrom = from === undefined ? now : Math.min(Date.parse(from), now);
  if (spec.suspend === true) return { do: "wait", countedFrom };
  const next = times.next(now);
  const base = { countedFrom, ...(next !== undefined && { next }) };
  const at = times.last(now);
  if (at === undefined || at <= countedFrom) return { ...base, do: "wait" };
  const until = at + (spec.startingDeadlineSeconds ?? 3_600) * 1_000;
  if (runs.existsAt(at)) return { ...base, do: "start", at, until };
  if (now > until) return { ...base, do: "skip", at, because: "late" };
  if (runs.live === 0 || spec.concurrencyPolicy === "Allow") return { ...base, do: "start", at, until };
  if (spec.concurrencyPolicy === "Replace") return { ...base, do: "replace", at, until };
  return { ...base, do: "skip", at, because: "live" };
}
