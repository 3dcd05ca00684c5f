/** With `argo.startFromIssues` an issue or alert starts the play of its task as a Workflow, once, and no run beside it. */
import t from "tap";
import { deliverySchema } from "#src/api/generated/delivery.schema.js";
import type { DeliverySpec } from "#src/api/delivery.js";
import type { Workflow } from "#src/argo/workflow.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { DeliveryScene, suspendNode } from "./delivery-scene.js";

const ann = { login: "ann", id: 1, type: "User" };

/** Issue 8, which ann has labelled. */
const labelled: Partial<DeliverySpec> = {
  ...{ event: "issues", action: "labeled", label: "orchestrator", labels: ["orchestrator"], sender: ann },
  subject: { kind: "Issue", number: 8, title: "The reset fails", author: { login: "bob" }, text: "Look at {{{{x}}." },
  ...({ branch: undefined, baseBranch: undefined, revision: undefined, fork: undefined } as object),
};

const said = (text: string): Partial<DeliverySpec> => ({
  ...{ ...labelled, event: "issue_comment", action: "created", comment: { text, author: ann } },
  ...({ label: undefined } as object),
});

function scene({ rules = defaultConfiguration.github.rules } = {}): DeliveryScene {
  const made = new DeliveryScene();
  const { github } = made.configured;
  made.configured = {
    ...made.configured,
    github: { ...github, namespace: "team", rules },
    argo: { enabled: true, startFromIssues: true },
  };
  return made;
}

function parametersOf(workflow: Workflow | undefined): Record<string, string | undefined> {
  const parameters = workflow?.spec.arguments?.parameters ?? [];
  return Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
}

const creations = ({ writes }: DeliveryScene): string[] => writes.filter((write) => write.startsWith("create"));

t.test("a labelled issue starts the play of its task, with what its first run would have had", async (t) => {
  const made = scene();
  made.deliver("1", labelled);
  const status = await made.settle("1");
  t.match(status, { phase: "Done", decision: "play", rule: "issue-labeled", task: 8, agent: "rex" });
  t.equal(status?.run, undefined);
  t.match(status?.workflow, { namespace: "team", name: /^play-task-8-[0-9a-f]{8}-[0-9a-f]{8}$/, uid: /./ });
  t.match(status?.message, /^Started Workflow team\/play-task-8-/);
  const [workflow, second] = made.workflows.values();
  t.equal(second, undefined);
  t.same(workflow?.metadata.labels, { "workflow-type": "play-orchestration", "task-id": "8" });
  t.same(workflow?.metadata.annotations, { "orchestrator.io/delivery": "github-1" });
  t.same(workflow?.spec.workflowTemplateRef, { name: "play-template" });
  t.same(parametersOf(workflow), {
    ...{ "task-id": "8", service: "shop", "working-directory": ".", issue: "8" },
    ...{ repository: "https://github.com/acme/shop", "docs-repository": "https://github.com/acme/shop" },
    ...{ "implementation-agent": "Acme-Rex", "quality-agent": "Acme-Cleo", "testing-agent": "Acme-Tess" },
    // what Argo would evaluate is no expression any more
    "task-description":
      "# The reset fails\n\nFrom https://github.com/acme/shop/issues/8, by bob:\n\n> Look at { { { {x}}.",
    instructions: "This run is about issue https://github.com/acme/shop/issues/8.",
  });
  t.same(structuralSchema(deliverySchema).validate(made.delivery("1"), undefined), []);
  t.same([...made.runs], []);
});

t.test("fields of the rule's run are parameters", async (t) => {
  const run = { service: "web", model: "m-1", priority: "high", toolConfig: "minimal", docsBranch: "next" } as const;
  const rules = defaultConfiguration.github.rules.map((rule) =>
    rule.name === "issue-labeled" ? { ...rule, then: { ...rule.then, run, instructions: "Be brief." } } : rule,
  );
  const made = scene({ rules });
  made.deliver("1", labelled);
  await made.settle("1");
  const [workflow] = made.workflows.values();
  t.match(parametersOf(workflow), {
    ...{ service: "web", model: "m-1", priority: "high", "tool-config": "minimal", "docs-branch": "next" },
    instructions: /Be brief\.$/,
  });
});

t.test("while a Workflow plays the task, the issue starts neither another one nor a run", async (t) => {
  const made = scene();
  made.workflow("play", { a: suspendNode("a", "waiting-pr-created") }, { task: "8" });
  made.deliver("1", labelled);
  t.match(await made.settle("1"), {
    ...{ phase: "Ignored", reason: "AlreadyPlays" },
    message: "Workflow team/play plays the task.",
  });
  t.same(creations(made), []);
});

t.test("a play that someone starts after the decision is not doubled", async (t) => {
  const made = scene();
  made.deliver("1", labelled);
  await made.once("1");
  t.equal(made.delivery("1")?.status?.phase, "Decided");
  made.workflow("play", { a: suspendNode("a", "waiting-pr-created") }, { task: "8" });
  t.match(await made.settle("1"), { phase: "Ignored", reason: "AlreadyPlays" });
  t.same(creations(made), []);
});

t.test("each label that is set after a play has ended starts another play", async (t) => {
  const made = scene();
  made.deliver("1", labelled);
  const first = await made.settle("1");
  const [workflow] = made.workflows.values();
  made.workflows.set(`team/${workflow?.metadata.name ?? ""}`, {
    ...(workflow as never as object),
    status: { phase: "Failed" },
  } as never);
  made.run("coderun-8", { taskId: 8, githubApp: "Acme-Rex" }, { phase: "Failed", issue: "8" });
  made.clock.advanceSync(60_000);
  made.deliver("2", labelled);
  const second = await made.settle("2");
  t.match(second, { phase: "Done", decision: "play" });
  t.not(second?.workflow?.name, first?.workflow?.name);
});

t.test("a comment about a task that has runs asks for one more run, and not for a play", async (t) => {
  const made = scene();
  made.run("coderun-8", { taskId: 8, githubApp: "Acme-Rex" }, { phase: "Succeeded", issue: "8" });
  made.deliver("1", said("/orchestrator code"));
  t.match(await made.settle("1"), { phase: "Done", decision: "start", run: { namespace: "team" } });
  t.equal(made.workflows.size, 0);
  made.deliver("2", { ...said("/orchestrator code"), subject: { kind: "Issue", number: 9, title: "Other" } });
  t.match(await made.settle("2"), { phase: "Done", decision: "play", task: 9 });
});

t.test("missing parts are reported, and nothing starts", async (t) => {
  const cases: readonly [(made: DeliveryScene) => void, object][] = [
    [
      (made) => {
        const { cleo: _, ...agents } = made.configured.agents ?? {};
        made.configured = { ...made.configured, agents };
      },
      { phase: "Ignored", reason: "NoAgent", message: /^Agent cleo has no githubApp/ },
    ],
    [
      (made) => {
        made.hasTemplate = false;
      },
      { phase: "Failed", reason: "WorkflowDenied", message: /^Namespace team has no WorkflowTemplate play-template/ },
    ],
    [
      (made) => {
        made.deniesWorkflows = true;
      },
      { phase: "Failed", reason: "WorkflowDenied", message: "the policy denies it" },
    ],
  ];
  for (const [change, status] of cases) {
    const made = scene();
    change(made);
    made.deliver("1", labelled);
    t.match(await made.settle("1"), status);
    t.same(creations(made), []);
  }
});

t.test("changes between the decision and its execution are noticed", async (t) => {
  const off = scene();
  off.deliver("1", labelled);
  await off.once("1");
  off.argo = false;
  t.match(await off.settle("1"), { phase: "Ignored", reason: "ArgoOff" });
  const gone = scene();
  gone.deliver("1", labelled);
  await gone.once("1");
  gone.configured = { ...gone.configured, github: { ...gone.configured.github, rules: [] } };
  t.match(await gone.settle("1"), { phase: "Failed", reason: "RuleGone" });
  const taken = scene();
  taken.deliver("1", labelled);
  await taken.once("1");
  const { name = "" } = taken.delivery("1")?.status?.workflow ?? {};
  taken.workflow(name, {}, { task: "8" });
  t.match(await taken.settle("1"), { phase: "Failed", reason: "NameTaken" });
});

t.test("without the switch, or without Argo, the issue starts a run as before", async (t) => {
  for (const argo of [
    { enabled: true, startFromIssues: false },
    { enabled: false, startFromIssues: true },
  ]) {
    const made = scene();
    made.configured = { ...made.configured, argo };
    made.argo = argo.enabled;
    made.deliver("1", labelled);
    t.match(await made.settle("1"), { phase: "Done", decision: "start", run: { namespace: "team" } });
    t.equal(made.workflows.size, 0);
  }
});

t.test("one Workflow starts, wherever the manager dies before or after a write", async (t) => {
  for (let write = 0; write < 4; write++)
    for (const isDone of [false, true]) {
      const made = scene();
      made.deliver("1", labelled);
      made.killAt = { write, isDone };
      const place = `write ${write}, ${isDone ? "done" : "not done"}`;
      t.match(await made.settle("1"), { phase: "Done", workflow: { uid: /./ } }, place);
      t.equal(creations(made).length, 1, place);
    }
});
