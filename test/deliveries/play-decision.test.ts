import t from "tap";
import type { Workflow } from "#src/argo/workflow.js";
import { playDecision } from "#src/deliveries/play-decision.js";
import type { Rule } from "#src/deliveries/rules.js";
import type { Stored } from "#src/runtime/client/objects.js";

const base = { decision: "start", rule: "r" } as const;

function workflow(name: string, phase = "Running"): Stored<Workflow> {
  const metadata = { namespace: "team", name, uid: `uid-${name}`, resourceVersion: "1" };
  return { metadata, spec: {}, status: { phase } };
}

function rule(then: Rule["then"]): Rule {
  return { name: "r", events: ["push"], then };
}

const decide = (workflows: readonly Stored<Workflow>[], then: Rule["then"]): ReturnType<typeof playDecision> =>
  playDecision({ workflows, live: ["team/a"], base }, rule(then));

t.test("the message says what happens to which Workflow", (t) => {
  const play = workflow("play");
  t.match(decide([play], { action: "resume", node: "waiting-pr-created" }), {
    ...{ decision: "resume", node: "waiting-pr-created", reason: "RuleMatched" },
    workflow: { namespace: "team", name: "play", uid: "uid-play" },
    message: "Rule r resumes waiting-pr-created of Workflow team/play.",
  });
  const restarted = decide([play], { action: "resume", restart: true });
  t.match(restarted, { decision: "resume", message: "Rule r begins a new round of Workflow team/play." });
  t.notOk(restarted?.node);
  t.match(decide([play], { action: "cancel" }), {
    ...{ decision: "start", cancelled: ["team/a"] },
    message: "Rule r stops Workflow team/play.",
  });
  t.end();
});

t.test("a rule without a Workflow, or that concerns none, leaves the event to the other actions", (t) => {
  const ended = workflow("old", "Succeeded");
  t.match(decide([ended], { action: "resume", node: "n" }), { phase: "Ignored", reason: "NoWorkflow" });
  t.equal(decide([ended], { action: "cancel" }), undefined);
  t.equal(decide([workflow("play")], { action: "start" }), undefined);
  t.equal(
    decide([workflow("play")], { action: "cancel", replace: ["quality"] }),
    undefined,
    "runs alone are cancelled",
  );
  t.end();
});

t.test("of two Workflows none is chosen", (t) => {
  const found = decide([workflow("b"), workflow("a"), workflow("old", "Failed")], { action: "cancel" });
  t.match(found, {
    ...{ phase: "Failed", reason: "WorkflowUncertain" },
    message: "Several Workflows play the task: team/a, team/b.",
  });
  t.notOk(found?.cancelled);
  t.end();
});
