import t from "tap";
import { CronError, cronTimes } from "#src/schedules/cron.js";
import { scheduleValidator } from "#src/schedules/validator.js";
import type { Schedule } from "#src/api/schedule.js";

const at = (time: string): number => Date.parse(time);
const text = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

t.test("the last time includes the present one, the next one does not", (t) => {
  const times = cronTimes("0 3 * * 1-5", "UTC");
  t.equal(text(times.last(at("2026-03-02T03:00:00Z"))), "2026-03-02T03:00:00.000Z");
  t.equal(text(times.last(at("2026-03-02T02:59:59Z"))), "2026-02-27T03:00:00.000Z");
  t.equal(text(times.next(at("2026-03-02T03:00:00Z"))), "2026-03-03T03:00:00.000Z");
  t.equal(text(cronTimes("@daily", "Asia/Tokyo").next(at("2026-03-02T03:00:00Z"))), "2026-03-02T15:00:00.000Z");
  t.end();
});

t.test("an hour that a change of the clock skips or repeats counts once", (t) => {
  const starts = (schedule: string, from: string, count: number): string[] => {
    const times = cronTimes(schedule, "Europe/Berlin");
    const found: string[] = [];
    let time: number | undefined = at(from);
    while (found.length < count && time !== undefined) {
      time = times.next(time);
      found.push(text(time) ?? "");
    }
    return found;
  };
  t.strictSame(starts("30 2 * * *", "2026-03-28T12:00:00Z", 2), [
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  t.strictSame(starts("30 2 * * *", "2026-10-24T12:00:00Z", 2), [
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
  t.end();
});

t.test("what cannot be counted is an error of its field", (t) => {
  for (const [schedule, zone, field, message] of [
    ["61 * * * *", "UTC", "schedule", /five fields.*minute: 61/],
    ["* * * * * *", "UTC", "schedule", /exactly 5 parts/],
    ["0 0 30 2 *", "UTC", "schedule", /never comes/],
    ["0 0 * * *", "Europe/Nowhere", "timeZone", /IANA/],
  ] as const) {
    t.throws(() => cronTimes(schedule, zone), { name: "CronError", field, message });
    const object = { spec: { schedule, timeZone: zone } } as Schedule;
    const review = { operation: "CREATE", object } as Parameters<typeof scheduleValidator>[0];
    t.match(scheduleValidator(review), { errors: [{ field: `spec.${field}` }] });
    t.match(scheduleValidator({ ...review, oldObject: object }), { errors: [] }, "as it was");
  }
  t.ok(new CronError("schedule", "x") instanceof Error);
  t.end();
});
