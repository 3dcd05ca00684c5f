/** `orchestrator budget`, with a kubeconfig and through a server. */
import { join } from "node:path";
import t from "tap";
import { budgetInWords, type Budget } from "#src/api/budget.js";
import { budgetCommand } from "#src/cli/budget/budget.js";
import { RunStore } from "../operations/run-store.js";
import { serve } from "../server/served-app.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

const condition = (type: string, status: string, message = ""): object => ({ type, status, message, reason: "R" });

const team = {
  metadata: { namespace: "ns", name: "team" },
  spec: {
    ...{ period: "Day", timeZone: "Europe/Berlin", maxCostUSD: 20 },
    selector: { services: ["auth", "billing"], agents: ["rex"] },
  },
  status: {
    ...{
      spent: { costUSD: 15, tokens: 9 },
      reserved: { costUSD: 1.5, tokens: 0 },
      unmeasured: { costUSD: 2.5, tokens: 0 },
    },
    resetsAt: "2026-11-24T00:00:00Z",
    attempts: [{ uid: "u", number: 1, kind: "TaskRun", namespace: "ns", name: "one" }],
    conditions: [condition("NearlySpent", "True"), condition("Exhausted", "True"), condition("Ready", "True")],
  },
} as unknown as Budget;
const wrong = {
  metadata: { namespace: "ns", name: "wrong" },
  spec: { timeZone: "Nowhere", maxTokens: 5, maxCostUSD: 1 },
  status: { conditions: [condition("Ready", "False", "spec.timeZone: Nowhere is no time zone.")] },
} as unknown as Budget;

const waitsFor = (name: string, reason = "BudgetExhausted"): object => ({
  status: { phase: "Pending", reason, message: `Waiting for ${budgetInWords({ namespace: "ns", name })} ($20): more.` },
});

t.test("Budgets and the runs that wait for them, both ways", async (t) => {
  const store = new RunStore();
  store.budgets = [team, wrong];
  store.put("taskruns", "two", waitsFor("team"));
  store.put("coderuns", "three", waitsFor("team", "BudgetTooSmall"));
  store.put("coderuns", "four", waitsFor("team", "WaitingForSlot"));
  store.put("docsruns", "five", waitsFor("another"));
  const apiServer = await store.start(t);
  const file = writeKubeconfig(t, apiServer, join(t.testdir({}), "kubeconfig"));
  const { url } = await serve(t, apiServer);
  const direct = ["--kubeconfig", file];
  for (const way of [direct, [...direct, "--server", url]]) {
    const budget = (...args: string[]): Promise<Outcome> => outcomeOf(budgetCommand, [...args, ...way]);
    store.forbidden = "nothing";
    const heads =
      "NAME    PERIOD   LIMIT             SPENT             RESERVED          RUNNING   WAITING   RESETS                 STATE";
    const rows = [
      "team    Day      $20.00            $17.50            $1.50             1         2         2026-11-24T00:00:00Z   Exhausted",
      "wrong   Month    $1.00, 5 tokens   $0.00, 0 tokens   $0.00, 0 tokens   0         0         <unknown>              NotReady",
    ];
    t.same(await budget("list"), { code: 0, out: [heads, ...rows, ""].join("\n"), err: "" });
    t.match((await budget("list", "-A")).out, /^NAMESPACE +NAME .*\nns +team /);
    t.match(JSON.parse((await budget("list", "-o", "json")).out), {
      items: [{ name: "team", waitingRuns: 2, spent: { costUSD: 15 } }, { name: "wrong" }],
      isTruncated: false,
    });
    t.same(await budget("get", "team"), {
      ...{ code: 0, err: "" },
      out: [
        "Name:         team",
        "Namespace:    ns",
        "Selects:      services auth, billing; agents rex",
        "Period:       Day (Europe/Berlin)",
        "Limit:        $20.00",
        "Spent:        $17.50",
        "Unmeasured:   $2.50 of it: reservations of attempts whose usage is not known",
        "Reserved:     $1.50 by 1 running attempt",
        "Left:         $1.00",
        "Resets:       2026-11-24T00:00:00Z",
        "State:        Exhausted",
        "Waiting:      2 runs",
        "  NAMESPACE  RUN",
        "  ns         taskrun/two",
        "  ns         coderun/three",
        "",
      ].join("\n"),
    });
    t.match(
      (await budget("get", "wrong")).out,
      /Problem: +spec\.timeZone: Nowhere is no time zone\.\nWaiting: +0 runs\n$/,
    );
    t.match(JSON.parse((await budget("get", "team", "-o", "json")).out), {
      name: "team",
      waiting: [{ name: "two" }, {}],
    });
    t.match(await budget("get", "none"), {
      code: 1,
      out: "",
      err: /namespace ns has no Budget none; it has: team, wrong/,
    });

    store.forbidden = "others";
    t.match((await budget("list")).out, /team .* 2 +2026/, "of the own namespace, where others are forbidden");
    store.forbidden = "runs";
    t.match((await budget("get", "team")).out, /Waiting: +<unknown>: you may not list runs here\n$/);
    t.match((await budget("list")).out, /team .* <unknown> +2026/);
  }
});

t.test("without Budgets it says so, and asks for no runs", async (t) => {
  const store = new RunStore();
  const file = writeKubeconfig(t, await store.start(t), join(t.testdir({}), "kubeconfig"));
  const found = await outcomeOf(budgetCommand, ["list", "--kubeconfig", file]);
  t.same(found, { code: 0, out: "", err: "No Budgets found in namespace ns.\n" });
  t.match(await outcomeOf(budgetCommand, ["get", "x", "--kubeconfig", file]), { code: 1, err: /it has none/ });
  t.notMatch(store.asked.join("\n"), /runs/);
});
