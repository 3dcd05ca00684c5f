import type { Schedule } from "../api/schedule.js";
import { invalid } from "../runtime/schema/errors.js";
import type { Validator } from "../runtime/webhook/admission.js";
import { CronError, cronTimes } from "./cron.js";

/** Validates what the schema of a Schedule cannot: its expression and time zone. What an update leaves unchanged is not denied. */
export const scheduleValidator: Validator<Schedule> = ({ object, oldObject }) => {
  const { schedule, timeZone = "UTC" } = object?.spec ?? {};
  const isSame = schedule === oldObject?.spec.schedule && timeZone === (oldObject?.spec.timeZone ?? "UTC");
  if (isSame || typeof schedule !== "string" || typeof timeZone !== "string") return { errors: [], warnings: [] };
  try {
    cronTimes(schedule, timeZone);
    return { errors: [], warnings: [] };
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    const value = error.field === "schedule" ? schedule : timeZone;
    return { errors: [invalid(`spec.${error.field}`, value, error.message)], warnings: [] };
  }
};
