/** Events of a task that a Workflow of Argo plays resume exactly the node that waits for them, once, whatever write a manager dies at. */
import t from "tap";
import { deliverySchema } from "#src/api/generated/delivery.schema.js";
import type { DeliverySpec } from "#src/api/delivery.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { suspendNode, type DeliveryScene } from "./delivery-scene.js";
import { ann, creations, eventOf, inRound, labelled, pushed, ready, scene } from "./play-stages.js";

t.test("an opened pull request resumes the node that waits for it, and starts nothing", async (t) => {
  const made = scene();
  made.deliver("1");
  t.match(await made.settle("1"), {
    ...{ phase: "Done", decision: "resume", rule: "quality", task: 5, node: "waiting-pr-created" },
    workflow: { namespace: "team", name: "play" },
  });
  t.match(made.nodes().a, { phase: "Succeeded", finishedAt: /Z$/, message: "Resumed by Delivery github-1." });
  t.equal(eventOf(made, "a"), "resumed");
  t.match(made.workflows.get("team/play")?.metadata.annotations, { "orchestrator.io/resumed-by": "github-1" });
  t.same(creations(made), []);
  t.same(structuralSchema(deliverySchema).validate(made.delivery("1"), undefined), []);
});

t.test("an event that comes before its node waits for it", async (t) => {
  const made = await inRound();
  made.deliver("1", labelled);
  t.match(await made.settle("1"), {
    ...{ phase: "Waiting", reason: "WorkflowBusy" },
    message: "Waiting until Workflow play has reached waiting-ready-for-qa.",
  });
  made.end("quality-1");
  made.reach({ b: suspendNode("b", "waiting-ready-for-qa") });
  t.match(await made.settle("1"), { phase: "Done" });
  t.equal(made.nodes().b?.phase, "Succeeded");
});

t.test("an event that waits for a node that never comes is ignored after a day", async (t) => {
  const made = await inRound();
  made.deliver("1", labelled);
  await made.settle("1");
  made.clock.advanceSync(86_400_001);
  t.match(await made.settle("1"), { phase: "Ignored", reason: "NotReached" });
});

t.test("only the Workflow of the task, the repository and a managed namespace is touched", async (t) => {
  const made = scene();
  const node = { a: suspendNode("a", "waiting-pr-created") };
  made.workflow("other-task", node, { task: "6" });
  made.workflow("other-repository", node, { repository: "acme/other" });
  made.workflow("other-host", node, { repository: "https://git.example.com/acme/shop" });
  made.workflow("elsewhere", node, { namespace: "other" });
  made.workflow("earlier", node, { phase: "Succeeded" });
  made.deliver("1");
  t.match(await made.settle("1"), { phase: "Done", workflow: { name: "play" } });
  t.equal(made.writes.filter((write) => write.startsWith("patch workflows")).length, 1);
});

t.test("several Workflows of a task, or several waiting nodes of a name, are an error and never a guess", async (t) => {
  const two = scene();
  two.workflow(
    "play-2",
    { a: suspendNode("a", "waiting-pr-created") },
    { repository: "https://github.com/Acme/Shop.git" },
  );
  two.deliver("1");
  t.match(await two.settle("1"), {
    ...{ phase: "Failed", reason: "WorkflowUncertain" },
    message: "Several Workflows play the task: team/play, team/play-2.",
  });
  const nodes = scene();
  nodes.reach({ b: suspendNode("b", "waiting-pr-created") });
  nodes.deliver("1");
  t.match(await nodes.settle("1"), { phase: "Failed", reason: "NodeUncertain" });
  for (const made of [two, nodes]) {
    t.same(creations(made), []);
    t.same(
      made.writes.filter((write) => write.startsWith("patch workflows")),
      [],
    );
  }
});

t.test("a doubled event, and one of an earlier round, resume nothing", async (t) => {
  const made = await ready();
  made.deliver("again");
  t.match(await made.settle("again"), { phase: "Ignored", reason: "AlreadyResumed" });
  made.deliver("labelled", labelled);
  t.match(await made.settle("labelled"), { phase: "Done" });
  made.deliver("labelled-again", labelled);
  t.match(await made.settle("labelled-again"), { phase: "Ignored", reason: "AlreadyResumed" });
  made.deliver("late", labelled);
  made.clock.advanceSync(60_000);
  made.run("quality-2", { githubApp: "Acme-Cleo" }, { phase: "Running", stage: "quality", workflow: "play" });
  made.reach({ c: suspendNode("c", "waiting-ready-for-qa") });
  t.match(await made.settle("late"), { phase: "Ignored", reason: "EarlierRound" });
  t.equal(made.nodes().c?.phase, "Running");
});

t.test("an event about another commit than the round's waits for the push", async (t) => {
  const made = await ready();
  made.deliver("push", pushed);
  await made.settle("push");
  made.clock.advanceSync(60_000);
  made.run("quality-2", { githubApp: "Acme-Cleo" }, { stage: "quality", workflow: "play" });
  made.reach({ c: suspendNode("c", "waiting-ready-for-qa") });
  made.clock.advanceSync(60_000);
  made.deliver("1", { ...labelled, revision: "ef56" });
  t.match(await made.settle("1"), { phase: "Waiting", message: /is about commit cd34, and the event about ef56/ });
  made.deliver("2", { ...labelled, revision: "cd34" });
  t.match(await made.settle("2"), { phase: "Done" });
});

t.test("a push while the play waits begins a new round", async (t) => {
  const made = await ready();
  made.deliver("1", pushed);
  t.match(await made.settle("1"), { phase: "Done", decision: "resume", rule: "pushed", node: undefined });
  t.equal(eventOf(made, "b"), "restart");
  t.same(creations(made), []);
  t.match(made.workflows.get("team/play")?.metadata.annotations, {
    "orchestrator.io/restarted-by": "github-1",
    "orchestrator.io/restarted-revision": "cd34",
  });
});

t.test("a push while quality runs makes that run obsolete", async (t) => {
  const made = await inRound();
  made.deliver("1", pushed);
  t.match(await made.settle("1"), { phase: "Waiting", message: "Waiting until team/quality-1 has ended." });
  const run = made.runs.get("team/quality-1");
  t.match(run, { metadata: { annotations: { "orchestrator.io/superseded-by": "github-1" } }, spec: { cancel: true } });
  made.deliver("2", { ...pushed, revision: "ef56" });
  t.match(await made.settle("2"), { phase: "Waiting" });
  made.end("quality-1", "Cancelled");
  t.match(await made.settle("1"), { phase: "Done" });
  made.clock.advanceSync(60_000);
  made.run("quality-2", { githubApp: "Acme-Cleo" }, { phase: "Running", stage: "quality", workflow: "play" });
  t.match(await made.settle("2"), { phase: "Ignored", reason: "AlreadyCurrent" });
  t.not(made.runs.get("team/quality-2")?.spec.cancel, true);
});

t.test("a run that succeeds although it was cancelled does not lose the push", async (t) => {
  const made = await inRound();
  made.deliver("1", pushed);
  await made.settle("1");
  made.end("quality-1", "Succeeded");
  t.match(await made.settle("1"), { phase: "Waiting", reason: "WorkflowBusy" });
  made.reach({ b: suspendNode("b", "waiting-ready-for-qa") });
  t.match(await made.settle("1"), { phase: "Done" });
  t.equal(eventOf(made, "b"), "restart");
});

t.test("a push before the first round changes nothing", async (t) => {
  const made = scene();
  made.deliver("1", pushed);
  t.match(await made.settle("1"), { phase: "Ignored", reason: "NotInRound" });
  t.equal(made.nodes().a?.phase, "Running");
});

t.test("a merge resumes the last node, and a pull request that is closed otherwise stops the Workflow", async (t) => {
  const merged = await ready();
  merged.reach({ m: suspendNode("m", "waiting-pr-merged") });
  const subject = { kind: "PullRequest", number: 3, draft: false, merged: true } as const;
  merged.deliver("1", { ...ann, action: "closed", subject });
  t.match(await merged.settle("1"), { phase: "Done", rule: "merged" });
  t.equal(merged.nodes().m?.phase, "Succeeded");
  t.equal(merged.nodes().b?.phase, "Running");

  const closed = await inRound();
  closed.deliver("1", { ...ann, action: "closed" });
  t.match(await closed.settle("1"), { phase: "Done", message: "Cancelled Workflow team/play, team/quality-1." });
  t.match(closed.workflows.get("team/play"), {
    metadata: { annotations: { "orchestrator.io/stopped-by": "github-1" } },
    spec: { shutdown: "Stop" },
  });
  t.equal(closed.runs.get("team/quality-1")?.spec.cancel, true);
});

t.test("the end state is the same, wherever the manager dies before or after a write", async (t) => {
  const stories: readonly [string, () => Promise<DeliveryScene>, Partial<DeliverySpec>, string][] = [
    ["resume", ready, labelled, "b resumed"],
    ["restart", ready, pushed, "b restart"],
    ["supersede", inRound, pushed, "cancelled"],
    ["stop", inRound, { ...ann, action: "closed" }, "stopped cancelled"],
  ];
  const endOf = (made: DeliveryScene): string =>
    [
      eventOf(made, "b") === undefined ? "" : `b ${String(eventOf(made, "b"))}`,
      made.workflows.get("team/play")?.spec.shutdown === "Stop" ? "stopped" : "",
      made.runs.get("team/quality-1")?.spec.cancel === true ? "cancelled" : "",
    ]
      .filter((word) => word !== "")
      .join(" ");
  for (const [name, begin, event, end] of stories)
    for (let write = 0; write < 6; write++)
      for (const isDone of [false, true]) {
        const made = await begin();
        const before = made.writes.length;
        made.deliver("1", event);
        made.dieAt(write, isDone);
        await made.settle("1");
        if (made.runs.get("team/quality-1")?.spec.cancel === true) made.end("quality-1", "Cancelled");
        const status = await made.settle("1");
        const place = `${name}, write ${write}, ${isDone ? "done" : "not done"}`;
        t.equal(status?.phase, "Done", place);
        t.equal(endOf(made), end, place);
        const later = made.writes.slice(before).filter((each) => !each.includes("deliveries"));
        // a new round is recorded before its node is resumed
        t.equal(later.filter((each) => each.includes("workflows")).length, name === "restart" ? 2 : 1, place);
        t.equal(later.filter((each) => each.includes("coderuns")).length, end.includes("cancelled") ? 1 : 0, place);
        t.same(creations(made), [], place);
      }
});

t.test("a Workflow that is gone meanwhile, or another of its name, is left alone", async (t) => {
  for (const isReplaced of [false, true]) {
    const made = scene();
    made.deliver("1");
    await made.once("1");
    t.match(made.delivery("1")?.status, { phase: "Decided", decision: "resume" });
    made.workflows.delete("team/play");
    if (isReplaced) made.workflow("play", { a: suspendNode("a", "waiting-pr-created") });
    t.match(await made.settle("1"), { phase: "Ignored", reason: "WorkflowGone" });
    if (isReplaced) t.equal(made.nodes().a?.phase, "Running");
  }
});

t.test("a Workflow that is deleted meanwhile leaves nothing undone, wherever the manager dies", async (t) => {
  const stories: readonly [string, () => Promise<DeliveryScene>, Partial<DeliverySpec>][] = [
    ["resume", ready, labelled],
    ["restart", ready, pushed],
    ["supersede", inRound, pushed],
    ["stop", inRound, { ...ann, action: "closed" }],
  ];
  for (const [name, begin, event] of stories)
    for (let write = 0; write < 6; write++)
      for (const isDone of [false, true]) {
        const made = await begin();
        made.deliver("1", event);
        const before = made.writes.length;
        made.dieAt(write, isDone);
        // until it dies, or has nothing more to do
        for (let pass = 0; pass < 4; pass++)
          if (
            await made.once("1").then(
              (after) => after !== 0,
              () => true,
            )
          )
            break;
        const isDecided = made.delivery("1")?.status?.workflow !== undefined;
        made.workflows.delete("team/play");
        const changed = made.writes.slice(before).filter((each) => each.includes("workflows")).length;
        // the garbage collector removes the runs of the Workflow
        made.runs.delete("team/quality-1");
        const { phase = "", reason = "" } = (await made.settle("1")) ?? {};
        const place = `${name}, write ${write}, ${isDone ? "done" : "not done"}: ${phase} ${reason}`;
        t.ok(["Done", "Ignored"].includes(phase), place);
        const later = made.writes.slice(before).filter((each) => each.includes("workflows")).length;
        t.equal(later, changed, place);
        if (isDecided) t.same(creations(made), [], place);
      }
});

t.test("a Workflow whose nodes are not in it is an error", async (t) => {
  const made = scene();
  const found = made.workflows.get("team/play");
  if (found !== undefined)
    made.workflows.set("team/play", { ...found, status: { ...found.status, compressedNodes: "H4sI" } });
  made.deliver("1");
  t.match(await made.settle("1"), { phase: "Failed", reason: "NodesHidden" });
});

t.test("with argo.enabled false, or without a Workflow, an event is acted on as before", async (t) => {
  for (const isOff of [true, false]) {
    const made = scene();
    if (isOff) made.argo = false;
    else made.workflows.clear();
    made.deliver("1");
    t.match(await made.settle("1"), { phase: "Done", decision: "start", agent: "cleo" });
    t.equal(creations(made).length, 1);
    made.deliver("2", { ...ann, event: "pull_request_review", action: "submitted", conclusion: "approved" });
    t.match(await made.settle("2"), { phase: "Ignored", reason: "NoWorkflow" });
  }
});

t.test(
  "a change of a Workflow that the API server denies is an error on the Delivery, and is not tried again",
  async (t) => {
    const made = scene();
    made.deniesWorkflows = true;
    made.deliver("1");
    t.match(await made.settle("1"), { phase: "Failed", reason: "WorkflowDenied", message: "the policy denies it" });
    t.equal(made.nodes().a?.phase, "Running");
  },
);

t.test("a rule that cancels runs of some stages leaves the Workflow alone", async (t) => {
  const made = await inRound();
  const then = { action: "cancel", replace: ["quality"] } as const;
  const rules = [{ name: "stop-quality", events: ["pull_request" as const], then }];
  made.configured = { ...made.configured, github: { ...made.configured.github, rules } };
  made.deliver("1", { ...ann, action: "labeled" });
  t.match(await made.settle("1"), { phase: "Done", decision: "cancel", message: "Cancelled team/quality-1." });
  t.equal(made.workflows.get("team/play")?.spec.shutdown, undefined);
});

t.test("users without write access resume nothing", async (t) => {
  const made = scene();
  made.deliver("1", { sender: { login: "eve", id: 66, type: "User" } });
  t.match(await made.settle("1"), { phase: "Ignored", reason: "NotPermitted" });
  t.equal(made.nodes().a?.phase, "Running");
});
