import t from "tap";
import { RateLimit } from "#src/runtime/rate-limit.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

t.test("a source may take a burst, and then so many per second; others are not affected", (t) => {
  const clock = new FakeClock();
  const limit = new RateLimit({ clock, perSecond: 2, burst: 3 });
  const taken = (source: string): number => [1, 2, 3, 4, 5].filter(() => limit.take(source)).length;
  t.equal(taken("a"), 3);
  t.equal(taken("b"), 3);
  clock.advanceSync(1_000);
  t.equal(taken("a"), 2);
  clock.advanceSync(60_000);
  t.equal(taken("a"), 3, "never more than the burst");
  t.end();
});

t.test("it remembers no more sources than it may", (t) => {
  const limit = new RateLimit({ clock: new FakeClock(), perSecond: 1, burst: 1, maxSources: 2 });
  for (const source of ["a", "b", "c"]) t.ok(limit.take(source));
  t.notOk(limit.take("c"));
  t.ok(limit.take("a"), "the one that was forgotten starts again");
  t.end();
});
