/**
 * A play on real parts: Argo's controller and executor, runs on real pods and a real git server, webhooks that are signed and sent to the
 * server. Only the agent programs are stand-ins (agent-image.ts), and GitHub's API is a double.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { CodeRuns } from "#src/api/coderun.js";
import { nodesOf, Workflows, type NodeParameter } from "#src/argo/workflow.js";
import { Pods } from "#src/runtime/client/builtin.js";
import { noArgo } from "../argo/argo-programs.js";
import { startArgo } from "../argo/argo-cluster.js";
import { always, Observer } from "../chaos/observer.js";
import { eventually } from "../eventually.js";
import { hasHttpBackend } from "../templates/github-server.js";
import { agentImage, noAgentImage } from "./agent-image.js";
import { gitHosts, scriptedAgent, type GitScene } from "./git-scene.js";
import { containerProcess } from "./host-processes.js";
import { holdSemaphore, operatorWithApp, Play, playNamespace, releaseSemaphore, startReceiver } from "./play-scene.js";
import { agentScript, issueText, PullRequestStory, stageOf, storyConfiguration } from "./pull-request-story.js";
import { realCluster, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? noAgentImage ?? (hasHttpBackend ? noArgo : "git has no git-http-backend here");

let real: RealCluster;
let directory: string;
let url: string;
/** Where the runs of issues are. */
let issues: GitScene;

t.jobs = 2;
if (skip === false) {
  t.before(async () => {
    directory = mkdtempSync(join(tmpdir(), "plays-"));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    real = await realCluster(t, (cluster) => operatorWithApp(cluster, directory));
    const image = async (): Promise<void> => {
      await agentImage(join(directory, "agent.tar"));
      await real.cluster.loadImage(join(directory, "agent.tar"));
    };
    await Promise.all([image(), startArgo(real.cluster, (line) => t.comment(line))]);
    issues = await playNamespace(t, real);
    await real.configure({
      ...storyConfiguration,
      agent: { ...scriptedAgent, env: [{ name: "AGENT_SCRIPT", value: agentScript }] },
      git: gitHosts(real),
      github: { webhook: { enabled: true }, namespace: issues.namespace },
      argo: { enabled: true, startFromIssues: true },
    });
    url = await startReceiver(t, real);
  });
}

t.test(
  "an issue's play is merged: a held semaphore, failures, a check, a review, a conflict, and events that repeat or come late",
  { skip, timeout: 900_000, buffered: true },
  async (t) => {
    const scene = issues;
    scene.repositories.commitTo(scene.bare("acme/auth"), "main", { "flaky.txt": "y\n" });
    const story = new PullRequestStory(real, scene, url, 9);
    const observer = await Observer.of(t, real.client, scene.namespace, always, CodeRuns);
    await holdSemaphore(real, scene.namespace, "repository");

    // the issue, twice, while another Workflow has the semaphore of the repository
    t.same((await Promise.all(["issue", "issue"].map((id) => story.issue(id, "labeled", "orchestrator")))).sort(), [
      "202 accepted",
      "202 repeated",
    ]);
    const started = await story.decided("issue");
    t.match(started.status, { decision: "play", phase: "Done", task: 9, agent: "rex" });
    const play = Play.of(scene, real, started);
    await play.waitsForSemaphore();
    t.same(await story.runs(), []);
    await story.issue("issue-again", "labeled", "orchestrator");
    t.match((await story.decided("issue-again")).status, { phase: "Ignored", reason: "AlreadyPlays" });
    await releaseSemaphore(real, scene.namespace);

    // an agent that fails twice
    const first = await story.run(1, "implementation", "Succeeded");
    t.same(
      first.status?.runs?.map(({ outcome }) => outcome),
      ["Failed", "Failed", "Succeeded"],
    );
    t.ok(first.spec.taskDescription?.includes(issueText.split("\n", 1)[0]?.replaceAll("{{", "{ {") ?? "-"), "its text");
    t.match(story.pull, { head: story.branch, base: "main" });

    // a push in the middle of quality
    await Promise.all(["opened", "opened"].map((id) => story.pullRequest(id, { action: "opened" })));
    await story.run(2, "quality", "Running");
    scene.repositories.commitTo(scene.bare("acme/auth"), story.branch, { "second.txt": "y\n" });
    await story.pullRequest("pushed", { action: "synchronize" });
    await story.run(2, "quality", "Cancelled");
    await story.run(3, "quality", "Succeeded");
    await play.waitsIn("waiting-ready-for-qa");
    t.ok(story.pull.labels.includes("ready-for-qa"), "the verdict of the run that was not cancelled");

    // a check fails, and somebody requests changes: their commits are told of late, and twice
    await story.failedCheck("check", story.head);
    await story.run(4, "remediation", "Succeeded");
    t.match(scene.read("acme/auth", story.branch, "remediation-1.txt"), /The check CI ended with failure/);
    await story.review("review", "changes_requested", "Rename it.");
    await story.run(5, "remediation", "Succeeded");
    t.match(scene.read("acme/auth", story.branch, "remediation-2.txt"), /ann wrote:\n> Rename it\./);
    for (const id of ["mended", "mended-again"]) await story.pullRequest(id, { action: "synchronize" });
    await story.run(6, "quality", "Succeeded");
    await play.waitsIn("waiting-ready-for-qa");

    // the base branch changes the same file
    scene.repositories.commitTo(scene.bare("acme/auth"), "main", { "work.txt": "another\n" });
    await story.push("base-pushed", "main", "work.txt");
    await story.run(7, "remediation", "Succeeded");
    t.match(scene.read("acme/auth", story.branch, "remediation-3.txt"), /conflicts with/);
    scene.git("acme/auth", "merge-base", "--is-ancestor", "main", story.branch);
    await story.pullRequest("merged-base", { action: "synchronize" });
    await story.run(8, "quality", "Succeeded");
    await play.waitsIn("waiting-ready-for-qa");

    const { out } = await play.cli("status", "9");
    for (const line of [
      /✓ +implementation +rex /,
      /↺ +quality +cleo /,
      /✓ +quality +cleo /,
      /✓ +remediation +rex /,
      /… +waiting-ready-for-qa /,
    ])
      t.match(out, line);

    await story.pullRequest("labelled", { action: "labeled", label: { name: "ready-for-qa" } });
    await story.run(9, "testing", "Succeeded");
    t.match(scene.github.reviews, [{ number: 1, event: "APPROVE" }]);
    await story.pullRequest("late", { action: "opened" });
    t.match((await story.decided("late")).status, { phase: "Ignored", reason: "AlreadyResumed" });
    await play.waitsIn("waiting-pr-approved");
    await story.review("approved", "approved", "");
    await play.waitsIn("waiting-pr-merged");
    play.expectEnd();
    story.pull.state = "closed";
    await story.pullRequest("merged", { action: "closed", pull_request: { merged: true, state: "closed" } });
    const workflow = await play.ends();

    t.equal(workflow.status?.phase, "Succeeded", workflow.status?.message ?? "");
    t.match(workflow.metadata.labels, {
      ...{ "task-id": "9", repository: "acme-auth" },
      ...{ "workflow-type": "play-orchestration", "current-stage": "completed" },
    });
    const runs = await story.runs();
    t.same(
      runs.map((run) => [stageOf(run), run.status?.phase, run.status?.attempts]),
      [
        ["implementation", "Succeeded", 3],
        ["quality", "Cancelled", 1],
        ["quality", "Succeeded", 1],
        ["remediation", "Succeeded", 1],
        ["remediation", "Succeeded", 1],
        ["quality", "Succeeded", 1],
        ["remediation", "Succeeded", 1],
        ["quality", "Succeeded", 1],
        ["testing", "Succeeded", 1],
      ],
    );
    await observer.ended(9, 10_000);
    t.equal(observer.jobs, 11, "each attempt had one Job");
    t.equal(scene.github.pulls.length, 1);
    t.equal(scene.github.reviews.length, 1);
    for (const { metadata } of runs.filter((run) => stageOf(run) !== "remediation")) {
      const labels = { "task-id": "9", "workflow-name": play.workflow, service: "auth", "orchestrator.io/issue": "9" };
      t.match(metadata.labels, labels);
      t.match(metadata.ownerReferences, [{ kind: "Workflow", name: play.workflow }]);
    }
    const { html_url: page } = story.pull;
    const outputs = (workflow.status as { outputs?: { parameters?: readonly NodeParameter[] } }).outputs?.parameters;
    for (const [name, value] of Object.entries({ "pull-request-url": page, "actions-url": `${page}/checks` }))
      t.equal(outputs?.find((each) => each.name === name)?.value, value);
    t.match(await play.cli("cancel", "9"), { code: 0, err: "Nothing of task 9 is live.\n" });
    const pods = await real.client.list(Pods, {
      namespace: scene.namespace,
      labelSelector: "workflows.argoproj.io/workflow",
    });
    t.ok(pods.items.length <= 1, "pods of finished nodes are removed");
  },
);

t.test(
  "a run waits for its semaphore, a step that is killed starts no second run, and closing the pull request ends the play",
  { skip, timeout: 600_000, buffered: true },
  async (t) => {
    const files = { "slow.txt": "the run is live when its step is lost\n" };
    const play = await Play.start(t, real, files, "repository-acme-auth");
    const story = new PullRequestStory(real, play.scene, url, 7);
    const { namespace } = play.scene;
    await play.waitsForSemaphore();
    t.same(await play.runs(), []);
    await releaseSemaphore(real, namespace);
    const { metadata } = await play.run("implementation", 1, "Running");
    const labelSelector = "workflows.argoproj.io/workflow";
    const [step] = (await real.client.list(Pods, { namespace, labelSelector })).items;
    if (step === undefined) throw new Error("no pod waits for the run");
    const pid = await eventually("the step waits", () => containerProcess(step.metadata.uid, "resource\0apply"));
    process.kill(pid, "SIGKILL");
    await play.waitsIn("waiting-pr-created");
    t.same(
      (await play.runs()).map(({ metadata: { uid }, status }) => [uid, status?.attempts]),
      [[metadata.uid, 1]],
    );
    const steps = nodesOf(await play.get()).filter(({ displayName = "" }) => /^run\(\d\)$/.test(displayName));
    // Error if it had begun to report, else Failed
    t.match(steps.map(({ displayName, phase }) => [displayName, phase]).sort(), [
      ["run(0)", /^(Failed|Error)$/],
      ["run(1)", "Succeeded"],
    ]);
    await story.pullRequest("opened", { action: "opened" });
    await play.run("quality", 1, "Running");
    play.expectEnd();
    await story.pullRequest("closed", { action: "closed", pull_request: { state: "closed" } });
    t.equal((await story.decided("closed")).status?.phase, "Done");
    await play.run("quality", 1, "Cancelled");
    const workflow = await play.ends();
    t.equal(workflow.status?.phase, "Failed");
    await eventually("the exit handler has run", async () => {
      const { metadata: now } = await play.get();
      return now.labels?.["current-stage"] === "failed";
    });
    t.equal((await play.runs()).length, 2);

    // agents in a chain for two tasks, then one acceptance
    const name = "dag";
    const parameters = Object.entries({
      ...{ path: "tasks", "task-id": "7", "task-ids": "[7, 8]", "service-id": "auth" },
      ...{ "repository-url": play.scene.urlOf("acme/auth"), "docs-repository-url": play.scene.urlOf("acme/platform") },
      ...{ "docs-project-directory": play.scene.project, "working-directory": "." },
      ...{ author: "Acme-Rex", acceptance: "Acme-Tess", "continue-session": "true" },
    }).map(([key, value]) => ({ name: key, value }));
    const spec = { workflowTemplateRef: { name: "orchestrator-dag" }, arguments: { parameters } };
    await real.client.create(Workflows, { metadata: { namespace, name }, spec });
    await eventually(
      "all agents have succeeded",
      async () => (await real.client.get(Workflows, { namespace, name })).status?.phase === "Succeeded",
      240_000,
    );
    const made = (await play.runs()).filter(({ metadata: { labels } }) => labels?.["workflow-name"] === name);
    t.same(
      made
        .map(({ metadata: { labels }, spec: { taskId }, status }) => [
          labels?.["workflow-stage"],
          taskId,
          status?.phase,
        ])
        .sort(),
      [
        ["acceptance", 7, "Succeeded"],
        ["implementation", 7, "Succeeded"],
        ["implementation", 8, "Succeeded"],
      ],
    );
    const hostile = 'say "hi"\n  injected: true # \\';
    const remediation = [
      ...parameters.filter((parameter) => parameter.name !== "path"),
      ...Object.entries({ path: "ci-failure", instructions: hostile }).map(([key, value]) => ({ name: key, value })),
    ];
    await real.client.create(Workflows, {
      metadata: { namespace, name: "remediation" },
      spec: { ...spec, arguments: { parameters: remediation } },
    });
    const continued = await eventually(
      "the author has continued",
      async () =>
        (await play.runs()).find(
          ({ metadata: { labels }, status }) =>
            labels?.["workflow-stage"] === "ci-failure" && status?.phase === "Succeeded",
        ),
      240_000,
    );
    t.match(continued.spec, { githubApp: "Acme-Rex", continueSession: true, promptModification: hostile });

    const authors = made.filter(({ metadata: { labels } }) => labels?.["workflow-stage"] === "implementation");
    t.same(
      authors.map((run) => run.spec.continueSession),
      [true, true],
    );
    const acceptance = made.find((run) => !authors.includes(run));
    for (const { status } of authors)
      t.ok((status?.completionTime ?? "") <= (acceptance?.metadata.creationTimestamp ?? ""), "acceptance comes last");
  },
);
