/**
 * A play on real parts: Argo's controller and executor, runs on real pods and a real git server, webhooks that are signed and sent to the
 * server. Only the agent programs are stand-ins (agent-image.ts), and GitHub's API is a double.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { nodesOf, Workflows } from "#src/argo/workflow.js";
import { Pods } from "#src/runtime/client/builtin.js";
import { noArgo } from "../argo/argo-programs.js";
import { startArgo } from "../argo/argo-cluster.js";
import { eventually } from "../eventually.js";
import { hasHttpBackend } from "../templates/github-server.js";
import { agentImage, noAgentImage } from "./agent-image.js";
import { gitHosts, scriptedAgent } from "./git-scene.js";
import { containerProcess } from "./host-processes.js";
import { branch, operatorWithApp, Play, semaphoreHolder, startReceiver } from "./play-scene.js";
import { realCluster, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? noAgentImage ?? (hasHttpBackend ? noArgo : "git has no git-http-backend here");

/** Quality holds until it sees a second commit, so that the push comes in the middle of it. */
const script = [
  'case "$WORKFLOW_STAGE" in',
  'implementation) [ ! -e slow.txt ] || sleep 10; echo "$TASK_ID" > work.txt ;;',
  'quality) [ -e second.txt ] || sleep 600; echo \'{"qaStatus":"approved"}\' > "$RESULT_FILE" ;;',
  'testing) echo \'{"qaStatus":"approved"}\' > "$RESULT_FILE" ;;',
  "esac",
].join("\n");

let real: RealCluster;
let directory: string;
let url: string;

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
    await real.configure({
      agent: { ...scriptedAgent, env: [{ name: "AGENT_SCRIPT", value: script }] },
      git: gitHosts(real),
      github: { webhook: { enabled: true } },
      argo: { enabled: true },
      agents: {
        rex: { githubApp: "Acme-Rex" },
        cleo: { githubApp: "Acme-Cleo", may: ["label", "requestChanges"] },
        tess: { githubApp: "Acme-Tess", may: ["approve"] },
      },
    });
    url = await startReceiver(t, real);
  });
}

t.test(
  "a play goes from its start to merged, with a push in the middle of quality, doubled and late events",
  { skip, timeout: 600_000, buffered: true },
  async (t) => {
    const play = await Play.start(t, real, url);
    const { scene } = play;
    await play.run("implementation", 1, "Succeeded");
    // it may come before the play has reached its node
    t.same(
      await Promise.all(["opened", "opened"].map((id) => play.send(id, "pull_request", { action: "opened" }))).then(
        (all) => all.sort(),
      ),
      ["202 accepted", "202 repeated"],
    );
    await play.run("quality", 1, "Running");
    await play.delivery("opened", "Done");

    scene.repositories.commitTo(scene.bare("acme/auth"), branch, { "second.txt": "y\n" });
    t.equal(await play.send("pushed", "pull_request", { action: "synchronize" }), "202 accepted");
    await play.run("quality", 1, "Cancelled");
    await play.delivery("pushed", "Done");
    await play.run("quality", 2, "Succeeded");
    await play.waitsIn("waiting-ready-for-qa");
    t.ok(scene.github.pulls[0]?.labels.includes("ready-for-qa"), "the verdict of the run that was not cancelled");

    const { out } = await play.cli("status", "7");
    for (const line of [
      /✓ +implementation +rex /,
      /↺ +quality +cleo /,
      /✓ +quality +cleo /,
      /… +waiting-ready-for-qa /,
    ])
      t.match(out, line);

    const labelled = { action: "labeled", label: { name: "ready-for-qa" } };
    t.equal(await play.send("labelled", "pull_request", labelled), "202 accepted");
    await play.run("testing", 2, "Succeeded");
    t.match(scene.github.reviews, [{ number: 1, event: "APPROVE" }]);
    t.equal(scene.github.reviews.length, 1);
    t.equal(await play.send("late", "pull_request", { action: "opened" }), "202 accepted");
    t.match((await play.delivery("late", "Ignored")).status, { reason: "AlreadyResumed" });
    await play.waitsIn("waiting-pr-approved");

    const review = {
      action: "submitted",
      review: { id: 1, state: "approved", body: "", user: { login: "ann", id: 1, type: "User" } },
    };
    t.equal(await play.send("approved", "pull_request_review", review), "202 accepted");
    await play.waitsIn("waiting-pr-merged");
    t.equal(
      await play.send("merged", "pull_request", { action: "closed", pull_request: { merged: true } }),
      "202 accepted",
    );
    const workflow = await play.ends();

    t.equal(workflow.status?.phase, "Succeeded", workflow.status?.message ?? "");
    t.match(workflow.metadata.labels, {
      ...{
        "task-id": "7",
        repository: "acme-auth",
        "workflow-type": "play-orchestration",
        "current-stage": "completed",
      },
    });
    const runs = await play.runs();
    t.same(
      runs.map(({ metadata, status }) => [metadata.labels?.["workflow-stage"], status?.phase, status?.attempts]).sort(),
      [
        ["implementation", "Succeeded", 1],
        ["quality", "Cancelled", 1],
        ["quality", "Succeeded", 1],
        ["testing", "Succeeded", 1],
      ],
    );
    for (const { metadata } of runs) {
      t.match(metadata.labels, { "task-id": "7", "workflow-name": play.workflow, service: "auth" });
      t.match(metadata.ownerReferences, [{ kind: "Workflow", name: play.workflow }]);
    }
    t.equal(scene.github.pulls.length, 1);
    const [pull] = scene.github.pulls;
    const outputs = (workflow.status as { outputs?: { parameters?: object[] } }).outputs?.parameters ?? [];
    t.match(
      outputs.find((each) => (each as { name: string }).name === "pull-request-url"),
      { value: pull?.html_url },
    );
    t.match(
      outputs.find((each) => (each as { name: string }).name === "actions-url"),
      { value: `${pull?.html_url ?? ""}/checks` },
    );
    t.match(await play.cli("cancel", "7"), { code: 0, err: "Nothing of task 7 is live.\n" });
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
    const play = await Play.start(t, real, url, files, "repository-acme-auth");
    const { namespace } = play.scene;
    await eventually("the run waits for the semaphore", async () => {
      const { status } = await play.get();
      return JSON.stringify(status ?? {}).includes(`Waiting for ${namespace}/ConfigMap/orchestrator-semaphores`);
    });
    t.same(await play.runs(), []);
    const stop = { type: "merge", body: { spec: { shutdown: "Stop" } } } as const;
    await real.client.patch(Workflows, { namespace, name: semaphoreHolder }, stop);
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
    t.equal(await play.send("opened", "pull_request", { action: "opened" }), "202 accepted");
    await play.run("quality", 1, "Running");
    play.expectEnd();
    t.equal(await play.send("closed", "pull_request", { action: "closed" }), "202 accepted");
    await play.delivery("closed", "Done");
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
    await play.submitted(async () => {
      await real.client.create(Workflows, { metadata: { namespace, name }, spec });
    }, name);
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
