import t from "tap";
import type { Budget } from "#src/api/budget.js";
import { budgetList } from "#src/operations/budget-list.js";
import type { Client } from "#src/runtime/client/client.js";
import { pagesOf } from "./pages.js";

function clientOf(budgets: readonly Budget[]): Client {
  const raw = (): Promise<object> => Promise.resolve({ kind: "Table", columnDefinitions: [], rows: [] });
  return { ...pagesOf(budgets), raw };
}

const condition = (type: string, status: string, message = ""): object => ({ type, status, message, reason: "R" });

t.test("a Budget is listed with its figures, and without the attempts that it counts", async (t) => {
  const budget = {
    metadata: { namespace: "team-a", name: "team" },
    spec: { period: "Day", timeZone: "Europe/Berlin", maxCostUSD: 20 },
    status: {
      ...{ spent: { costUSD: 18, tokens: 9 }, reserved: { costUSD: 1, tokens: 0 }, resetsAt: "2026-11-24T00:00:00Z" },
      attempts: [{ uid: "u", number: 1, kind: "TaskRun", namespace: "team-a", name: "one" }],
      conditions: [condition("NearlySpent", "True"), condition("Exhausted", "False"), condition("Ready", "True")],
    },
  } as unknown as Budget;
  const fresh = { metadata: { namespace: "team-b", name: "new" }, spec: { maxTokens: 5 } };
  const wrong = {
    ...fresh,
    status: { conditions: [condition("Ready", "False", "no such zone")] },
  } as unknown as Budget;
  const { items, isTruncated } = await budgetList(clientOf([budget, fresh, wrong]), undefined);
  t.same(items[0], {
    ...{ namespace: "team-a", name: "team", period: "Day", timeZone: "Europe/Berlin" },
    ...{
      limit: { costUSD: 20 },
      spent: { costUSD: 18, tokens: 9 },
      unmeasured: {},
      reserved: { costUSD: 1, tokens: 0 },
    },
    ...{ runningAttempts: 1, resetsAt: "2026-11-24T00:00:00Z", isNearlySpent: true, isExhausted: false },
    ...{ waitingRuns: 0, waiting: [] },
  });
  t.match(items[1], { period: "Month", timeZone: "UTC", limit: { tokens: 5 }, spent: {}, runningAttempts: 0 });
  t.equal(items[2]?.problem, "no such zone");
  t.equal(isTruncated, false);
});

t.test("at most 1,000 are listed, and it says that there are more", async (t) => {
  const many = Array.from({ length: 1_001 }, (_, index) => ({
    metadata: { namespace: "n", name: `b-${index}` },
    spec: { maxTokens: 1 },
  }));
  const all = await budgetList(clientOf(many.slice(0, 1_000)), "n");
  t.match([all.items.length, all.isTruncated], [1_000, false]);
  const more = await budgetList(clientOf(many), "n");
  t.match([more.items.length, more.isTruncated], [1_000, true]);
});
