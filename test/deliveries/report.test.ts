/** The comment and the Check Runs of a pull request: one of each, whenever the manager ends, and nothing of what others wrote. */
import t from "tap";
import type { CodeRun } from "#src/api/coderun.js";
import type { Delivery, DeliveryStatus } from "#src/api/delivery.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { codeRunIndexes, deliveryIndexes } from "#src/deliveries/indexes.js";
import { reportKeysOf, ReportReconciler } from "#src/deliveries/report-reconciler.js";
import { reportMarker, reportOf } from "#src/deliveries/report.js";
import { AppRefused } from "#src/github/github-app.js";
import { GitHubUnavailable } from "#src/github/unavailable.js";
import { ReportWriter } from "#src/github/report-writer.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { DeliveryScene, pullRequest, readerOf } from "./delivery-scene.js";
import { GitHubWrites } from "./github-writes.js";

const revision = "c".repeat(40);
class Scene {
  readonly kubernetes = new DeliveryScene();
  readonly github = new GitHubWrites();
  report = { enabled: true, checkRuns: true };
  refusal: Error | undefined;
  #reconciler = this.#made();

  /** A Delivery about pull request 3 that is decided. */
  decided(id: string, status: DeliveryStatus, spec: Partial<Delivery["spec"]> = {}): void {
    const delivery = this.kubernetes.deliver(id, { revision, ...spec });
    this.kubernetes.deliveries.set(`orchestrator/github-${id}`, { ...delivery, status });
  }

  set(name: string, status: NonNullable<CodeRun["status"]>): void {
    this.kubernetes.set(name, status);
  }

  /** Another leader. */
  start(): void {
    this.#reconciler = this.#made();
  }

  #made(): ReportReconciler {
    return new ReportReconciler({
      deliveries: readerOf(this.kubernetes.deliveries, deliveryIndexes),
      runs: readerOf(this.kubernetes.runs, codeRunIndexes),
      configuration: () => ({
        github: { ...defaultConfiguration.github, webhook: { enabled: true, grafana: false }, report: this.report },
      }),
      access: async () => {
        if (this.refusal !== undefined) throw this.refusal;
        const token = async (): Promise<string> => Promise.resolve("t");
        const writer = new ReportWriter({ api: this.github, owner: "acme", repository: "shop", appId: "17" });
        return Promise.resolve({ writer, commentToken: token, checkToken: token });
      },
    });
  }

  async tell(): Promise<number | undefined> {
    const [name = ""] = reportKeysOf({ spec: pullRequest });
    const context = { signal: new AbortController().signal, logger: silentLogger, reconcileID: "1" };
    return (await this.#reconciler.reconcile({ name }, context)).requeueAfter;
  }
}

const started: DeliveryStatus = {
  ...{ phase: "Done", decision: "start", reason: "CarriedOut", task: 5, agent: "cleo" },
  run: { kind: "CodeRun", namespace: "team", name: "review" },
};

function scene(): Scene {
  const made = new Scene();
  made.kubernetes.run("implementation", {}, { phase: "Succeeded" });
  made.kubernetes.run("review", { githubApp: "Acme-Cleo" }, { phase: "Running", stage: "quality" });
  made.decided("1", started);
  return made;
}

t.test("a pull request has one comment and one Check Run of each run, which follow the runs", async (t) => {
  const it = scene();
  it.github.say("LGTM");
  it.github.say(`${reportMarker}\nsomebody else's`);
  it.github.say(`${reportMarker}\nof another App`, { id: 18 });
  await it.tell();
  t.equal(it.github.comments.length, 4);
  t.equal(
    it.github.comments[3]?.body,
    [
      ...[reportMarker, "", "| Run | Agent | Stage | State |", "|---|---|---|---|"],
      "| `team/review` | `cleo` | `quality` | Running |",
      "| `team/implementation` | `rex` | `implementation` | Succeeded |",
      "",
    ].join("\n"),
  );
  const check = {
    name: "cleo: quality",
    head_sha: revision,
    external_id: it.kubernetes.runs.get("team/review")?.metadata.uid,
  };
  t.match(it.github.checks, [{ ...check, status: "in_progress" }]);
  const calls = it.github.calls.length;
  await it.tell();
  t.equal(it.github.calls.length, calls, "nothing has changed");
  it.start();
  await it.tell();
  t.notOk(
    it.github.calls.slice(calls).some((call) => !call.startsWith("GET")),
    "another leader only looks",
  );

  it.set("review", {
    phase: "Succeeded",
    qaStatus: "changes_requested",
    attempts: 2,
    message: "Attempt 2 `succeeded`",
  });
  await it.tell();
  t.equal(it.github.comments.length, 4);
  t.match(it.github.comments[3]?.body, /\| Succeeded: 2 attempts, `changes_requested` \|/);
  t.match(it.github.checks, [{ ...check, status: "completed", conclusion: "action_required" }]);
  t.match(it.github.checks[0]?.output, {
    title: "Succeeded: changes_requested",
    summary: "`team/review` `Attempt 2 'succeeded'`",
  });
  it.github.comments.splice(3, 1);
  it.set("review", { phase: "Cancelled" });
  await it.tell();
  t.match(it.github.comments[3]?.body, /\| Cancelled \|/, "a comment that was deleted is written again");
  t.match(it.github.checks, [{ conclusion: "cancelled" }]);
});

t.test("whenever the manager ends, or an answer is lost, there is one comment and one Check Run", async (t) => {
  for (const write of [0, 1])
    for (const isDone of [false, true]) {
      const it = scene();
      it.github.lose = { write, isDone };
      await t.rejects(it.tell());
      it.start();
      await it.tell();
      t.equal(it.github.comments.length, 1, `write ${write}, ${String(isDone)}`);
      t.equal(it.github.checks.length, 1);
    }
});

t.test("nothing is written where it is off, and a refusal is not retried soon", async (t) => {
  const it = scene();
  it.report = { enabled: false, checkRuns: true };
  await it.tell();
  t.same(it.github.calls, []);
  it.report = { enabled: true, checkRuns: false };
  it.github.denies = true;
  t.equal(await it.tell(), 3_600_000);
  it.github.denies = false;
  it.refusal = new AppRefused("the App is not installed");
  t.equal(await it.tell(), 3_600_000);
  it.refusal = new GitHubUnavailable("GitHub does not answer");
  await t.rejects(it.tell(), { message: "GitHub does not answer" }, "the queue backs off");
  it.refusal = new GitHubUnavailable("no more requests", { retryAfter: 90_000 });
  t.equal(await it.tell(), 90_000);
  it.refusal = undefined;
  await it.tell();
  t.equal(it.github.comments.length, 1);
  t.same(it.github.checks, [], "checkRuns is false");
});

t.test("runs of other namespaces, tasks and repositories are not reported, whatever their labels", (t) => {
  const it = scene();
  const labels = { "orchestrator.io/pull-request": "3" };
  for (const [name, spec, more] of [
    ["foreign", {}, { namespace: "elsewhere" }],
    ["task-6", { taskId: 6 }, {}],
    ["another", { repositoryUrl: "https://github.com/acme/other" }, {}],
  ] as const) {
    it.kubernetes.run(name, spec, more);
    const key = `${"namespace" in more ? more.namespace : "team"}/${name}`;
    const run = it.kubernetes.runs.get(key);
    if (run !== undefined) it.kubernetes.runs.set(key, { ...run, metadata: { ...run.metadata, labels } });
  }
  const runs = readerOf(it.kubernetes.runs, codeRunIndexes).byIndex("repository-task", "github.com/acme/shop#5");
  const report = reportOf([...it.kubernetes.deliveries.values()], runs);
  t.match(report?.comment, /team\/review/);
  t.notMatch(report?.comment, /foreign|task-6|another/);
  t.end();
});

t.test("results of events are reported where people wait for them, in inert text", (t) => {
  const it = new Scene();
  const message = "Nothing for `@ann`\n<script>| see https://example.com **now**\u202e";
  it.decided("1", { phase: "Failed", reason: "TaskUncertain", message });
  it.decided("2", { phase: "Ignored", reason: "NoTask", message: "of no interest" });
  it.decided("3", { phase: "Ignored", reason: "NotPermitted", message: "a push by a stranger" });
  it.decided("4", { phase: "Ignored", reason: "NotPermitted", message: "a command" }, { event: "issue_comment" });
  const { comment = "", checks } = reportOf([...it.kubernetes.deliveries.values()], []) ?? {};
  t.match(comment, /: `Nothing for '@ann' <script>\/ see https:\/\/example.com \*\*now\*\*` \(`TaskUncertain`\)/);
  t.match(comment, /`a command`/);
  t.notMatch(comment, /of no interest|stranger|\u202e/);
  t.same(checks, []);
  for (let number = 10; number < 60; number++) {
    it.decided(String(number), { ...started, run: { kind: "CodeRun", namespace: "team", name: `r${number}` } });
    it.kubernetes.run(`r${number}`, {}, { phase: "Running" });
    it.decided(`f${number}`, { phase: "Failed", reason: "RunDenied", message: "x".repeat(4_000) });
  }
  const many = reportOf([...it.kubernetes.deliveries.values()], [...it.kubernetes.runs.values()] as Stored<CodeRun>[]);
  t.equal(many?.comment.match(/^\| `team/gm)?.length, 20);
  t.equal(many?.comment.match(/^- /gm)?.length, 5);
  t.ok((many?.comment.length ?? 0) < 10_000);
  t.equal(reportOf([], []), undefined);
  t.end();
});
