import fc from "../../property.js";
import t from "tap";
import { lowPriority, PriorityQueue } from "#src/runtime/queue/queue.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

function makeQueue(clock: FakeClock, bucket = { ratePerSecond: 10, burst: 100 }): PriorityQueue {
  return new PriorityQueue({ clock, random: () => 0, bucket, backoff: { initial: 5, max: 1_000_000, jitter: 0 } });
}

async function takeAll(queue: PriorityQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) {
    const item = await queue.get();
    if (item === undefined) break;
    keys.push(item.key);
    queue.done(item.key);
  }
  return keys;
}

t.test("a key that is added twice comes out once", async (t) => {
  const queue = makeQueue(new FakeClock());
  queue.add("a");
  queue.add("a");
  t.same(await takeAll(queue), ["a"]);
});

t.test("higher priorities come first, and equals in the order in which they became ready", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock);
  queue.add("resync", { priority: lowPriority });
  queue.add("first");
  clock.advanceSync(1);
  queue.add("second");
  queue.add("urgent", { priority: 10 });
  t.same(await takeAll(queue), ["urgent", "first", "second", "resync"]);
});

t.test("of two adds of a key, the higher priority and the earlier time apply", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock);
  queue.add("other");
  queue.add("key", { priority: lowPriority });
  queue.add("key", { priority: 5, after: 1000 });
  t.same(await takeAll(queue), ["key", "other"]);
});

t.test("among keys of equal priority, groups take turns", async (t) => {
  const queue = new PriorityQueue({
    clock: new FakeClock(),
    random: () => 0,
    groupOf: (key) => key.split("/")[0] ?? "",
  });
  for (const key of ["a/1", "a/2", "a/3", "a/4", "b/1", "c/1", "b/2"]) queue.add(key);
  queue.add("a/late", { priority: lowPriority });
  queue.add("c/urgent", { priority: 10 });
  t.same(await takeAll(queue), ["c/urgent", "a/1", "b/1", "c/1", "a/2", "b/2", "a/3", "a/4", "a/late"]);
});

t.test("a key waits for at most one key of each other group", async (t) => {
  const groups = fc.array(fc.record({ group: fc.nat(4), priority: fc.constantFrom(0, 5) }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(groups, fc.nat(20), async (keys, taken) => {
      const queue = new PriorityQueue({
        clock: new FakeClock(),
        random: () => 0,
        groupOf: (key) => key.split("/")[0] ?? "",
      });
      keys.forEach(({ group, priority }, index) => queue.add(`${group}/${index}`, { priority }));
      // some are moved forward, which leaves dead entries
      keys.forEach(({ group }, index) => {
        if (index % 3 === 0) queue.add(`${group}/${index}`, { priority: 5 });
      });
      for (let index = 0; index < taken && queue.depth > 0; index++) queue.done((await queue.get())?.key ?? "");
      queue.add("quiet/key", { priority: 5 });
      const order = await takeAll(queue);
      const ahead = order.slice(0, order.indexOf("quiet/key")).map((key) => key.split("/")[0]);
      if (new Set(ahead).size !== ahead.length) throw new Error(`ahead of it: ${ahead.join(", ")}`);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

t.test("a key in progress is not handed out again until it is done", async (t) => {
  const queue = makeQueue(new FakeClock());
  queue.add("a");
  t.equal((await queue.get())?.key, "a");
  queue.add("a");
  t.equal(queue.depth, 0);
  queue.done("a");
  t.equal(queue.depth, 1);
  t.equal((await queue.get())?.key, "a");
});

t.test("a delayed key wakes a waiting get at its time", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock);
  queue.add("later", { after: 5000 });
  let got: string | undefined;
  const waiting = queue.get().then((item) => (got = item?.key));
  await clock.advance(4999);
  t.equal(got, undefined);
  await clock.advance(1);
  t.equal(got, "later");
  await waiting;
});

t.test("the delay of one key's retries doubles each time until it is forgotten", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock);
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    if (round === 3) queue.forget("a");
    queue.retry("a");
    let waited = 0;
    while (queue.depth === 0) {
      await clock.advance(1);
      waited++;
    }
    waits.push(waited);
    await takeAll(queue);
  }
  t.same(waits, [5, 10, 20, 5]);
});

t.test("retries of many keys together are limited by the bucket", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock, { ratePerSecond: 10, burst: 5 });
  for (let index = 0; index < 25; index++) queue.retry(`key-${index}`);
  await clock.advance(10);
  t.equal((await takeAll(queue)).length, 5);
  await clock.advance(1000);
  t.equal((await takeAll(queue)).length, 10);
  await clock.advance(1000);
  t.equal((await takeAll(queue)).length, 10);
});

t.test("a queue that is shut down resolves waiting gets, accepts no keys and leaves no timer", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock);
  const waiting = [queue.get(), queue.get()];
  queue.add("later", { after: 1000 });
  queue.shutDown();
  t.same(await Promise.all(waiting), [undefined, undefined]);
  queue.add("a");
  t.equal(await queue.get(), undefined);
  t.equal(clock.pending, 0);
});

type Step =
  | { readonly do: "add"; readonly key: number; readonly priority: number; readonly after: number }
  | { readonly do: "retry"; readonly key: number }
  | { readonly do: "take" }
  | { readonly do: "done"; readonly which: number }
  | { readonly do: "advance"; readonly by: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("add" as const),
    key: fc.nat(6),
    priority: fc.constantFrom(lowPriority, 0, 10),
    after: fc.constantFrom(0, 0, 3, 50),
  }),
  fc.record({ do: fc.constant("retry" as const), key: fc.nat(6) }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constant("done" as const), which: fc.nat(6) }),
  fc.record({ do: fc.constant("advance" as const), by: fc.constantFrom(1, 4, 60) }),
);

/** A simple model of the queue: a list that is searched each time. */
class Model {
  readonly waiting = new Map<string, { priority: number; at: number; sequence: number }>();
  readonly working = new Set<string>();
  #sequence = 0;

  add(key: string, priority: number, at: number): void {
    const existing = this.waiting.get(key);
    if (existing !== undefined && existing.priority >= priority && existing.at <= at) return;
    this.waiting.set(key, {
      priority: Math.max(existing?.priority ?? priority, priority),
      at: Math.min(existing?.at ?? at, at),
      sequence: existing !== undefined && existing.at <= at ? existing.sequence : this.#sequence++,
    });
  }

  take(now: number): string | undefined {
    const ready = [...this.waiting].filter(([key, entry]) => entry.at <= now && !this.working.has(key));
    ready.sort(([, a], [, b]) => b.priority - a.priority || a.at - b.at || a.sequence - b.sequence);
    const key = ready[0]?.[0];
    if (key === undefined) return undefined;
    this.waiting.delete(key);
    this.working.add(key);
    return key;
  }
}

t.test("what was replaced takes no memory for as long as it would have waited", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock);
  queue.add("still waiting", { after: 5_000_000 });
  for (let round = 0; round < 10_000; round++) {
    queue.add("busy", { after: 3_600_000, priority: -1 });
    queue.add("busy");
    queue.add("busy", { priority: 1 });
    if ((await queue.get())?.key !== "busy") t.fail("another key came");
    queue.done("busy");
  }
  t.ok(queue.held < 500, `${queue.held} entries for one key`);
  clock.advanceSync(5_000_000);
  t.equal((await queue.get())?.key, "still waiting");
  t.equal(clock.pending, 0);
});

t.test("a delay of NaN means now", async (t) => {
  const clock = new FakeClock();
  const queue = makeQueue(clock);
  queue.add("later", { after: 100 });
  queue.add("odd", { after: Number.NaN });
  queue.add("past", { after: -5 });
  t.equal(queue.depth, 2);
  t.same([(await queue.get())?.key, (await queue.get())?.key], ["odd", "past"]);
  clock.advanceSync(100);
  t.equal((await queue.get())?.key, "later");
});

t.test("random operations have the results of a simple model of the queue", async (t) => {
  const runs = process.env.TEST_FULL === "1" ? 1000 : 100;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100 }), async (steps) => {
      const clock = new FakeClock();
      const queue = makeQueue(clock, { ratePerSecond: 1000, burst: 1_000_000 });
      const model = new Model();
      const failures = new Map<string, number>();
      for (const action of steps) {
        switch (action.do) {
          case "add": {
            const key = `k${action.key}`;
            queue.add(key, { priority: action.priority, after: action.after });
            model.add(key, action.priority, clock.monotonic() + action.after);
            break;
          }
          case "retry": {
            const key = `k${action.key}`;
            const before = failures.get(key) ?? 0;
            failures.set(key, before + 1);
            queue.retry(key);
            model.add(key, 0, clock.monotonic() + Math.min(1_000_000, 5 * 2 ** before));
            break;
          }
          case "take": {
            const expected = model.take(clock.monotonic());
            if (expected === undefined) {
              if (queue.depth !== 0) throw new Error(`depth is ${queue.depth}, the model has nothing ready`);
              break;
            }
            const item = await queue.get();
            if (item?.key !== expected) throw new Error(`took ${String(item?.key)}, the model ${expected}`);
            break;
          }
          case "done": {
            const key = [...model.working][action.which];
            if (key === undefined) break;
            model.working.delete(key);
            queue.done(key);
            break;
          }
          case "advance":
            clock.advanceSync(action.by);
        }
      }
      for (const key of model.working) queue.done(key);
      model.working.clear();
      clock.advanceSync(10_000_000);
      const rest = await takeAll(queue);
      if (rest.length !== model.waiting.size)
        throw new Error(`${model.waiting.size} keys were waiting, ${rest.length} came`);
    }),
    { numRuns: runs },
  );
  t.pass(`${runs} runs`);
});
