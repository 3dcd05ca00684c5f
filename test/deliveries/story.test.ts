/** From an issue to a merged pull request by the rules alone, whatever write a manager dies at. */
import t from "tap";
import { agentOf, stageLabel } from "#src/api/coderun.js";
import type { DeliverySpec, DeliveryStatus } from "#src/api/delivery.js";
import { DeliveryScene, failedCheck } from "./delivery-scene.js";

const ann: Partial<DeliverySpec> = { sender: { login: "ann", id: 1, type: "User" } };
const bot = (agent: string, id: number): Partial<DeliverySpec> => ({
  sender: { login: `acme-${agent}[bot]`, id, type: "Bot" },
});

const issue: Partial<DeliverySpec> = {
  ...{ event: "issues", action: "labeled", label: "orchestrator", labels: ["orchestrator"], ...ann },
  subject: { kind: "Issue", number: 8, title: "The reset fails" },
  ...({ branch: undefined, baseBranch: undefined, revision: undefined, fork: undefined } as object),
};

/** Events of the task's pull request at its first, second and third commit. */
const at = (revision: string, event: Partial<DeliverySpec>): Partial<DeliverySpec> => ({
  ...{ labels: [], branch: "feature/task-8-implementation", revision },
  ...event,
});

/** What happened, as people would tell it. */
class Story {
  readonly outcomes: string[] = [];
  readonly #made = new DeliveryScene();

  constructor(kill?: { readonly write: number; readonly isDone: boolean }) {
    const { configured } = this.#made;
    this.#made.configured = { ...configured, github: { ...configured.github, namespace: "team" } };
    if (kill !== undefined) this.#made.dieAt(kill.write, kill.isDone);
  }

  /** Delivers an event; `ends` are the runs that end while it waits. @returns the run that it started */
  async event(id: string, event: Partial<DeliverySpec>, ends: Readonly<Record<string, string>> = {}): Promise<string> {
    this.#made.clock.advanceSync(60_000);
    this.#made.deliver(id, event);
    const first = await this.#made.settle(id);
    if (Object.keys(ends).length > 0) {
      this.outcomes.push(`${id} ${first?.phase ?? ""}`);
      for (const [name, phase] of Object.entries(ends)) this.end(name, phase);
    }
    const last: DeliveryStatus = (await this.#made.settle(id)) ?? {};
    this.outcomes.push(`${id} ${last.phase === "Done" ? "Done" : (last.reason ?? "")}`);
    return last.run?.name ?? "";
  }

  end(name: string, phase = "Succeeded"): void {
    this.#made.end(name, phase);
  }

  /** Stage, agent and phase of each run, in the order of their creation. */
  get runs(): string[] {
    return [...this.#made.runs.values()].map(
      ({ metadata, spec, status }) =>
        `${metadata.labels?.[stageLabel] ?? "implementation"} ${agentOf(spec)} ${status?.phase ?? "live"}`,
    );
  }

  get writes(): readonly string[] {
    return this.#made.writes;
  }

  async play(): Promise<void> {
    const opened = { action: "opened" };
    this.end(await this.event("issue", issue));
    const quality = await this.event("opened", at("ab12", opened));
    // in the middle of quality
    const second = await this.event("pushed", at("cd34", { action: "synchronize" }), { [quality]: "Cancelled" });
    const check = (name: string): Partial<DeliverySpec> => at("cd34", { ...failedCheck, check: { name } });
    const remediation = await this.event("check", check("CI"));
    await this.event("check-of-the-same-commit", check("Lint"));
    const comment = { author: { login: "ann" }, text: "Rename it." };
    const review = { event: "pull_request_review", action: "submitted", conclusion: "changes_requested", comment };
    const answer = await this.event("review", at("cd34", { ...review, ...ann }), { [remediation]: "Succeeded" });
    this.end(answer);
    this.end(await this.event("conflict", at("cd34", { action: "conflict" })));
    const third = await this.event("pushed-again", at("ef56", { action: "synchronize" }), { [second]: "Cancelled" });
    this.end(third);
    const label = { action: "labeled", label: "ready-for-qa", labels: ["ready-for-qa"], ...bot("cleo", 9002) };
    const failing = await this.event("labelled", at("ef56", label));
    this.end(failing, "Failed");
    this.end(await this.event("labelled-again", at("ef56", label)));
    const approval = {
      event: "pull_request_review",
      action: "submitted",
      conclusion: "approved",
      ...bot("tess", 9003),
    };
    await this.event("approved", at("ef56", approval));
    const subject = { kind: "PullRequest", number: 3, draft: false, merged: true } as const;
    await this.event("merged", at("ef56", { action: "closed", subject, ...ann }));
    await this.event("from-a-stranger", at("ef56", { ...opened, sender: { login: "eve", id: 66, type: "User" } }));
  }
}

const runs = [
  ...["implementation rex Succeeded", "quality cleo Cancelled", "quality cleo Cancelled"],
  ...["remediation rex Succeeded", "remediation rex Succeeded", "remediation rex Succeeded"],
  ...["quality cleo Succeeded", "testing tess Failed", "testing tess Succeeded"],
];

t.test("each event of a task leads to one run, and a merged pull request leaves none", async (t) => {
  const story = new Story();
  await story.play();
  t.same(story.runs, runs);
  t.same(story.outcomes, [
    ...["issue Done", "opened Done", "pushed Waiting", "pushed Done", "check Done", "check-of-the-same-commit Done"],
    ...["review Waiting", "review Done", "conflict Done", "pushed-again Waiting", "pushed-again Done"],
    ...["labelled Done", "labelled-again Done", "approved NoWorkflow", "merged NothingLive"],
    "from-a-stranger NotPermitted",
  ]);
});

t.test("the runs of the whole story are the same, wherever the manager dies before or after a write", async (t) => {
  const whole = new Story();
  await whole.play();
  const creations = (story: Story): string[] => story.writes.filter((write) => write.startsWith("create coderuns/"));
  for (let write = 0; write < whole.writes.length; write++)
    for (const isDone of [false, true]) {
      const story = new Story({ write, isDone });
      await story.play();
      const place = `write ${write}, ${isDone ? "done" : "not done"}`;
      t.same(story.runs, runs, place);
      t.same(story.outcomes, whole.outcomes, place);
      t.same(creations(story), creations(whole), place);
    }
});
