/** `orchestrator github`: rules explained offline, and Deliveries of a cluster. */
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { githubCommand } from "#src/cli/github.js";
import { redeliverCommand } from "#src/cli/github/redeliver.js";
import { listen } from "../listen.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

const repository = { name: "shop", html_url: "https://github.com/acme/shop", owner: { login: "acme" } };
const pull = {
  ...{ number: 3, draft: false, labels: [{ name: "task-5" }] },
  head: { ref: "feature/task-5-x", sha: "ab12cd34", repo: { id: 1 } },
  base: { ref: "main", sha: "ab12cd34", repo: { id: 1 } },
};

const explain = (payload: unknown, ...args: string[]): Promise<Outcome> =>
  outcomeOf(
    githubCommand,
    ["explain", "-f", "-", ...args],
    typeof payload === "string" ? payload : JSON.stringify(payload),
  );

t.test("explain prints the rule that matches, and why those before it do not", async (t) => {
  const { code, out } = await explain({ action: "opened", repository, pull_request: pull });
  t.equal(code, 0);
  t.equal(
    out,
    [
      "event: pull_request opened, PullRequest 3 in acme/shop",
      "rule paused: no, labels is task-5, and not skip-automation, manual-review-required, pause-remediation",
      "rule issue-labeled: no, it is for issues",
      "rule issue-closed: no, it is for issues",
      "rule merged: no, the action is opened, and not closed",
      "rule closed: no, the action is opened, and not closed",
      "rule quality: matches",
      "decision: start (agent cleo; stage quality; if a Workflow plays the task, waiting-pr-created is resumed instead)",
      "task: 5, from label task-5 and branch feature/task-5-x",
      "note: the operator also asks GitHub for marker files and for the permission of the sender",
      "",
    ].join("\n"),
  );
  const json = JSON.parse(
    (await explain({ action: "closed", repository, pull_request: pull }, "-o", "json")).out,
  ) as object;
  t.match(json, { rule: "closed", then: { action: "cancel" }, association: { task: 5 } });
});

t.test("explain says when no rule matches, and when none can", async (t) => {
  const { out } = await explain({ action: "assigned", repository, pull_request: { ...pull, labels: [] } });
  t.match(out, "decision: ignore, since no rule matches\ntask: 5, from branch feature/task-5-x\n");
  t.match((await explain({ action: "created" }, "--event", "star")).out, /^star is not taken in/);
  const fork = { ...pull, head: { ...pull.head, repo: { id: 2 } } };
  t.match((await explain({ action: "opened", pull_request: fork })).out, "the branch is in another repository");
});

t.test("explain uses the rules of a configuration", async (t) => {
  const file = join(t.testdir({}), "config.yaml");
  const rule = "{name: mine, events: [pull_request], then: {action: ignore}}";
  writeFileSync(file, `github: {rules: [${rule}]}\n`);
  t.match(
    (await explain({ action: "opened", pull_request: pull }, "--config", file)).out,
    "rule mine: matches\ndecision: ignore\n",
  );
});

t.test("explain says what an issue starts", async (t) => {
  const issue = { number: 8, title: "x", user: { login: "ann" }, labels: [{ name: "orchestrator" }] };
  const labeled = { action: "labeled", issue, label: { name: "orchestrator" }, repository };
  const { out } = await explain(labeled);
  const plays = join(t.testdir({ "config.yaml": "argo: {enabled: true, startFromIssues: true}" }), "config.yaml");
  t.match((await explain(labeled, "--config", plays)).out, "it starts the play of the task, as a Workflow");
  t.notMatch(out, "play");
  t.match(out, "rule issue-labeled: matches\ndecision: start (agent rex)\ntask: 8, from issue 8\n");
  const file = join(t.testdir({}), "config.yaml");
  const then = "{action: start, agent: rex, namespace: team}";
  const other = "{name: b, events: [issues], then: {action: label, labels: [x, y]}}";
  writeFileSync(file, `github: {rules: [{name: a, events: [issues], actions: [opened], then: ${then}}, ${other}]}\n`);
  const opened = await explain({ action: "opened", issue, repository }, "--event", "issues", "--config", file);
  t.match(opened.out, "decision: start (agent rex; in namespace team, for an issue without a run)\n");
  const closed = await explain({ action: "closed", issue, repository }, "--event", "issues", "--config", file);
  t.match(closed.out, "decision: label (x, y)\ntask: none.");
});

t.test("explain says what each alert of a notification leads to", async (t) => {
  const file = join(t.testdir({}), "config.yaml");
  const rule =
    "{name: mine, events: [alert], actions: [firing], when: {labels: [severity=high]}, then: {action: start, agent: rex}}";
  writeFileSync(file, `github: {rules: [${rule}]}\n`);
  const alert = (fingerprint: string, severity: string): object => ({
    ...{ status: "firing", fingerprint, startsAt: "2026-01-02T03:04:05Z" },
    labels: { alertname: "Errors", repository: "acme/shop", severity },
  });
  const notification = { receiver: "agents", alerts: [alert("a1", "high"), alert("b2", "low")] };
  const { out, code } = await explain(notification, "--config", file);
  t.equal(code, 0);
  const [first = "", second = ""] = out.split("\n\n");
  t.match(
    first,
    /^event: alert firing, Errors in acme\/shop\nrule mine: matches\ndecision: start \(agent rex\)\ntask: \d{10}, from alert Errors$/,
  );
  t.match(second, /rule mine: no, labels is .*severity=low.*\ndecision: ignore, since no rule matches\n/);
  const json = await explain(notification, "--config", file, "-o", "json");
  t.match(JSON.parse(json.out), { alerts: [{ rule: "mine" }, { rule: null }] });
  t.match(await explain({ receiver: "r", alerts: [] }), { code: 0, out: /no alert that fires or is resolved/ });
  t.match(await explain({ a: 1 }, "--event", "alert"), { code: 2, err: /has no list of alerts/ });
});

t.test("explain refuses an invalid payload, with the remedy", async (t) => {
  t.match(await explain("x"), { code: 2, err: /not a JSON object; copy it from the App's settings/ });
  t.match(await explain("[".repeat(100_000)), { code: 2, err: /nested deeper than 64 levels/ });
  t.match(await explain({ a: 1 }), { code: 2, err: /looks like no event with rules; name it with --event/ });
});

t.test("Deliveries of the operator's namespace are listed, newest first, and filtered", async (t) => {
  const delivery = (name: string, number: number, creationTimestamp: string, status?: object): object => ({
    metadata: { name, namespace: "orchestrator", creationTimestamp },
    spec: {
      ...{ source: "github", id: name, event: "pull_request", action: "opened" },
      ...{ repository: { host: "github.com", owner: "acme", name: "shop" }, sender: { login: "ann" } },
      subject: { kind: "PullRequest", number },
    },
    ...(status && { status }),
  });
  const items = [
    delivery("github-old", 3, "2026-01-01T00:00:00Z", {
      ...{ phase: "Done", decision: "start", message: "Started team/x." },
      run: { kind: "CodeRun", namespace: "team", name: "x" },
    }),
    delivery("github-new", 4, "2026-01-02T00:00:00Z"),
  ];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      asked.push(`${request.method ?? ""} ${(request.url ?? "").replace(/\?.*/, "")} ${body}`.trim());
      const answer = request.method === "GET" ? { metadata: { resourceVersion: "1" }, items } : items[0];
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  const url = `http://127.0.0.1:${await listen(t, server)}`;
  const file = writeKubeconfig(t, url, join(t.testdir({}), "kubeconfig"));
  const deliveries = (...args: string[]): Promise<Outcome> =>
    outcomeOf(githubCommand, ["deliveries", "-n", "orchestrator", "--kubeconfig", file, ...args]);
  const { code, out } = await deliveries();
  t.equal(code, 0);
  const [head = "", ...lines] = out.trimEnd().split("\n");
  t.match(head, /^NAME +EVENT +REPOSITORY +SENDER +PHASE +DECISION +RUN +AGE +MESSAGE$/);
  t.match(lines, [
    /^github-new +pull_request opened +acme\/shop#4 +ann +Undecided +<none> +<none>/,
    /^github-old +pull_request opened +acme\/shop#3 +ann +Done +start +team\/x .* Started team\/x\.$/,
  ]);
  t.notMatch((await deliveries("--number", "3")).out, "github-new");
  t.notMatch((await deliveries("--phase", "Undecided")).out, "github-old");
  t.match(await deliveries("--repository", "acme/other"), { code: 0, out: "", err: /No such Delivery/ });
  t.match(JSON.parse((await deliveries("-o", "json", "--repository", "ACME/shop")).out), {
    items: [{ name: "github-new" }, { name: "github-old", status: { phase: "Done" } }],
  });

  const redeliver = (io: Parameters<typeof redeliverCommand>[0]): ReturnType<typeof redeliverCommand> =>
    redeliverCommand(io, () => 0);
  const args = ["github-old", "-n", "orchestrator", "--kubeconfig", file];
  t.match(await outcomeOf(redeliver, args), { code: 0, out: "delivery/github-old will be decided again\n" });
  t.equal(
    asked.at(-1),
    'PATCH /apis/orchestrator.io/v1/namespaces/orchestrator/deliveries/github-old {"metadata":{"annotations":{"orchestrator.io/redeliver":"1970-01-01T00:00:00.000Z"}}}',
  );
});
