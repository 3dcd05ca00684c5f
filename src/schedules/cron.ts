/** Cron expressions with five fields, in a time zone. Pure. */
import { Cron } from "croner";
import { isTimeZone } from "../api/time-zone.js";

/** An expression that can be counted. Times are in milliseconds since the epoch. */
export interface CronTimes {
  /** The last time that is not after this one. Undefined: none exists. */
  last(now: number): number | undefined;
  /** The first time after this one. Undefined: none exists. */
  next(now: number): number | undefined;
}

/** What is wrong with a schedule, by the field of the spec. */
export class CronError extends Error {
  override readonly name = "CronError";

  constructor(
    readonly field: "schedule" | "timeZone",
    message: string,
  ) {
    super(message);
  }
}

/**
 * Hours that a change of the clock skips are counted at its end; repeated ones once.
 *
 * @throws CronError
 */
export function cronTimes(schedule: string, timeZone: string): CronTimes {
  if (!isTimeZone(timeZone))
    throw new CronError("timeZone", "must be a time zone of the IANA database, such as UTC or Europe/Berlin");
  const cron = parse(schedule, timeZone);
  if (cron.nextRun() === null && cron.previousRuns(1).length === 0)
    throw new CronError("schedule", "names a time that never comes");
  return {
    // the end of the search is not part of it
    last: (now) => cron.previousRuns(1, new Date(now + 1))[0]?.getTime(),
    next: (now) => cron.nextRun(new Date(now))?.getTime(),
  };
}

function parse(schedule: string, timezone: string): Cron {
  try {
    return new Cron(schedule, { timezone, mode: "5-part", paused: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    throw new CronError(
      "schedule",
      `must be five fields (minute, hour, day of the month, month, day of the week), such as 0 3 * * 1-5, or @daily: ${reason}`,
    );
  }
}
