import t from "tap";
import { defaultTimings, timingsProblem, type ElectionTimings } from "#src/runtime/leaderelection/timings.js";

const refused: readonly [string, Partial<ElectionTimings>, RegExp][] = [
  ["a lease that ends with the deadline", { renewDeadline: 15_000 }, /^leaseDuration \(15 s\) must be longer than/],
  ["a lease that ends before", { leaseDuration: 9_500 }, /raise leaseDuration or lower renewDeadline$/],
  [
    "a deadline in the jitter of the retries",
    { retryPeriod: 8_400 },
    /^renewDeadline \(10 s\) must be longer than 1\.2 x/,
  ],
  ["no pause between the retries", { retryPeriod: 0 }, /^retryPeriod \(0 s\) must be greater than 0/],
  ["what is no number", { leaseDuration: Number.NaN }, /^leaseDuration \(NaN s\)/],
];
for (const [what, timings, said] of refused) {
  t.test(`${what} is rejected, with what to change`, (t) => {
    t.match(timingsProblem({ ...defaultTimings, ...timings }), said);
    t.end();
  });
}

t.test("the defaults, and times just within the rule, are accepted", (t) => {
  t.equal(timingsProblem(defaultTimings), undefined);
  t.equal(timingsProblem({ leaseDuration: 10_001, renewDeadline: 10_000, retryPeriod: 8_333 }), undefined);
  t.end();
});
