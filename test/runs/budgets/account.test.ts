import t from "tap";
import type { Budget, BudgetStatus, Reservation } from "#src/api/budget.js";
import { findCondition } from "#src/api/conditions.js";
import { described, reserve, roomIn, settle, shareOf, statusAt } from "#src/runs/budgets/account.js";
import { allowanceOf, withAllowance } from "#src/runs/budgets/allowance.js";
import { announced } from "#src/runs/budgets/announced.js";
import { holdsFor } from "#src/runs/budgets/selection.js";
import type { Stored } from "#src/runtime/client/objects.js";

const now = Date.parse("2026-11-23T09:00:00Z");
const spec: Budget["spec"] = { maxCostUSD: 20, period: "Day", timeZone: "UTC" };
const attempt = (number: number, costUSD: number): Reservation => ({
  ...{ uid: "u", number, kind: "TaskRun", namespace: "team-a", name: "one", costUSD },
});
const stored = ({ spec: own = spec }: Partial<Budget> = {}, namespace = "team-a"): Stored<Budget> => ({
  metadata: { name: "team", namespace, uid: "b", resourceVersion: "1", generation: 3 },
  spec: own,
});
const started = statusAt({ spec }, now);

t.test("reservations fit until the maximum, and what an attempt used takes the place of its own", (t) => {
  const one = reserve(spec, started, attempt(1, 12));
  if (one === undefined) throw new Error("12 of 20 do not fit");
  t.equal(reserve(spec, one, attempt(2, 9)), undefined);
  t.equal(reserve(spec, one, attempt(1, 12)), one, "an attempt reserves once");
  t.match(roomIn(spec, one), { costUSD: 8 });
  const usage = { costUSD: 3.5, inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1 };
  const settled = settle(one, attempt(1, 0), usage);
  t.match(settled, { spent: { costUSD: 3.5, tokens: 18 }, reserved: { costUSD: 0 }, attempts: [] });
  t.equal(settle(settled, attempt(1, 0), usage), settled, "and counts once");
  t.end();
});

t.test(
  "an attempt whose usage is not known counts with its reservation, and one that never started with nothing",
  (t) => {
    const one = reserve(spec, started, attempt(1, 12)) ?? started;
    const unknown = settle(one, attempt(1, 0), "unknown");
    t.match(unknown, { spent: { costUSD: 0 }, unmeasured: { costUSD: 12 }, unmeasuredAttempts: 1 });
    t.match(roomIn(spec, unknown), { costUSD: 8 });
    t.match(settle(one, attempt(1, 0), "notStarted"), { spent: { costUSD: 0 }, reserved: { costUSD: 0 } });
    t.end();
  },
);

t.test("nothing starts where nothing is left, not even what needs nothing", (t) => {
  t.equal(reserve({ ...spec, maxCostUSD: 0 }, started, attempt(1, 0)), undefined);
  t.ok(reserve(spec, started, attempt(1, 0)));
  t.end();
});

t.test("a new period begins with nothing spent, and with the reservations of running attempts", (t) => {
  const spent: BudgetStatus = { ...started, spent: { costUSD: 19, tokens: 5 }, unmeasured: { costUSD: 1, tokens: 0 } };
  const running = { ...spent, attempts: [attempt(1, 4)], reserved: { costUSD: 4, tokens: 0 } };
  t.equal(statusAt({ spec, status: running }, now + 3_600_000), running);
  const next = statusAt({ spec, status: running }, now + 86_400_000);
  t.match(next, { spent: { costUSD: 0 }, reserved: { costUSD: 4 }, resetsAt: "2026-11-25T00:00:00Z" });
  t.equal(next.unmeasured, undefined);
  t.equal(statusAt({ spec, status: next }, now), next, "a clock that goes back begins no earlier period");
  const longer = statusAt({ spec: { ...spec, period: "Month" }, status: running }, now);
  t.match(longer, { spent: { costUSD: 19 }, unmeasured: { costUSD: 1 }, resetsAt: "2026-12-01T00:00:00Z" });
  t.end();
});

t.test("an attempt may spend what is left of its run's budget, else the least share of the Budgets", (t) => {
  const configuration = { budget: { default: {}, ceiling: {} } };
  const run = { spec: {}, status: { usage: { costUSD: 2, inputTokens: 100 } } };
  t.same(shareOf({ maxCostUSD: 20, maxTokens: 5 }), { costUSD: 2, tokens: 1 });
  t.same(allowanceOf(run, [{ spec }, { spec: { maxCostUSD: 9, perAttempt: { maxCostUSD: 1 } } }], configuration), {
    costUSD: 1,
  });
  const own = { ...run, spec: { budget: { maxCostUSD: 5, maxTokens: 400 } } };
  t.same(allowanceOf(own, [{ spec }], configuration), { costUSD: 3, tokens: 300 });
  t.same(allowanceOf(own, [{ spec, reserved: { costUSD: 2.5 } }], configuration), { costUSD: 2.5, tokens: 300 });
  const ceiling = { budget: { default: { maxCostUSD: 50 }, ceiling: { maxCostUSD: 12 } } };
  t.same(allowanceOf(run, [{ spec }], ceiling), { costUSD: 10 });
  const files = withAllowance(own, { costUSD: 3 });
  t.same(files, { spec: { budget: { maxCostUSD: 3 } }, status: {} }, "the gateway starts from nothing");
  t.end();
});

t.test("a Budget holds for its namespace, and one in the operator's for all or those it names", (t) => {
  const groups = { namespace: "team-a", service: "team-a/auth", agent: "rex", repository: "github.com/acme/auth" };
  const holds = (selector: Budget["spec"]["selector"], namespace = "orchestrator"): boolean =>
    holdsFor(stored({ spec: { ...spec, ...(selector && { selector }) } }, namespace), groups, "orchestrator");
  t.ok(holds({}));
  t.ok(holds({}, "team-a"));
  t.notOk(holds({}, "team-b"));
  t.notOk(holds({ namespaces: ["team-a"] }, "team-b"));
  t.ok(holds({ namespaces: ["team-a"], services: ["auth"], agents: ["rex"] }));
  t.notOk(holds({ services: ["billing"] }));
  t.notOk(holds({ agents: ["morgan"] }));
  t.ok(holds({ repositories: ["https://github.com/Acme/auth.git"] }));
  t.notOk(
    holdsFor(stored({ spec: { ...spec, selector: { agents: ["rex"] } } }), { namespace: "team-a" }, "orchestrator"),
  );
  t.end();
});

t.test("conditions say what is wrong with a Budget and how far it is spent; each period has one Event", (t) => {
  const most: BudgetStatus = { ...started, spent: { costUSD: 16, tokens: 0 } };
  const before = described(stored(), started, "orchestrator", now);
  const after = described(stored(), most, "orchestrator", now);
  t.match(findCondition(before.conditions, "Ready"), { status: "True", observedGeneration: 3 });
  t.match(findCondition(before.conditions, "NearlySpent"), { status: "False" });
  t.match(findCondition(after.conditions, "NearlySpent"), {
    status: "True",
    message: /^16 US dollars of 20 US dollars/,
  });
  t.match(announced(before, after), [{ type: "Warning", reason: "BudgetNearlySpent" }]);
  t.same(announced(after, { ...after, spent: { costUSD: 17, tokens: 0 } }), []);
  t.match(announced(after, { ...after, resetsAt: "2026-11-25T00:00:00Z" }), [{ reason: "BudgetNearlySpent" }]);
  t.match(findCondition(after.conditions, "Exhausted"), { status: "False" });
  const full = described(stored(), { ...started, spent: { costUSD: 18.5, tokens: 0 } }, "orchestrator", now);
  t.match(findCondition(full.conditions, "Exhausted"), { status: "True" });
  const wrong = stored({ spec: { ...spec, timeZone: "Mars/Olympus" } });
  t.match(findCondition(described(wrong, started, "o", now).conditions, "Ready"), { reason: "UnknownTimeZone" });
  const foreign = stored({ spec: { ...spec, selector: { namespaces: ["team-b"] } } });
  t.match(findCondition(described(foreign, started, "o", now).conditions, "Ready"), { reason: "ForeignNamespaces" });
  t.end();
});
