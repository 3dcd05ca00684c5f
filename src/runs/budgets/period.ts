/** When the periods of a Budget begin and end. Pure. */
import type { BudgetSpec } from "../../api/budget.js";
import { isTimeZone } from "../../api/time-zone.js";

/** A period: from `start` up to but not including `end`, in milliseconds since the epoch. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

/** A date of the calendar, without time. */
interface Day {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
}

/**
 * The period that a moment is in. It begins at midnight in the time zone, or at the first moment of that day if it has no midnight. An
 * unknown time zone counts as UTC.
 *
 * @param now milliseconds since the epoch
 */
export function periodAt({ period = "Month", timeZone = "UTC" }: BudgetSpec, now: number): Period {
  const zone = isTimeZone(timeZone) ? timeZone : "UTC";
  const { year, month, day } = dayAt(now, zone);
  // Date.UTC carries days and months that are out of range
  const weekday = (new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % 7;
  const first: Day = { year, month, day: period === "Day" ? day : period === "Week" ? day - weekday : 1 };
  const next: Day =
    period === "Month" ? { ...first, month: month + 1 } : { ...first, day: first.day + (period === "Week" ? 7 : 1) };
  return { start: beginningOf(first, zone), end: beginningOf(next, zone) };
}

/** The first moment of a day in a time zone. */
function beginningOf({ year, month, day }: Day, zone: string): number {
  const midnight = Date.UTC(year, month, day);
  // offsets change by at most some hours: one of those around midnight is the day's
  const candidates = [-day36, 0, day36].map((distance) => midnight - offsetAt(midnight + distance, zone));
  const isOnDay = (time: number): boolean => dayNumber(dayAt(time, zone)) >= midnight;
  const exact = candidates.filter((time) => isOnDay(time) && !isOnDay(time - 1));
  if (exact.length > 0) return Math.min(...exact);
  // no midnight: the clocks are put forward then
  let [before, after] = [midnight - day36, midnight + day36];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isOnDay(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** Milliseconds: more than any offset from UTC. */
const day36 = 36 * 3_600_000;

const dayNumber = ({ year, month, day }: Day): number => Date.UTC(year, month, day);

/** Milliseconds by which a time zone's clocks are ahead of UTC. */
function offsetAt(time: number, zone: string): number {
  const parts = partsAt(time, zone);
  const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return local - Math.floor(time / 1000) * 1000;
}

function dayAt(time: number, zone: string): Day {
  const { year, month, day } = partsAt(time, zone);
  return { year, month: month - 1, day };
}

type Parts = Readonly<Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>>;

function partsAt(time: number, zone: string): Parts {
  const found = new Map(
    formatOf(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type as string, Number(value)]),
  );
  const part = (name: string): number => found.get(name) ?? 0;
  return {
    ...{ year: part("year"), month: part("month"), day: part("day") },
    ...{ hour: part("hour"), minute: part("minute"), second: part("second") },
  };
}

/** One takes far longer to make than to use. Their number is that of the time zones in use. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for an unknown time zone */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const numeric = { year: "numeric", month: "numeric", day: "numeric" } as const;
  const time = { hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" } as const;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, calendar: "gregory", ...numeric, ...time });
  if (formats.size >= 1_000) formats.clear();
  formats.set(timeZone, format);
  return format;
}
