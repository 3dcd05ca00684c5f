import { ok } from "node:assert/strict";
import fc from "../property.js";
import t from "tap";
import { decideSlots, dimensions, inOrder, type Contender } from "#src/runs/slots.js";
import type { ConcurrencyLimits } from "#src/configuration/configuration.js";

const day = 86_400_000;

const limit = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
const limits: fc.Arbitrary<ConcurrencyLimits> = fc
  .record({ total: limit, perNamespace: limit, perService: limit, perAgent: limit, perRepository: limit })
  .chain((some) =>
    fc.record({ perWorkspace: fc.integer({ min: 1, max: 2 }), agingSeconds: fc.constantFrom(1, 600) }).map((rest) => ({
      ...(Object.fromEntries(
        Object.entries(some).filter(([, value]) => value !== undefined),
      ) as Partial<ConcurrencyLimits>),
      ...rest,
    })),
  );

const contender = fc.record({
  groups: fc.record(
    {
      workspace: fc.constantFrom("w1", "w2", "w3"),
      service: fc.constantFrom("s1", "s2"),
      agent: fc.constantFrom("a1", "a2"),
      repository: fc.constantFrom("r1", "r2"),
      namespace: fc.constantFrom("n1", "n2"),
      all: fc.constant("all"),
    },
    { requiredKeys: ["workspace", "service", "agent", "namespace", "all"] },
  ),
  priority: fc.constantFrom("low" as const, "medium" as const, "high" as const, "critical" as const),
  since: fc.integer({ min: 0, max: day }),
});

const waiting = fc
  .array(contender, { maxLength: 25 })
  .map((all) => all.map((one, index): Contender => ({ ...one, uid: `uid-${index}`, holds: false })));

/** Number of contenders in each group. */
function counts(contenders: readonly Contender[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { groups } of contenders) {
    for (const [dimension, group] of Object.entries(groups)) {
      const key = `${dimension}/${group}`;
      found.set(key, (found.get(key) ?? 0) + 1);
    }
  }
  return found;
}

/** Simulates runs that are granted slots, run and end, until all have ended. */
function live(
  all: readonly Contender[],
  rules: ConcurrencyLimits,
  look: (holders: Contender[], waiting: Contender[], now: number) => void,
): string[] {
  let left = [...all];
  const order: string[] = [];
  for (let now = day; left.length > 0; now += 60_000) {
    const decisions = decideSlots(left, rules, now);
    left = left.map((one) => {
      if (decisions.get(one.uid)?.granted !== true) return one;
      order.push(one.uid);
      return { ...one, holds: true };
    });
    look(
      left.filter(({ holds }) => holds),
      left.filter(({ holds }) => !holds),
      now,
    );
    const ending = left.find(({ holds }) => holds);
    ok(ending, "with runs left, at least one works");
    left = left.filter((one) => one !== ending);
  }
  return order;
}

t.test("no limit is ever exceeded, no slot is idle while a run fits, and every run eventually starts", (t) => {
  fc.assert(
    fc.property(waiting, limits, (all, rules) => {
      const order = live(all, rules, (holders, others) => {
        const used = counts(holders);
        for (const [name, dimension] of dimensions) {
          const most = rules[name];
          if (most === undefined) continue;
          for (const [key, count] of used)
            if (key.startsWith(`${dimension}/`)) ok(count <= most, `${key}: ${count} of ${most}`);
        }
        for (const other of others) {
          const blocked = dimensions.some(([name, dimension]) => {
            const [most, group] = [rules[name], other.groups[dimension]];
            return most !== undefined && group !== undefined && (used.get(`${dimension}/${group}`) ?? 0) >= most;
          });
          ok(blocked, `${other.uid} fits and is kept waiting`);
        }
      });
      ok(new Set(order).size === all.length && order.length === all.length);
    }),
    { numRuns: process.env.TEST_FULL === "1" ? 5_000 : 300 },
  );
  t.end();
});

t.test("runs that need the same slots start by priority, then by age", (t) => {
  const make = (uid: string, priority: Contender["priority"], since: number): Contender => ({
    uid,
    priority,
    since,
    groups: { workspace: "one", all: "all" },
    holds: false,
  });
  const all = [
    make("young", "medium", 20),
    make("low", "low", 0),
    make("old", "medium", 10),
    make("urgent", "critical", 30),
  ];
  t.same(
    live(all, { perWorkspace: 1, agingSeconds: 1e9 }, () => undefined),
    ["urgent", "old", "young", "low"],
  );
  t.end();
});

t.test("a run that waits long enough starts before any stream of urgent ones", (t) => {
  const rules: ConcurrencyLimits = { perWorkspace: 1, agingSeconds: 600 };
  const groups = { workspace: "one", all: "all" };
  const patient: Contender = { uid: "patient", priority: "low", since: 0, groups, holds: false };
  const urgent = (now: number): Contender => ({
    uid: "urgent",
    priority: "critical",
    since: now,
    groups,
    holds: false,
  });
  const first = (now: number): string | undefined => inOrder([patient, urgent(now)], rules, now)[0]?.uid;
  t.equal(first(29 * 60_000), "urgent");
  t.equal(first(30 * 60_000), "patient");
  t.end();
});

t.test("a run that cannot start does not block one that can", (t) => {
  const groups = (workspace: string) => ({ workspace, all: "all" });
  const decisions = decideSlots(
    [
      { uid: "holder", priority: "low", since: 0, groups: groups("one"), holds: true },
      { uid: "blocked", priority: "critical", since: 1, groups: groups("one"), holds: false },
      { uid: "free", priority: "low", since: 2, groups: groups("two"), holds: false },
    ],
    { perWorkspace: 1, total: 2, agingSeconds: 600 },
    10,
  );
  t.equal(decisions.get("holder"), undefined);
  t.match(decisions.get("blocked"), {
    granted: false,
    reason: "WaitingForSlot",
    message: "Waiting for a slot: concurrency.perWorkspace (1) is full for workspace one. It is next in the queue.",
  });
  t.match(decisions.get("free"), { granted: true });
  t.end();
});

t.test("the message of a waiting run has its position: exact for the first ten, approximate after that", (t) => {
  const contender = (index: number): Contender => ({
    uid: `run-${index}`,
    priority: "medium",
    since: index,
    groups: { workspace: "one", all: "all" },
    holds: index === 0,
  });
  const decisions = decideSlots(
    Array.from({ length: 300 }, (_, index) => contender(index)),
    { perWorkspace: 1, agingSeconds: 1e9 },
    0,
  );
  const position = (place: number): string | undefined =>
    decisions.get(`run-${place}`)?.message.split(/ is full[^.]*\. /)[1];
  t.equal(position(1), "It is next in the queue.");
  t.equal(position(2), "1 run is ahead of it.");
  t.equal(position(10), "9 runs are ahead of it.");
  t.equal(position(11), "At least 10 runs are ahead of it.");
  t.equal(position(72), "At least 50 runs are ahead of it.");
  t.equal(position(299), "At least 200 runs are ahead of it.");
  t.end();
});
