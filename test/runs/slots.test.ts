import { ok } from "node:assert/strict";
import fc from "../property.js";
import t from "tap";
import { dimensions, slotsOf, type Contender, type SlotLimits } from "#src/runs/slot-limits.js";
import { inOrder } from "#src/runs/slot-turns.js";
import { decideSlots, type SlotDecision } from "#src/runs/slots.js";

const day = 86_400_000;

const percent = fc.option(fc.constantFrom(1, 25, 50, 100), { nil: undefined });
const limit = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
const limits: fc.Arbitrary<SlotLimits> = fc
  .record({
    ...{ total: limit, perNamespace: limit, perService: limit, perAgent: limit },
    ...{ perRepository: limit, perOrganization: limit },
    ...{ namespacePercent: percent, criticalPercent: percent },
  })
  .chain((some) =>
    fc.record({ perWorkspace: fc.integer({ min: 1, max: 2 }), agingSeconds: fc.constantFrom(1, 600) }).map((rest) => ({
      ...(Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as Partial<SlotLimits>),
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
      organization: fc.constantFrom("o1", "o2"),
      namespace: fc.constantFrom("n1", "n2", "n3"),
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

function decide(
  contenders: readonly Contender[],
  limits: SlotLimits,
  now: number,
  lastStarts?: ReadonlyMap<string, number>,
): ReadonlyMap<string, SlotDecision> {
  return decideSlots(contenders, limits, now, lastStarts).decisions;
}

/** Simulates runs that are granted slots, run and end, until all have ended. */
function live(
  all: readonly Contender[],
  rules: SlotLimits,
  look: (holders: Contender[], waiting: Contender[], now: number) => void,
): string[] {
  let left = [...all];
  const order: string[] = [];
  for (let now = day; left.length > 0; now += 60_000) {
    const decisions = decide(left, rules, now);
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
          const most = slotsOf(rules, name);
          if (most === undefined) continue;
          for (const [key, count] of used)
            if (key.startsWith(`${dimension}/`)) ok(count <= most, `${key}: ${count} of ${most}`);
        }
        for (const other of others) {
          const blocked = dimensions.some(([name, dimension]) => {
            const [most, group] = [slotsOf(rules, name), other.groups[dimension]];
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
  const rules: SlotLimits = { perWorkspace: 1, agingSeconds: 600 };
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
  const decisions = decide(
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
  const decisions = decide(
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

const inNamespace = (
  namespace: string,
  index: number,
  { priority = "medium", holds = false, since = index }: Partial<Pick<Contender, "priority" | "holds" | "since">> = {},
): Contender => ({
  uid: `${namespace}-${index}`,
  groups: { namespace, workspace: `${namespace}/${index}`, all: "all" },
  ...{ priority, since, holds },
});

/** The namespaces in the order in which their runs start, with `total` slots, each freed as soon as it is used. */
function starts(all: readonly Contender[], rules: SlotLimits, count: number): string[] {
  const order: string[] = [];
  const lastStarts = new Map<string, number>();
  let left = [...all];
  let now = 1_000_000;
  for (; order.length < count; now += 1_000) {
    const decisions = decide(left, rules, now, lastStarts);
    const started = left.filter(({ uid }) => decisions.get(uid)?.granted === true);
    if (started.length === 0) return order;
    for (const { groups } of started) {
      order.push(groups.namespace ?? "");
      lastStarts.set(groups.namespace ?? "", now);
    }
    left = left.filter((one) => !started.includes(one));
  }
  return order;
}

t.test("however many runs a namespace has, each other one gets the next slot or the one after it", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 }), fc.nat(40), (total, tenants, many) => {
      const all = Array.from({ length: many }, (_, index) => inNamespace("busy", index, { priority: "critical" }));
      for (let tenant = 0; tenant < tenants; tenant++)
        all.push(inNamespace(`quiet-${tenant}`, 1_000, { priority: "low" }));
      const rules: SlotLimits = { perWorkspace: 1, agingSeconds: 600, total };
      const order = starts(all, rules, all.length);
      ok(order.length === all.length);
      const ahead = order.slice(0, order.lastIndexOf("quiet-0")).filter((name) => name === "busy");
      ok(ahead.length <= tenants + total, `${ahead.length} runs of the busy one were ahead`);
    }),
  );
  t.same(
    starts(
      [1, 2, 3, 4].map((index) => inNamespace("a", index)).concat([8, 9].map((index) => inNamespace("b", index))),
      { perWorkspace: 1, agingSeconds: 600, total: 1 },
      6,
    ),
    ["a", "b", "a", "b", "a", "a"],
  );
  t.end();
});

t.test("namespaces that all wait converge to equal shares", (t) => {
  const held = fc.array(fc.nat(4), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(held, fc.integer({ min: 1, max: 30 }), (first, total) => {
      const all = first.flatMap((count, tenant) =>
        Array.from({ length: 40 }, (_, index) => inNamespace(`n${tenant}`, index, { holds: index < count })),
      );
      const { decisions } = decideSlots(all, { perWorkspace: 1, agingSeconds: 600, total }, 0);
      const counts = first.map((count, tenant) => {
        const granted = all.filter(({ uid }) => uid.startsWith(`n${tenant}-`) && decisions.get(uid)?.granted === true);
        return { granted: granted.length, held: count + granted.length };
      });
      const fewest = Math.min(...counts.map((each) => each.held));
      for (const each of counts) ok(each.granted === 0 || each.held <= fewest + 1, JSON.stringify(counts));
    }),
  );
  t.end();
});

t.test("critical runs go ahead of other namespaces' turns in criticalPercent of total, and no further", (t) => {
  const rules: SlotLimits = { perWorkspace: 1, agingSeconds: 600, total: 10, criticalPercent: 50 };
  const urgent = Array.from({ length: 20 }, (_, index) => inNamespace("a", index, { priority: "critical" }));
  const plain = Array.from({ length: 20 }, (_, index) => inNamespace("b", index, { holds: index < 3 }));
  const grantedOf = (all: readonly Contender[], limits: SlotLimits, name: string): number => {
    const decisions = decide(all, limits, 100);
    return all.filter(({ uid }) => uid.startsWith(`${name}-`) && decisions.get(uid)?.granted === true).length;
  };
  t.equal(grantedOf([...urgent, ...plain], rules, "a"), 5, "5 ahead; then b's turn, which holds fewer");
  t.equal(grantedOf([...urgent, ...plain], rules, "b"), 2);
  t.equal(grantedOf([...urgent, ...plain], { ...rules, criticalPercent: 90 }, "a"), 7);
  t.equal(grantedOf([...urgent, ...plain], { ...rules, namespacePercent: 30 }, "a"), 3, "its own share comes first");
  t.equal(grantedOf(urgent, rules, "a"), 10, "with nobody else waiting, no slot stays free");
  t.end();
});

t.test("the critical share of one namespace leaves the others' critical runs their part", (t) => {
  const rules: SlotLimits = { perWorkspace: 1, agingSeconds: 600, total: 8, criticalPercent: 50, namespacePercent: 50 };
  const urgent = (name: string, since: number): Contender[] =>
    Array.from({ length: 10 }, (_, index) => inNamespace(name, index, { priority: "critical", since }));
  const holders = Array.from({ length: 4 }, (_, index) => inNamespace("c", index, { holds: true }));
  const all = [...urgent("a", 0), ...urgent("b", 50), ...holders];
  const decisions = decide(all, rules, 100);
  const granted = ["a", "b"].map(
    (name) => all.filter(({ uid }) => uid.startsWith(name) && decisions.get(uid)?.granted === true).length,
  );
  t.same(granted, [2, 2]);
  t.end();
});

t.test("a namespace whose other limits are full loses no turn, and keeps nobody waiting", (t) => {
  const rules: SlotLimits = { perWorkspace: 1, agingSeconds: 600, total: 2 };
  const groups = { namespace: "a", workspace: "a/one", all: "all" };
  const blocked = [1, 2, 3].map((since): Contender => ({
    ...{ uid: `blocked-${since}`, groups, priority: "critical", since, holds: false },
  }));
  const decisions = decide(
    [{ ...inNamespace("a", 0, { holds: true }), groups }, ...blocked, inNamespace("a", 9), inNamespace("b", 10)],
    rules,
    0,
  );
  t.equal(decisions.get("b-10")?.granted, true);
  t.match(decisions.get("a-9"), { granted: false, limit: "total", message: /It is next in the queue/ });
  t.match(decisions.get("blocked-1"), { granted: false, limit: "perWorkspace" });
  t.end();
});

t.test("the message of a run that waits for its namespace's share says how many slots that is", (t) => {
  const rules: SlotLimits = { perWorkspace: 1, agingSeconds: 600, total: 5, namespacePercent: 25 };
  const decisions = decide(
    [inNamespace("a", 0, { holds: true }), inNamespace("a", 1, { holds: true }), inNamespace("a", 2)],
    rules,
    0,
  );
  t.equal(
    decisions.get("a-2")?.message,
    "Waiting for a slot: concurrency.namespacePercent (25 % of 5, 2) is full for namespace a. It is next in the queue.",
  );
  t.end();
});

t.test("the decisions depend on the runs alone, not on the order in which they are known", (t) => {
  fc.assert(
    fc.property(waiting, limits, fc.infiniteStream(fc.nat()), (all, rules, keys) => {
      const shuffled = all
        .map((one) => ({ one, key: keys.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ one }) => one);
      const [first, second] = [all, shuffled].map((each) => [...decide(each, rules, day)].sort());
      ok(JSON.stringify(first) === JSON.stringify(second));
    }),
    { numRuns: 100 },
  );
  t.end();
});
