/** A push to a branch leads to one run for each pull request that conflicts with it, whatever is killed in between. */
import t from "tap";
import { deliverySchema } from "#src/api/generated/delivery.schema.js";
import type { Delivery, DeliverySpec } from "#src/api/delivery.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { DeliveryScene, failedCheck } from "./delivery-scene.js";

const head = "ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34";
const push: Partial<DeliverySpec> = { event: "push", branch: "main", revision: "cd".repeat(20), fork: false };

interface Pull {
  readonly task: number;
  readonly mergeable: boolean | null;
  readonly sha?: string;
  readonly repository?: number;
  readonly state?: string;
}

/** GitHub has these open pull requests, by number. */
function has(made: DeliveryScene, pulls: Readonly<Record<number, Pull>>): void {
  const all = Object.entries(pulls).map(
    ([number, { task, mergeable, sha = head, repository = 7, state = "open" }]) => ({
      ...{ number: Number(number), title: "Mail", state, draft: false, labels: [{ name: `task-${task}` }], mergeable },
      head: { ref: `feature/task-${task}-x`, sha, repo: { id: repository } },
      base: { ref: "main", sha: "cd".repeat(20), repo: { id: 7 } },
    }),
  );
  const list = "/repos/acme/shop/pulls?state=open&base=main&sort=updated&direction=desc&per_page=100";
  // the list does not say whether they can be merged
  made.github.set(
    list,
    all.map(({ mergeable: _, ...pull }) => pull),
  );
  for (const pull of all) made.github.set(`/repos/acme/shop/pulls/${pull.number}`, pull);
}

function scene(phase = "Succeeded"): DeliveryScene {
  const made = new DeliveryScene();
  made.run("implementation", {}, { phase });
  return made;
}

/** Pushes, and lets everything that follows happen. @returns the Deliveries of conflicts */
async function pushed(made: DeliveryScene, id = "p1", more: Partial<DeliverySpec> = {}): Promise<Stored<Delivery>[]> {
  made.deliver(id, { ...push, subject: undefined, labels: undefined, baseBranch: undefined, ...more } as never);
  await made.settle(id);
  const found = [...made.deliveries.values()].filter(({ spec }) => spec.action === "conflict");
  for (const { spec } of found) await made.settle(spec.id);
  return found.flatMap(({ spec }) => made.delivery(spec.id) ?? []);
}

const creations = ({ writes }: DeliveryScene): string[] => writes.filter((each) => each.startsWith("create coderuns"));

t.test("the implementing agent continues its session for each pull request that cannot be merged", async (t) => {
  const made = scene();
  made.run("other", { taskId: 6 });
  has(made, {
    3: { task: 5, mergeable: false },
    4: { task: 6, mergeable: true },
    8: { task: 5, mergeable: false, repository: 9 },
    9: { task: 99, mergeable: false },
  });
  const [conflict, second] = await pushed(made);
  t.equal(second, undefined, "neither one that can be merged, nor of a fork, nor without a run");
  t.match(made.delivery("p1")?.status, {
    phase: "Done",
    decision: "findConflicts",
    message: "In conflict with main: #3.",
  });
  t.same(structuralSchema(deliverySchema).validate(conflict, undefined), []);
  t.match(conflict, {
    metadata: { name: "github-p1-3" },
    status: { phase: "Done", decision: "remediate", rule: "conflict" },
  });
  t.match(made.runs.get(`team/${conflict?.status?.run?.name ?? ""}`), {
    metadata: { labels: { "workflow-stage": "remediation", "orchestrator.io/pull-request": "3" } },
    spec: {
      taskId: 5,
      githubApp: "Acme-Rex",
      continueSession: true,
      promptModification: /conflicts with main\. Fetch origin\/main/,
    },
  });
  t.notOk(made.asked.includes("/repos/acme/shop/pulls/9"), "nothing is asked about what is not ours");
});

t.test("what GitHub says of a pull request is cut to what a Delivery takes", async (t) => {
  const made = scene();
  has(made, { 3: { task: 5, mergeable: false } });
  const pull = made.github.get("/repos/acme/shop/pulls/3") as { head: object };
  const head = { ...pull.head, ref: `feature/task-5-${"x".repeat(400)}` };
  made.github.set("/repos/acme/shop/pulls/3", {
    ...pull,
    head,
    title: `${"t".repeat(255)}😀`,
    labels: [{ name: "l".repeat(300) }],
  });
  const id = "a".repeat(64);
  const [conflict] = await pushed(made, id);
  t.same(structuralSchema(deliverySchema).validate(conflict, undefined), []);
  t.match(conflict?.spec, { branch: /^.{255}$/, subject: { title: /^t{255}$/ } });
});

t.test("one commit is remediated once, however often its base changes", async (t) => {
  const made = scene();
  has(made, { 3: { task: 5, mergeable: false } });
  const [first] = await pushed(made, "p1");
  const [, again] = await pushed(made, "p2");
  t.match(again?.status, { phase: "Done", run: first?.status?.run ?? {} });
  made.end(again?.status?.run?.name ?? "");
  await pushed(made, "p3");
  t.equal(creations(made).length, 1);
  has(made, { 3: { task: 5, mergeable: false, sha: "ee".repeat(20) } });
  await pushed(made, "p4");
  t.equal(creations(made).length, 2, "another commit");
});

t.test("GitHub is polled until it has tried to merge, for a bounded time", async (t) => {
  const made = scene();
  has(made, { 3: { task: 5, mergeable: null } });
  t.same(await pushed(made), []);
  t.match(made.delivery("p1")?.status, { phase: "Waiting", reason: "MergeUnknown", message: /not tried to merge #3/ });
  t.equal(await made.once("p1"), 10_000);
  await made.clock.advance(40_000);
  t.equal(await made.once("p1"), 40_000, "later and later");
  has(made, { 3: { task: 5, mergeable: false } });
  await made.settle("p1");
  t.ok(made.delivery("p1-3"));
  const slow = scene();
  has(slow, { 3: { task: 5, mergeable: null } });
  await pushed(slow);
  await slow.clock.advance(301_000);
  t.match(await slow.settle("p1"), {
    phase: "Done",
    message: /No pull request of a task conflicts with main\. GitHub has not tried/,
  });
});

t.test("a conflict that was resolved while it waited starts nothing", async (t) => {
  for (const [words, more] of [
    ["another commit", { sha: "ee".repeat(20), mergeable: false }],
    ["can be merged", { mergeable: true }],
    ["closed", { mergeable: false, state: "closed" }],
  ] as const) {
    const made = scene("Running");
    has(made, { 3: { task: 5, mergeable: false } });
    const [conflict] = await pushed(made);
    t.match(conflict?.status, { phase: "Waiting", reason: "LiveRun" }, words);
    has(made, { 3: { task: 5, ...more } });
    made.end("implementation");
    t.match(await made.settle("p1-3"), { phase: "Ignored", reason: "Outdated" }, words);
    t.same(creations(made), [], words);
  }
  const made = scene("Running");
  made.deliver("c1", failedCheck);
  t.match(await made.settle("c1"), { phase: "Waiting" });
  has(made, { 3: { task: 5, mergeable: true, sha: "ee".repeat(20) } });
  made.end("implementation");
  t.match(await made.settle("c1"), { phase: "Ignored", reason: "Outdated" }, "a check of an older commit");
});

t.test("pushes cost nothing where no agent works, and simultaneous ones share one check", async (t) => {
  const empty = new DeliveryScene();
  await pushed(empty);
  t.match(empty.delivery("p1")?.status, { phase: "Ignored", reason: "NoRun" });
  t.same(empty.asked, []);
  const made = scene();
  has(made, { 3: { task: 5, mergeable: true } });
  await pushed(made, "tag", { branch: undefined } as never);
  t.match(made.delivery("tag")?.status, { phase: "Ignored", reason: "NoBranch" });
  for (const id of ["p1", "p2", "p3"]) {
    made.deliver(id, push);
    await made.clock.advance(1_000);
  }
  const phases = [];
  for (const id of ["p1", "p2", "p3"]) phases.push((await made.settle(id))?.reason);
  t.same(phases, ["Superseded", "Superseded", "CarriedOut"]);
});

t.test("a manager that dies at any write finds each conflict once", async (t) => {
  for (let write = 0; write < 6; write++)
    for (const isDone of [false, true]) {
      const made = scene();
      made.run("other", { taskId: 6 });
      has(made, { 3: { task: 5, mergeable: false }, 4: { task: 6, mergeable: false } });
      made.dieAt(write, isDone);
      const found = await pushed(made);
      const place = `write ${write}, ${isDone ? "done" : "not done"}`;
      t.same(
        found.map(({ metadata, status }) => [metadata.name, status?.phase]),
        [
          ["github-p1-3", "Done"],
          ["github-p1-4", "Done"],
        ],
        place,
      );
      t.equal(creations(made).length, 2, place);
    }
});
