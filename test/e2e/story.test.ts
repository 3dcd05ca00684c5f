/**
 * From an issue to a merged pull request by the rules alone, on real pods and a real git server: webhooks are signed and sent to the
 * server. Only the agent programs are stand-ins (agent-image.ts), and GitHub's API is a double.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { CodeRuns } from "#src/api/coderun.js";
import { always, Observer } from "../chaos/observer.js";
import { hasHttpBackend } from "../templates/github-server.js";
import { agentImage, noAgentImage } from "./agent-image.js";
import { GitScene, gitHosts, scriptedAgent } from "./git-scene.js";
import { operatorWithApp, startReceiver } from "./play-scene.js";
import { agentScript, PullRequestStory, stageOf, storyConfiguration } from "./pull-request-story.js";
import { realCluster, whyNot } from "./real-cluster.js";

const skip = whyNot ?? noAgentImage ?? (hasHttpBackend ? false : "git has no git-http-backend here");

t.test(
  "an issue becomes a merged pull request: failures, a check, a review, a conflict, and events that repeat or come late",
  { skip, timeout: 900_000 },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "story-"));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const real = await realCluster(t, (cluster) => operatorWithApp(cluster, directory));
    await agentImage(join(directory, "agent.tar"));
    await real.cluster.loadImage(join(directory, "agent.tar"));
    const scene = await GitScene.of(t, real);
    for (const name of ["Acme-Rex", "Acme-Cleo", "Acme-Tess"]) await scene.app(name);
    scene.github.writers.add("ann");
    scene.repositories.commitTo(scene.bare("acme/auth"), "main", { "flaky.txt": "y\n" });
    await real.configure({
      ...storyConfiguration,
      agent: { ...scriptedAgent, env: [{ name: "AGENT_SCRIPT", value: agentScript }] },
      git: gitHosts(real),
      github: { webhook: { enabled: true }, namespace: scene.namespace },
    });
    const story = new PullRequestStory(real, scene, await startReceiver(t, real), 8);

    const observer = await Observer.of(t, real.client, scene.namespace, always, CodeRuns);

    // the issue, twice, and an agent that fails twice
    t.same((await Promise.all(["issue", "issue"].map((id) => story.issue(id, "labeled", "orchestrator")))).sort(), [
      "202 accepted",
      "202 repeated",
    ]);
    const first = await story.run(1, "implementation", "Succeeded");
    t.same(
      first.status?.runs?.map(({ outcome }) => outcome),
      ["Failed", "Failed", "Succeeded"],
    );
    t.match(story.pull, { head: story.branch, base: "main" });

    // a push in the middle of quality
    await story.pullRequest("opened", { action: "opened" });
    await story.run(2, "quality", "Running");
    scene.repositories.commitTo(scene.bare("acme/auth"), story.branch, { "second.txt": "y\n" });
    await story.pullRequest("pushed", { action: "synchronize" });
    await story.run(2, "quality", "Cancelled");
    await story.run(3, "quality", "Succeeded");
    t.ok(story.pull.labels.includes("ready-for-qa"), "its verdict is on the pull request");

    // a check fails: one remediation for the commit, however often the failure is reported
    const checked = story.head;
    await story.failedCheck("check", checked);
    await story.failedCheck("check-again", checked);
    const { metadata: mended } = await story.run(4, "remediation", "Succeeded");
    t.match(scene.read("acme/auth", story.branch, "remediation-1.txt"), /The check CI ended with failure/);
    await story.failedCheck("check-late", checked);
    for (const id of ["check", "check-again", "check-late"])
      t.equal((await story.decided(id)).status?.run?.name, mended.name, id);

    // somebody requests changes
    await story.review("review", "changes_requested", "Rename it.");
    await story.run(5, "remediation", "Succeeded");
    t.match(scene.read("acme/auth", story.branch, "remediation-2.txt"), /ann wrote:\n> Rename it\./);

    // the base branch changes the same file
    scene.repositories.commitTo(scene.bare("acme/auth"), "main", { "work.txt": "another\n" });
    await story.push("base-pushed", "main", "work.txt");
    await story.run(6, "remediation", "Succeeded");
    t.match(scene.read("acme/auth", story.branch, "remediation-3.txt"), /conflicts with/);
    scene.git("acme/auth", "merge-base", "--is-ancestor", "main", story.branch);

    // the label starts testing, and an event from before it starts nothing
    await story.pullRequest("labelled", { action: "labeled", label: { name: "ready-for-qa" } });
    await story.run(7, "testing", "Succeeded");
    t.match(scene.github.reviews, [{ number: 1, event: "APPROVE" }]);
    await story.pullRequest("late", { action: "reopened", pull_request: { updated_at: story.earlier(3) } });
    t.match((await story.decided("late")).status, { phase: "Ignored", reason: "Superseded" });

    // merged; what comes after that starts nothing
    story.pull.state = "closed";
    await story.pullRequest("merged", { action: "closed", pull_request: { merged: true, state: "closed" } });
    await story.failedCheck("check-after-all", story.head);
    t.match((await story.decided("check-after-all")).status, { phase: "Ignored", reason: "PullRequestClosed" });

    const runs = await story.runs();
    t.same(
      runs.map((run) => [stageOf(run), run.status?.phase, run.status?.attempts]),
      [
        ["implementation", "Succeeded", 3],
        ["quality", "Cancelled", 1],
        ["quality", "Succeeded", 1],
        ["remediation", "Succeeded", 1],
        ["remediation", "Succeeded", 1],
        ["remediation", "Succeeded", 1],
        ["testing", "Succeeded", 1],
      ],
    );
    await observer.ended(7, 10_000);
    t.equal(observer.jobs, 9, "each attempt had one Job");
    t.equal(scene.github.reviews.length, 1);
    t.equal(new Set(runs.slice(3, 6).map(({ status }) => status?.sessionId)).size, 1, "one session goes on");
  },
);
