/** The page in Chromium, on a model of the REST API. */
import t from "tap";
import { noBrowser, openPage, screenshot, seriousFindings, startBrowser, until } from "./browser.js";
import { exampleScene } from "./example-scene.js";
import { exampleRun, RestModel } from "./rest-model.js";

if (noBrowser !== undefined) {
  t.plan(0, noBrowser);
  process.exit();
}

const browser = await startBrowser(t);

t.test("signs in with a token, which no script can read, and out", async (t) => {
  const model = new RestModel();
  model.isSignedIn = false;
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser, { expected: /status of 401/ });
  await page.goto(`${url}/ui/`);
  await page.getByLabel("Token").waitFor();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "sign-in");
  await page.keyboard.type("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  t.match(await page.getByRole("alert").textContent(), /does not accept this token/);
  await page.getByLabel("Token").fill("good-token");
  await page.keyboard.press("Enter");
  await page.getByText("No runs in this cluster yet").waitFor();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "empty");
  const kept = await page.evaluate(
    "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])",
  );
  t.notMatch(kept, /good-token/);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  t.strictSame(problems, []);
});

t.test("filters live in the URL, and survive a reload and the back button", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  const rows = page.locator(".rows .row");
  await rows.first().waitFor();
  const all = model.runs.size;
  t.match(await page.locator("footer").textContent(), new RegExp(`^${all} runs`));
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "runs-light");
  await page.getByRole("button", { name: /^Failed/ }).click();
  await page.waitForURL(/phase=Failed/);
  for (const text of await rows.allTextContents()) t.match(text, /^Failed/);
  await page.getByRole("button", { name: "CodeRun" }).click();
  await page.waitForURL(/kind=coderun/);
  await page.reload();
  await rows.first().waitFor();
  for (const text of await rows.allTextContents()) t.match(text, /^Failed.*CodeRun/);
  await page.goBack();
  await page.waitForURL((at) => !at.search.includes("coderun"));
  await page.getByLabel("Filter", { exact: true }).fill("zzz nothing");
  await page.getByText("No run matches the filters").waitFor();
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await until(page, `document.querySelector("footer").textContent.startsWith("${all} runs")`);
  t.equal(new URL(page.url()).search, "");
  await page.getByLabel("Namespace").fill("team-b");
  await page.keyboard.press("Enter");
  await page.waitForURL(/namespace=team-b/);
  await until(
    page,
    `![...document.querySelectorAll(".rows .column-namespace")].some((cell) => cell.textContent !== "team-b")`,
  );
  t.strictSame(problems, []);
});

t.test("changes of runs appear by themselves", async (t) => {
  const model = new RestModel();
  const run = exampleRun("one");
  model.put(run);
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  await page.getByText("Live", { exact: true }).waitFor();
  const row = page.locator(".rows .row");
  t.match(await row.textContent(), /^Pending/);
  model.put({ ...run, status: { phase: "Running", attempts: 1 } });
  await row.getByText("Running").waitFor();
  model.put(exampleRun("two"));
  await page.getByRole("link", { name: "two" }).waitFor();
  model.delete("one");
  await page.getByRole("link", { name: "one" }).waitFor({ state: "detached" });
  // as a server that stops, and one that lost changes
  for (const end of ["end", "expired"]) {
    model.endStreams(end);
    model.put(exampleRun(`after-${end}`));
    await page.getByText("Live", { exact: true }).waitFor();
    model.put(exampleRun(`later-${end}`));
    await page.getByRole("link", { name: `later-${end}` }).waitFor();
  }
  await page.getByRole("link", { name: "after-expired" }).waitFor();
  t.strictSame(problems, []);
});

t.test("one run's story has its attempts, conditions, dependencies, files, Events and spec", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  await page.getByRole("link", { name: "billing-task-41" }).click();
  await page.getByRole("heading", { name: "billing-task-41" }).waitFor();
  await page.getByRole("region", { name: "Runs that this one depends on" }).waitFor();
  t.equal(await page.locator(".graph .node").count(), 4);
  const attempts = await page.getByRole("region", { name: "Attempts" }).getByRole("row").allTextContents();
  t.match(attempts, [/^Attempt/, /^2Running/, /^1Failed.*AgentFailed/]);
  const pull = page.getByRole("link", { name: "https://github.com/example/billing/pull/128" });
  t.equal(await pull.getAttribute("rel"), "noopener noreferrer");
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "run-light");
  for (const [key, tab, text] of [
    ["3", "files", "Send each invoice as PDF."],
    ["4", "events", "the agent exited with code 1"],
    ["5", "spec", "serviceName: billing"],
    ["2", "logs", "14 passing"],
  ] as const) {
    await page.keyboard.press(key);
    await page.waitForURL(new RegExp(`tab=${tab}`));
    await page.getByText(text).first().waitFor();
    t.strictSame(await seriousFindings(page), [], tab);
    await screenshot(page, `run-${tab}`);
  }
  await page.keyboard.press("u");
  await page.waitForURL(`${url}/ui/`);
  t.strictSame(problems, []);
});

t.test("requests are confirmed with what they do and cost, and offered only with the right to them", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/runs/team-a/taskruns/billing-task-41`);
  await page.getByRole("button", { name: "Cancel" }).click();
  t.match(await page.getByRole("dialog").textContent(), /for good.*has cost so far is spent/s);
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "cancel");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  t.strictSame(model.requests, []);
  await page.getByRole("button", { name: "Retry" }).click();
  t.match(await page.getByRole("dialog").textContent(), /Stops the running attempt.*Costs what an attempt costs/s);
  await page.getByRole("dialog").getByRole("button", { name: "Retry the run" }).click();
  await page.getByText("another attempt requested").waitFor();
  t.strictSame(model.requests, ['POST /api/v1/namespaces/team-a/taskruns/billing-task-41/retry {"replace":true}']);
  model.access = { update: false, delete: false, logs: true };
  await page.reload();
  await page.getByText("You may look, not change").waitFor();
  t.equal(await page.locator(".actions button").count(), 0);
  t.strictSame(problems, []);
});

t.test("the whole way by keyboard", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  await page.locator(".rows .row").first().waitFor();
  const { keyboard } = page;
  await keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "keys");
  await keyboard.press("Escape");
  await keyboard.press("/");
  await keyboard.type("search jump");
  for (let letter = 0; letter < 5; letter++) await keyboard.press("Backspace");
  await keyboard.press("Escape");
  await until(page, `document.querySelectorAll(".rows .row").length === 3`);
  await keyboard.press("j");
  await keyboard.press("j");
  await keyboard.press("ArrowDown");
  await keyboard.press("k");
  await until(page, `document.activeElement.textContent === "search-task-38"`);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "search-task-38" }).waitFor();
  t.match(await page.locator(".sentence").textContent(), /WaitingForDependency/);
  await page.getByRole("button", { name: "Suspend" }).focus();
  await keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await page.getByText("another attempt requested").waitFor();
  t.match(model.requests, [/suspend/]);
  await keyboard.press("u");
  await page.waitForURL(/text=search/);
  t.strictSame(problems, []);
});

t.test("the log follows through attempts, pauses, and comes again after a lost connection", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser, { expected: /net::ERR|Failed to load resource/ });
  await page.goto(`${url}/ui/runs/team-a/taskruns/billing-task-41?tab=logs`);
  await page.getByText("14 passing").waitFor();
  // of terminals' colors nothing is left
  t.equal(await page.getByText("14 passing").textContent(), "  14 passing (212ms)");
  model.write("output", { text: "a line in two " });
  model.write("output", { text: "pieces\n" });
  await page.getByText("a line in two pieces").waitFor();
  model.write("attempt", { attempt: 3, pod: "billing-task-41-run-3-abcde" });
  model.write("output", { text: "third\n" });
  await page.getByText("Attempt 3, pod billing-task-41-run-3-abcde").waitFor();
  await page.keyboard.press("p");
  model.write("output", { text: "while paused\n" });
  model.write("output", { text: "mark\n" });
  await page.getByRole("button", { name: "Continue" }).waitFor();
  t.equal(await page.getByText("while paused").count(), 0);
  await page.keyboard.press("p");
  await page.getByText("while paused").waitFor();
  await model.stop();
  await page.locator(".log-view .connection-lost").waitFor();
  await screenshot(page, "lost");
  model.log = [...model.log, ["output", { text: "after the loss\n" }]];
  await model.restart();
  // pressed as a person does, unless the page has retried by itself meanwhile
  await page.evaluate(
    `[...document.querySelectorAll(".log-view button")].find((each) => each.textContent === "Retry now")?.click()`,
  );
  await page.getByText("after the loss").waitFor();
  t.equal(await page.getByText("14 passing").count(), 1);
  t.strictSame(problems, []);
});

t.test("of an endless log the page keeps a bounded part", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/runs/team-a/taskruns/billing-task-41?tab=logs`);
  await page.getByText("14 passing").waitFor();
  const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index}`);
  for (let at = 0; at < lines.length; at += 5_000)
    model.write("output", { text: `${lines.slice(at, at + 5_000).join("\n")}\n` });
  await page.getByText("line 29999").waitFor();
  t.match(await page.locator(".log-note").textContent(), /earlier lines are not shown/);
  t.ok((await page.locator(".line").count()) < 200, "only lines in view are in the document");
  const height = await page
    .locator(".log .rows")
    .evaluate(({ clientHeight }: { readonly clientHeight: number }) => clientHeight);
  t.ok(height <= 20_000 * 20);
  t.strictSame(problems, []);
});

t.test("of 5,000 runs the document has only those in view, also while they scroll and change", async (t) => {
  const model = new RestModel();
  for (let index = 0; index < 5_000; index++) {
    const run = exampleRun(`run-${String(index).padStart(4, "0")}`);
    model.put({ ...run, status: { phase: index % 3 === 0 ? "Failed" : "Succeeded" } });
  }
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  await page.getByText("5,000 runs").waitFor();
  t.ok((await page.locator(".rows .row").count()) < 60, "only rows in view are in the document");
  // frames while the list scrolls from its beginning to its end, and while changes arrive
  const frames = page.evaluate(async () => {
    interface Scroller {
      scrollTop: number;
    }
    const scope = globalThis as unknown as {
      document: { querySelector: (selector: string) => Scroller };
      requestAnimationFrame: (callback: (time: number) => void) => void;
    };
    const scroller = scope.document.querySelector(".scroller");
    const times: number[] = [];
    for (let frame = 0; frame < 60; frame++) {
      times.push(await new Promise<number>((resolve) => scope.requestAnimationFrame(resolve)));
      scroller.scrollTop += 3_333;
    }
    return times.slice(1).map((time, index) => time - (times[index] ?? time));
  });
  for (let index = 0; index < 200; index++)
    model.put({ ...exampleRun(`run-${String(index * 7).padStart(4, "0")}`), status: { phase: "Running" } });
  const times = (await frames).sort((a, b) => a - b);
  const p95 = times[Math.floor(times.length * 0.95)] ?? Infinity;
  t.comment(
    `frames: median ${(times[30] ?? 0).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, longest ${(times.at(-1) ?? 0).toFixed(1)} ms`,
  );
  await page.getByText("run-4999").waitFor();
  t.ok((await page.locator(".rows .row").count()) < 60, "also at the end");
  await page.keyboard.press("g");
  await until(page, `document.activeElement.textContent === "run-0000"`);
  await page.getByLabel("Filter", { exact: true }).fill("run-4321");
  await page.getByText("1 of 5,000 runs").waitFor();
  t.strictSame(problems, []);
});

t.test("hostile text stays text, in every view", async (t) => {
  const model = new RestModel();
  const bad = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
  const run = exampleRun("hostile");
  const condition = {
    type: "Ended",
    status: "False",
    reason: "Bad",
    message: bad,
    lastTransitionTime: "yesterday",
  } as const;
  model.put({
    ...run,
    spec: { ...run.spec, serviceName: bad, agentName: "\u202egnp.exe", dependsOn: ["../../me", bad] },
    status: {
      ...{ phase: "Failed", reason: bad, message: bad, attempts: 1, sessionId: bad },
      pullRequestUrl: "javascript:document.title='taken'",
      runs: [{ number: 1, outcome: bad, reason: bad, cause: bad, startTime: bad }],
      conditions: [condition],
    },
  });
  model.files = [{ filename: bad, size: 1, content: bad }];
  model.events = [{ type: "Warning", reason: bad, message: bad, count: 1, firstSeen: "x", lastSeen: "x" }];
  model.log = [
    ["attempt", { attempt: 1, pod: bad }],
    ["output", { text: `${bad}\n\u001b]0;taken\u0007\u001b[2J${bad}\n` }],
  ];
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser, { expected: /404/ });
  await page.goto(`${url}/ui/`);
  await page.getByRole("link", { name: "hostile" }).waitFor();
  t.match(await page.locator(".rows .row").textContent(), "·gnp.exe");
  for (const tab of ["story", "logs", "files", "events", "spec"]) {
    await page.goto(`${url}/ui/runs/team-a/taskruns/hostile?tab=${tab}`);
    await page.getByText("onerror=").nth(1).waitFor();
    t.equal(await page.locator("#page img, #page script").count(), 0, tab);
    t.equal(await page.locator('a[href^="javascript"]').count(), 0, tab);
    t.match(await page.title(), /^hostile/);
  }
  t.strictSame(problems, []);
});

t.test("errors are shown with what to do, and what is lost comes back by itself", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  model.refusals.set("/api/v1/runs", {
    status: 403,
    detail: 'User "ada" cannot list resource "taskruns" at the cluster scope',
  });
  model.refusals.set("/api/v1/namespaces", { status: 403, detail: "no" });
  const { page, problems } = await openPage(t, browser, {
    expected: /status of 40[134]|net::ERR|Failed to load resource/,
  });
  await page.goto(`${url}/ui/`);
  await page.getByText("You may not list runs in all namespaces").waitFor();
  await page.getByText('cannot list resource "taskruns"').first().waitFor();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "refused");
  await page.getByLabel("Namespace").fill("team-b");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "ledger-task-12" }).waitFor();
  await model.stop();
  await page.getByText(/Not up to date/).waitFor();
  t.ok(await page.getByRole("link", { name: "ledger-task-12" }).isVisible(), "the last state stays");
  model.put(exampleRun("meanwhile", { metadata: { ...exampleRun("meanwhile").metadata, namespace: "team-b" } }));
  model.refusals.set("/api/v1/namespaces/team-b/runs", { status: 410, detail: "too old" });
  await model.restart();
  await page.getByRole("button", { name: "Retry now" }).click();
  model.refusals.clear();
  await page.getByRole("link", { name: "meanwhile" }).waitFor();
  await page.goto(`${url}/ui/runs/team-a/taskruns/nothing`);
  await page.getByText("There is no such run").waitFor();
  await page.goto(`${url}/ui/nowhere`);
  await page.getByText("There is no such page").waitFor();
  model.isSignedIn = false;
  await page.goto(`${url}/ui/`);
  await page.getByLabel("Token").waitFor();
  t.strictSame(problems, []);
});

t.test("Budgets show how far they are spent, and lead to the runs that wait, which lead back", async (t) => {
  const model = new RestModel();
  const hostile = "<img src=x onerror=alert(1)>";
  model.budgets = [
    {
      ...{ namespace: "team-a", name: "month", period: "Month", timeZone: "UTC", limit: { costUSD: 20 } },
      ...{ spent: { costUSD: 15 }, unmeasured: { costUSD: 2.5 }, reserved: { costUSD: 1.5 }, runningAttempts: 1 },
      ...{ isNearlySpent: true, isExhausted: true, resetsAt: new Date(Date.now() + 90_000_000).toISOString() },
      ...{ waitingRuns: 1, waiting: [{ kind: "TaskRun", namespace: "team-a", name: "two" }] },
    },
    {
      ...{ namespace: "team-b", name: "other", period: "Day", timeZone: "UTC", limit: { tokens: 5_000 } },
      ...{ spent: {}, unmeasured: {}, reserved: {}, runningAttempts: 0, isNearlySpent: false, isExhausted: false },
      problem: hostile,
    },
  ];
  const message = "Waiting for Budget team-a/month (20 US dollars a month): attempt 1 may spend 2 US dollars.";
  model.put(exampleRun("two", { status: { phase: "Pending", reason: "BudgetExhausted", message } }));
  model.put(exampleRun("three"));
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser, { expected: /status of 403/ });
  await page.goto(`${url}/ui/`);
  await page.getByRole("navigation").getByRole("link", { name: "Budgets" }).click();
  const rows = page.getByRole("region", { name: "Budgets" }).locator("tbody tr");
  await rows.first().waitFor();
  const cells = await Promise.all((await rows.all()).map((row) => row.locator("td").allTextContents()));
  t.match(cells, [
    ["month", "team-a", "Exhausted", " $17.50", "$1.50", "$20.00", "Month", /^in 1d/, "1", "1"],
    ["other", "team-b", hostile, " 0 tokens", "0 tokens", "5,000 tokens", "Day", "–", "0", "–"],
  ]);
  t.equal(
    await page
      .getByLabel("month: 88 % spent")
      .evaluate((meter) => (meter as unknown as { readonly value: number }).value),
    0.875,
  );
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "budgets");
  await page.getByRole("link", { name: "1 run waits for month" }).click();
  await page.getByRole("link", { name: "two" }).click();
  await page.getByRole("link", { name: "See the Budget" }).click();
  await page.waitForURL(/\/ui\/budgets\?namespace=team-a&name=month$/);
  await rows.first().waitFor();
  t.equal(await rows.count(), 1);
  await page.getByRole("button", { name: "All Budgets" }).click();
  await page.getByLabel("Namespace").fill("");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ui\/budgets$/);
  await rows.nth(1).waitFor();
  model.refusals.set("/api/v1/budgets", { status: 403, detail: "you may not list budgets" });
  await page.reload();
  await page.getByText("you may not list budgets").waitFor();
  model.refusals.clear();
  await page.keyboard.press("u");
  await page.getByRole("link", { name: "three" }).waitFor();
  await page.keyboard.press("b");
  await rows.nth(1).waitFor();
  await page.setViewportSize({ width: 420, height: 800 });
  t.notOk(await page.evaluate("document.documentElement.scrollWidth > innerWidth"));
  t.strictSame(problems, []);
});

t.test(
  "the archive shows the runs that history removed, page by page, each with its end, Events and logs",
  async (t) => {
    const model = new RestModel();
    const bad = "<img src=x onerror=alert(1)>";
    const event = { type: "Warning", reason: "Failed", message: bad, time: "2026-01-02T03:04:05Z", count: 2 };
    model.archived = ["one", "two", "three"].map((name) => {
      const run = exampleRun(name);
      const attempt = { number: 1, outcome: "Failed", reason: bad, startTime: "2026-01-02T03:04:05Z" };
      const status = { phase: "Failed" as const, message: `${name} failed: ${bad}`, attempts: 2, runs: [attempt] };
      return { formatVersion: 1, run: { ...run, status }, events: [event] };
    });
    const [red, plain] = ["\u001b[31m", "\u001b[0m"];
    const lines = Array.from({ length: 400 }, (_, index) => `${red}line ${index + 1}${plain} ${bad}\n`);
    const run = { kind: "TaskRun" as const, namespace: "team-a", name: "three", uid: "uid-three" };
    const log = { jobUID: "j", pod: "three-1-abcde", container: "claude-agent", isCut: true, text: lines.join("") };
    model.transcripts = [{ formatVersion: 1, run, attempt: 1, ...log }];
    const url = await model.start(t);
    const { page, problems } = await openPage(t, browser, { expected: /status of 404/ });
    await page.goto(`${url}/ui/`);
    await page.getByRole("navigation").getByRole("link", { name: "Archive" }).click();
    await page.getByText("Choose a namespace").waitFor();
    await page.getByLabel("Namespace").fill("team-a");
    await page.keyboard.press("Enter");
    const rows = page.getByRole("region", { name: "Archived runs" }).locator("tbody tr");
    await rows.nth(1).waitFor();
    t.equal(await rows.count(), 2);
    t.match(await rows.first().locator("td").allTextContents(), ["TaskRun", "one", /./, "2 KiB"]);
    await page.getByRole("button", { name: "Show more" }).click();
    await rows.nth(2).waitFor();
    t.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
    t.strictSame(await seriousFindings(page), []);
    await screenshot(page, "archive");
    await page.getByRole("link", { name: "three" }).click();
    await page.waitForURL(/\/ui\/archive\/team-a\/taskruns\/three\/uid-three$/);
    await page.getByText("three failed: <img").first().waitFor();
    t.equal(await page.getByRole("region", { name: "Attempts" }).locator("tbody tr").count(), 1);
    t.match(await page.getByRole("region", { name: "Events" }).locator("tbody tr").textContent(), /Failed<img.*2$/);
    t.match(await page.getByRole("region", { name: "The custom resource" }).textContent(), /uid: uid-three/);
    await page.getByRole("combobox", { name: "Attempt" }).selectOption({ label: "2 of 2" });
    await page.getByText("the archive has no log of attempt 2").waitFor();
    await page.getByRole("combobox", { name: "Attempt" }).selectOption({ label: "1 of 2" });
    await page.getByText("The archive has only the end of this log.").waitFor();
    await page.getByText("Container claude-agent of pod three-1-abcde").waitFor();
    const output = page.getByRole("log");
    t.equal(await output.locator(".line").first().textContent(), `line 1 ${bad}`, "without what a terminal would obey");
    await output.press("End");
    await output.getByText("line 400 ").waitFor();
    t.ok((await output.locator(".line").count()) < 100, "only lines in view are in the document");
    t.equal(await page.locator("#page img").count(), 0, "hostile text stays text");
    await screenshot(page, "archived-run");
    t.strictSame(await seriousFindings(page), []);
    await page.reload();
    await page.getByRole("link", { name: "Archive" }).first().click();
    await page.getByText("Choose a namespace").waitFor();
    await page.goto(`${url}/ui/archive?namespace=team-a&kind=docsrun`);
    await page.getByText("No archived runs").waitFor();
    model.refusals.set("/api/v1/namespaces/team-a/archived-runs", {
      status: 404,
      detail: "this server has no archive",
    });
    await page.goto(`${url}/ui/archive?namespace=team-a`);
    await page.getByText("this server has no archive").waitFor();
    model.refusals.clear();
    await page.getByRole("button", { name: "Retry" }).click();
    await rows.nth(1).waitFor();
    await page.setViewportSize({ width: 420, height: 800 });
    t.notOk(await page.evaluate("document.documentElement.scrollWidth > innerWidth"));
    t.strictSame(problems, []);
  },
);

t.test("plays show their steps, and lead to runs, pull requests and Deliveries", async (t) => {
  const model = new RestModel();
  const hostile = "<img src=x onerror=alert(1)>";
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  const pullRequestUrl = "https://github.com/acme/shop/pull/3";
  model.put(exampleRun("task-7-rex", { kind: "CodeRun" }));
  model.plays = [
    {
      ...{ namespace: "team-a", task: 7, repository: "github.com/acme/shop", isLive: true, updatedAt: ago(5) },
      workflow: { name: "play-task-7", phase: "Running", stage: "quality" },
      steps: [
        {
          stage: "implementation",
          state: "done",
          agent: "rex",
          run: "task-7-rex",
          phase: "Succeeded",
          pullRequestUrl,
          at: ago(60),
        },
        { stage: "waiting-pr-created", state: "done", message: "Resumed by Delivery github-1.", at: ago(30) },
        {
          stage: "quality",
          state: "cancelled",
          agent: "cleo",
          run: "task-7-cleo-1",
          phase: "Cancelled",
          message: "Cancelled on request.",
          at: ago(25),
        },
        {
          stage: "quality",
          state: "running",
          agent: "cleo",
          run: "task-7-cleo-2",
          phase: "Running",
          message: "Running npm test",
          at: ago(5),
        },
        { stage: "testing", state: "ahead" },
      ],
    },
    {
      ...{ namespace: "team-b", task: 8, repository: "github.com/acme/web", isLive: false, updatedAt: ago(500) },
      steps: [
        {
          stage: "quality",
          state: "failed",
          agent: "cleo",
          run: "x",
          phase: "Failed",
          pullRequestUrl: "javascript:alert(1)",
          at: ago(500),
        },
        { stage: "testing", state: "cancelled", agent: hostile, run: hostile, phase: "Cancelled", message: hostile },
      ],
    },
  ];
  model.deliveries = [
    {
      ...{ namespace: "orchestrator", name: "github-1", receivedAt: ago(30), event: "pull_request", action: "opened" },
      ...{ repository: "acme/shop", subject: { kind: "PullRequest", number: 3, title: "Mail" }, url: pullRequestUrl },
      ...{
        sender: "acme-rex[bot]",
        phase: "Done",
        decision: "start",
        rule: "quality",
        message: "Started team-a/task-7-rex.",
      },
      run: { namespace: "team-a", name: "task-7-rex" },
    },
    {
      ...{ namespace: "orchestrator", name: "github-2", receivedAt: ago(40), event: "push", phase: "Failed" },
      ...{ repository: "acme/web", sender: hostile, message: hostile, rule: "branch-pushed" },
    },
  ];
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  await page.getByRole("link", { name: "task-7-rex" }).waitFor();
  await page.keyboard.press("y");
  const first = page.getByRole("region", { name: "Task 7 of acme/shop" });
  const steps = first.getByRole("listitem");
  await steps.first().waitFor();
  const texts = await Promise.all((await steps.all()).map((step) => step.locator("> span").allTextContents()));
  t.match(texts, [
    ["✓implementation", "rex", "task-7-rex", "Succeeded", /1h/, pullRequestUrl],
    ["✓waiting-pr-created", "", "", "done", /30m/, "Resumed by Delivery github-1."],
    ["↺quality", "cleo", "task-7-cleo-1", "Cancelled", /25m/, "Cancelled on request."],
    ["▶quality", "cleo", "task-7-cleo-2", "Running", /5m/, "Running npm test"],
    ["·testing", "", "", "ahead", "", ""],
  ]);
  t.equal(await page.getByRole("link", { name: "javascript:alert(1)" }).count(), 0);
  t.strictSame(await seriousFindings(page), []);
  await first.getByRole("link", { name: "Deliveries" }).click();
  await page.waitForURL(/\/ui\/deliveries\?repository=acme%2f?shop$/i);
  const rows = page.getByRole("region", { name: "Deliveries" }).locator("tbody tr");
  await rows.first().waitFor();
  t.equal(await rows.count(), 1);
  await screenshot(page, "deliveries");
  await page.keyboard.press("d");
  await rows.nth(1).waitFor();
  t.match(await Promise.all((await rows.all()).map((row) => row.locator("td").allTextContents())), [
    [
      /30m/,
      "pull_request opened",
      "acme/shop#3",
      "acme-rex[bot]",
      "Done",
      "quality",
      "task-7-rex",
      "Started team-a/task-7-rex.",
    ],
    [/40m/, "push", "acme/web", hostile, "Failed", "branch-pushed", "–", hostile],
  ]);
  t.strictSame(await seriousFindings(page), []);
  await page.getByRole("button", { name: "Failed" }).click();
  await page.waitForURL(/\/ui\/deliveries\?phase=Failed$/);
  await page.getByRole("cell", { name: "branch-pushed" }).waitFor();
  t.equal(await rows.count(), 1);
  await page.getByRole("button", { name: "Ignored" }).click();
  await page.getByText("No Deliveries").waitFor();
  await page.keyboard.press("d");
  await rows.first().getByRole("link", { name: "task-7-rex" }).click();
  await page.waitForURL(/\/ui\/runs\/team-a\/coderuns\/task-7-rex$/);
  await page.goto(`${url}/ui/plays?namespace=team-a`);
  await steps.first().waitFor();
  await screenshot(page, "plays");
  await page.goto(`${url}/ui/plays?namespace=team-b`);
  await page.getByText(hostile).first().waitFor();
  await page.getByRole("region", { name: "Task 8 of acme/web" }).waitFor();
  t.equal(await page.getByRole("region").count(), 1);
  await page.setViewportSize({ width: 420, height: 800 });
  t.notOk(await page.evaluate("document.documentElement.scrollWidth > innerWidth"));
  await page.goto(`${url}/ui/deliveries`);
  await rows.first().waitFor();
  t.notOk(await page.evaluate("document.documentElement.scrollWidth > innerWidth"));
  t.strictSame(problems, []);
});

t.test("what is being typed into a filter stays while the list changes", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  await page.getByRole("link", { name: "ledger-task-12" }).waitFor();
  await page.getByLabel("Namespace").fill("team-");
  model.put(exampleRun("meanwhile"));
  await page.getByRole("link", { name: "meanwhile" }).waitFor();
  t.equal(await page.getByLabel("Namespace").inputValue(), "team-");
  t.strictSame(problems, []);
});

t.test("light and dark follow the system, and the switch", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser, { colorScheme: "dark" });
  await page.goto(`${url}/ui/`);
  await page.locator(".rows .row").first().waitFor();
  const ground = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const dark = await ground();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "runs-dark");
  await page.keyboard.press("t");
  t.not(await ground(), dark);
  await page.reload();
  await page.locator(".rows .row").first().waitFor();
  t.not(await ground(), dark, "the choice is kept");
  await page.keyboard.press("t");
  t.equal(await ground(), dark);
  await page.goto(`${url}/ui/runs/team-a/taskruns/billing-task-41`);
  await page.getByRole("region", { name: "Runs that this one depends on" }).waitFor();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "run-dark");
  await page.setViewportSize({ width: 420, height: 800 });
  await page.goto(`${url}/ui/`);
  await page.locator(".rows .row").first().waitFor();
  const isWider = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
  t.notOk(isWider, "a narrow window has no horizontal scroll bar");
  await screenshot(page, "runs-narrow");
  t.strictSame(problems, []);
});
