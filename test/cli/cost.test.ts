/** `orchestrator cost`, with a kubeconfig and through a server. */
import { join } from "node:path";
import t from "tap";
import { costCommand } from "#src/cli/cost.js";
import { RunStore } from "../operations/run-store.js";
import { serve } from "../server/served-app.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

t.test("sums of what runs used, both ways", async (t) => {
  const store = new RunStore();
  const apiServer = await store.start(t);
  const sonnet = { inputTokens: 1200, outputTokens: 30, cacheReadTokens: 7, requests: 3, costUSD: 1.239 };
  const mine = { inputTokens: 5, requests: 1 };
  const usage = { ...sonnet, inputTokens: 1205, requests: 4, unknownAttempts: 2 };
  const byModel = [
    { model: "sonnet", ...sonnet },
    { model: "mine", ...mine },
  ];
  const completionTime = "2026-11-02T00:00:00Z";
  store.put("taskruns", "one", { status: { attempts: 3, completionTime, usage: { ...usage, byModel } } });
  store.put("coderuns", "two", { status: { attempts: 1, completionTime } });
  const file = writeKubeconfig(t, apiServer, join(t.testdir({}), "kubeconfig"));
  const { url } = await serve(t, apiServer);
  const direct = ["--kubeconfig", file];
  for (const way of [direct, [...direct, "--server", url]]) {
    const cost = (...args: string[]): Promise<Outcome> => outcomeOf(costCommand, [...args, ...way]);
    t.same(await cost("--by", "model"), {
      code: 0,
      out: [
        "MODEL    RUNS   ATTEMPTS   REQUESTS   INPUT   OUTPUT   CACHE-READ   CACHE-WRITE   COST",
        "sonnet   1      3          3          1200    30       7            0             $1.24",
        "mine     1      3          1          5       0        0            0             <none>",
        "total    1      3          4          1205    30       7            0             $1.24",
        "",
      ].join("\n"),
      err: "What 2 attempts used is not known: their gateways left no report.\n",
    });
    t.match(JSON.parse((await cost("--by", "month", "-A", "-o", "json")).out), {
      by: "month",
      items: [{ name: "2026-11", runs: 1, costUSD: 1.239 }],
      unknownAttempts: 2,
    });
    t.match(await cost("--since", "2026-11-03"), {
      code: 0,
      out: "",
      err: /No run in namespace ns has reported usage/,
    });
    t.match(await cost("--since", "520w", "--kind", "coderun"), { code: 0, out: "" });
  }
});
