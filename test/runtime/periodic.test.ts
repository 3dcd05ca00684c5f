import t from "tap";
import { silentLogger, type Logger } from "#src/runtime/logger.js";
import { periodically } from "#src/runtime/periodic.js";
import { FakeClock, settle } from "#src/runtime/testing/clock.js";

t.test("work is done at once and after each interval, which may change, until the signal fires", async (t) => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const times: number[] = [];
  let interval = 1_000;
  const work = (signal: AbortSignal): Promise<void> => {
    t.equal(signal, stop.signal);
    times.push(clock.monotonic());
    return Promise.resolve();
  };
  const options = { name: "work", clock, logger: silentLogger, interval: () => interval, work };
  const running = periodically(options, stop.signal);
  await clock.advance(2_000);
  interval = 5_000;
  await clock.advance(11_000);
  t.same(times, [0, 1_000, 2_000, 3_000, 8_000, 13_000]);
  stop.abort();
  await running;
  t.equal(clock.pending, 0);
});

t.test("the interval begins when the work ends", async (t) => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const ends: (() => void)[] = [];
  const work = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
  const running = periodically({ name: "work", clock, logger: silentLogger, interval: () => 1_000, work }, stop.signal);
  await clock.advance(10_000);
  t.equal(ends.length, 1);
  ends[0]?.();
  await clock.advance(999);
  t.equal(ends.length, 1);
  await clock.advance(1);
  t.equal(ends.length, 2);
  stop.abort();
  ends[1]?.();
  await running;
  t.equal(clock.pending, 0);
});

t.test("a failure is logged with the time of the retry, and the work is retried then", async (t) => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const logged: [object, string][] = [];
  const logger: Logger = { ...silentLogger, warn: (fields, message) => logged.push([fields, message]) };
  const failure = new Error("no");
  let attempts = 0;
  const work = (): Promise<void> => (++attempts === 1 ? Promise.reject(failure) : Promise.resolve());
  const running = periodically({ name: "the sweep", clock, logger, interval: () => 30_000, work }, stop.signal);
  await clock.advance(29_999);
  t.same(logged, [[{ err: failure }, "the sweep failed; retrying in 30 s"]]);
  t.equal(attempts, 1);
  await clock.advance(1);
  t.equal(attempts, 2);
  stop.abort();
  await running;
});

t.test("a failure after the stop ends the loop without a word", async (t) => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const logger: Logger = { ...silentLogger, warn: () => t.fail("logged") };
  const work = (signal: AbortSignal): Promise<void> =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true }));
  const running = periodically({ name: "work", clock, logger, interval: () => 1_000, work }, stop.signal);
  await settle();
  stop.abort();
  await running;
  t.equal(clock.pending, 0);
});

t.test("a wake ends the wait, and one during the work makes it run once more", async (t) => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const times: number[] = [];
  let wake = (): void => undefined;
  let isListening = true;
  const wakeOn = (callback: () => void): (() => void) => {
    wake = callback;
    return () => (isListening = false);
  };
  let wakesDuringWork = 0;
  const work = (): Promise<void> => {
    times.push(clock.monotonic());
    for (; wakesDuringWork > 0; wakesDuringWork--) wake();
    return Promise.resolve();
  };
  const options = { name: "work", clock, logger: silentLogger, interval: () => 1_000, work, wakeOn };
  const running = periodically(options, stop.signal);
  await clock.advance(500);
  wakesDuringWork = 2;
  wake();
  wake();
  await clock.advance(1_499);
  t.same(times, [0, 500, 500, 1_500]);
  stop.abort();
  await running;
  t.equal(isListening, false);
  t.equal(clock.pending, 0);
});
