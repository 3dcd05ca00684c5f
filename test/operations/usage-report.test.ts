/** Sums of what runs used, in every grouping. */
import t from "tap";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { TaskRuns, type Usage } from "#src/api/taskrun.js";
import type { AnyRun } from "#src/operations/any-run.js";
import { usageGroups, usageReport, type UsageGroup } from "#src/operations/usage-report.js";
import type { Client } from "#src/runtime/client/client.js";

const usageOf = (model: string, inputTokens: number, costUSD?: number): Usage => {
  const figures = { inputTokens, requests: 1, ...(costUSD !== undefined && { costUSD }) };
  return { ...figures, byModel: [{ model, ...figures }] };
};

function run(name: string, namespace: string, service: string, end: string, usage?: Usage): AnyRun {
  const labels = { "orchestrator.io/service": service, "orchestrator.io/agent": "rex" };
  const status = { attempts: 2, completionTime: end, ...(usage && { usage }) };
  return { metadata: { name, namespace, labels }, spec: {}, status } as unknown as AnyRun;
}

const tasks = [
  run("a", "one", "auth", "2026-10-31T23:59:59Z", usageOf("sonnet", 10, 0.5)),
  run("b", "two", "auth", "2026-11-02T00:00:00Z", usageOf("haiku", 20, 0.25)),
  run("c", "two", "billing", "2026-11-08T12:00:00Z", { ...usageOf("mine", 400), unknownAttempts: 1 }),
  run("d", "two", "idle", "2026-11-08T12:00:00Z"),
];
const codes = [run("e", "one", "billing", "2026-11-09T00:00:00Z", usageOf("sonnet", 30, 1))];

const client = {
  // two runs a page
  async *listPages(type: { kind: string }) {
    if (type.kind === "DocsRun") return;
    const all = type.kind === "TaskRun" ? tasks : codes;
    for (let at = 0; at < all.length; at += 2)
      yield await Promise.resolve({ items: all.slice(at, at + 2), metadata: {} });
  },
} as unknown as Pick<Client, "listPages">;

const types = [TaskRuns, CodeRuns];

t.test("each grouping has the same total", async (t) => {
  const named = async (by: UsageGroup): Promise<[string, number, number | undefined][]> => {
    const { items, total, unknownAttempts } = await usageReport(client, { types, by });
    t.match(total, { runs: 4, attempts: 8, inputTokens: 460, requests: 4, costUSD: 1.75 }, by);
    t.equal(unknownAttempts, 1);
    return items.map(({ name, inputTokens, costUSD }) => [name, inputTokens, costUSD]);
  };
  const found = Object.fromEntries(await Promise.all(usageGroups.map(async (by) => [by, await named(by)] as const)));
  t.same(found, {
    agent: [["rex", 460, 1.75]],
    service: [
      ["billing", 430, 1],
      ["auth", 30, 0.75],
    ],
    namespace: [
      ["one", 40, 1.5],
      ["two", 420, 0.25],
    ],
    kind: [
      ["CodeRun", 30, 1],
      ["TaskRun", 430, 0.75],
    ],
    model: [
      ["sonnet", 40, 1.5],
      ["haiku", 20, 0.25],
      ["mine", 400, undefined],
    ],
    day: [
      ["2026-10-31", 10, 0.5],
      ["2026-11-02", 20, 0.25],
      ["2026-11-08", 400, undefined],
      ["2026-11-09", 30, 1],
    ],
    week: [
      ["2026-10-26", 10, 0.5],
      ["2026-11-02", 420, 0.25],
      ["2026-11-09", 30, 1],
    ],
    month: [
      ["2026-10", 10, 0.5],
      ["2026-11", 450, 1.25],
    ],
  });
});

t.test("only runs that ended since a time", async (t) => {
  const since = Date.parse("2026-11-02T00:00:00Z");
  const { total } = await usageReport(client, { types, by: "service", since });
  t.match(total, { runs: 3, inputTokens: 450 });
});

t.test("without runs that used models, there is nothing", async (t) => {
  t.match(await usageReport(client, { types: [DocsRuns], by: "model" }), {
    items: [],
    total: { runs: 0, costUSD: undefined },
  });
});
