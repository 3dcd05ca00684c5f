import fc from "../../property.js";
import t from "tap";
import { periodAt } from "#src/runs/budgets/period.js";
import { isTimeZone } from "#src/api/time-zone.js";

const iso = (time: number): string => new Date(time).toISOString().replace(".000", "");
const at = (period: "Day" | "Week" | "Month", timeZone: string, now: string): [string, string] => {
  const { start, end } = periodAt({ period, timeZone }, Date.parse(now));
  return [iso(start), iso(end)];
};

t.test("a period begins at midnight in its time zone; a week on Monday", (t) => {
  t.same(at("Day", "UTC", "2026-11-23T09:00:00Z"), ["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"]);
  t.same(at("Week", "UTC", "2026-11-22T23:59:59Z"), ["2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"]);
  t.same(at("Month", "UTC", "2026-12-31T23:00:00Z"), ["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
  t.same(at("Day", "Asia/Tehran", "2026-11-23T21:00:00Z"), ["2026-11-23T20:30:00Z", "2026-11-24T20:30:00Z"]);
  t.end();
});

t.test("a day on which the clocks change has 23 or 25 hours", (t) => {
  t.same(at("Day", "Europe/Berlin", "2026-03-29T12:00:00Z"), ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]);
  t.same(at("Day", "Europe/Berlin", "2026-10-25T12:00:00Z"), ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]);
  t.end();
});

t.test("a day without a midnight begins when the clocks are put forward", (t) => {
  t.same(at("Day", "America/Santiago", "2026-09-06T12:00:00Z"), ["2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"]);
  t.end();
});

t.test("an unknown time zone counts as UTC", (t) => {
  t.notOk(isTimeZone("Mars/Olympus"));
  t.same(at("Day", "Mars/Olympus", "2026-11-23T09:00:00Z"), at("Day", "UTC", "2026-11-23T09:00:00Z"));
  t.end();
});

t.test("periods have no gap and no overlap, and each moment is in its own", (t) => {
  const zones = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Cairo",
  );
  const moments = fc.integer({ min: Date.parse("2011-01-01"), max: Date.parse("2035-01-01") });
  fc.assert(
    fc.property(fc.constantFrom("Day", "Week", "Month"), zones, moments, (period, timeZone, now) => {
      const { start, end } = periodAt({ period, timeZone }, now);
      const isIn = start <= now && now < end;
      const next = periodAt({ period, timeZone }, end);
      const last = periodAt({ period, timeZone }, end - 1);
      return isIn && next.start === end && last.start === start && last.end === end;
    }),
    { numRuns: 150 },
  );
  t.end();
});
