/** All plays as people see them: which tasks are plays, and what their steps say. */
import t from "tap";
import type { CodeRun } from "#src/api/coderun.js";
import type { Workflow } from "#src/argo/workflow.js";
import { playList } from "#src/operations/play-list.js";
import { Forbidden, Unauthorized } from "#src/runtime/client/errors.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { pagesOf } from "./pages.js";

const call = { method: "GET", path: "/" };
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;

interface More {
  readonly stage?: string;
  readonly phase?: string;
  readonly namespace?: string;
  readonly repository?: string;
}

function run(name: string, minute: number, task: number, app: string, more: More = {}): Stored<CodeRun> {
  const { stage, phase = "Running", namespace = "team", repository = "acme/shop" } = more;
  return {
    metadata: {
      ...{ namespace, name, uid: name, creationTimestamp: at(minute) },
      ...(stage !== undefined && { labels: { "workflow-stage": stage } }),
    },
    spec: {
      taskId: task,
      service: "shop",
      repositoryUrl: repository,
      githubApp: app,
      taskDescription: "x".repeat(1_000),
    },
    status: {
      phase,
      message: `${name} says`,
      ...(stage === undefined && { pullRequestUrl: "https://github.com/acme/shop/pull/3" }),
    },
  } as unknown as Stored<CodeRun>;
}

const workflow = {
  metadata: {
    ...{ namespace: "team", name: "play", uid: "w", creationTimestamp: at(0) },
    labels: { "task-id": "9", "workflow-type": "play-orchestration", "current-stage": "waiting-pr-created" },
  },
  spec: { arguments: { parameters: [{ name: "repository", value: "https://github.com/Acme/Shop.git" }] } },
  status: {
    phase: "Running",
    nodes: { n: { id: "n", displayName: "waiting-pr-created", type: "Suspend", phase: "Running", startedAt: at(2) } },
  },
} as unknown as Stored<Workflow>;

t.test("a task on which several agents work is a play, with its steps in order", async (t) => {
  const runs = [
    run("quality", 5, 7, "Acme-Cleo", { stage: "quality" }),
    run("implementation", 1, 7, "Acme-Rex", { phase: "Succeeded" }),
    run("alone", 3, 8, "Acme-Rex"),
    run("elsewhere", 9, 7, "Acme-Rex", { namespace: "other" }),
    run("other-repository", 9, 7, "Acme-Tess", { repository: "acme/web" }),
  ];
  const { items, isTruncated } = await playList(pagesOf(runs, { workflows: [] }), undefined);
  t.equal(isTruncated, false);
  t.strictSame(items, [
    {
      ...{ namespace: "team", task: 7, repository: "github.com/acme/shop", isLive: true, updatedAt: at(5) },
      steps: [
        {
          ...{ stage: "implementation", state: "done", agent: "rex", run: "implementation", phase: "Succeeded" },
          ...{ pullRequestUrl: "https://github.com/acme/shop/pull/3", message: "implementation says", at: at(1) },
        },
        {
          ...{ stage: "quality", state: "running", agent: "cleo", run: "quality", phase: "Running" },
          ...{ message: "quality says", at: at(5) },
        },
        { stage: "testing", state: "ahead" },
      ],
    },
  ]);
});

t.test(
  "a Workflow is a play, also before its first run; without the right to list them the runs tell it",
  async (t) => {
    const [play] = (await playList(pagesOf([], { workflows: [workflow] }), undefined)).items;
    t.match(play, {
      ...{ namespace: "team", task: 9, repository: "github.com/acme/shop", isLive: true, updatedAt: at(0) },
      workflow: { name: "play", phase: "Running", stage: "waiting-pr-created" },
    });
    t.match(play?.steps[0], { stage: "waiting-pr-created", state: "waiting", at: at(2) });
    const runs = [run("a", 1, 9, "Acme-Rex"), run("b", 2, 9, "Acme-Cleo")];
    const denied = await playList(pagesOf(runs, { workflows: new Forbidden({}, 403, call) }), "team");
    t.match(denied.items, [{ task: 9, workflow: undefined }]);
    await t.rejects(playList(pagesOf(runs, { workflows: new Unauthorized({}, 401, call) }), "team"), Unauthorized);
  },
);

t.test("of very many plays and steps the latest are listed", async (t) => {
  const runs = Array.from({ length: 230 }, (_, task) =>
    run(`r${task}`, task % 60, task + 1, "Acme-Cleo", { stage: "quality" }),
  );
  for (let round = 0; round < 150; round++) runs.push(run(`again-${round}`, 59, 5, "Acme-Cleo", { stage: "quality" }));
  const { items, isTruncated } = await playList(pagesOf(runs, { workflows: [] }), undefined);
  t.same([items.length, isTruncated, items[0]?.updatedAt], [200, true, at(59)]);
  t.equal(items.find(({ task }) => task === 5)?.steps.length, 100);
});
