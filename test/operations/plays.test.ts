/** Plays as people see them: found by task and repository, drawn in the order in which things happened. */
import t from "tap";
import type { CodeRun } from "#src/api/coderun.js";
import type { Workflow } from "#src/argo/workflow.js";
import { playName } from "#src/argo/play.js";
import { cancelPlay, findPlay, playSteps, startWorkflow, type Play } from "#src/operations/plays.js";
import { AlreadyExists, NotFound } from "#src/runtime/client/errors.js";
import type { Stored } from "#src/runtime/client/objects.js";

const call = { method: "GET", path: "/" };
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;

function run(name: string, minute: number, stage: string, phase: string, repository = "acme/shop"): Stored<CodeRun> {
  return {
    metadata: {
      namespace: "team",
      name,
      uid: name,
      creationTimestamp: at(minute),
      labels: { "workflow-stage": stage },
    },
    spec: { taskId: 7, service: "shop", repositoryUrl: repository, githubApp: "Acme-Rex" },
    status: { phase },
  } as unknown as Stored<CodeRun>;
}

function workflow(
  phase: string,
  nodes: Record<string, [minute: number, phase: string, event?: string]> = {},
): Stored<Workflow> {
  return {
    metadata: {
      ...{ namespace: "team", name: "play", uid: "w", creationTimestamp: at(0) },
      labels: { "task-id": "7", "workflow-type": "play-orchestration" },
    },
    spec: { arguments: { parameters: [{ name: "repository", value: "https://github.com/Acme/Shop.git" }] } },
    status: {
      phase,
      nodes: Object.fromEntries(
        Object.entries(nodes).map(([id, [minute, state, value]]) => [
          id,
          {
            ...{ id, displayName: id.replace(/\d$/, ""), type: "Suspend", phase: state, startedAt: at(minute) },
            ...(value !== undefined && { outputs: { parameters: [{ name: "event", value }] } }),
          },
        ]),
      ),
    },
  } as unknown as Stored<Workflow>;
}

const drawn = (play: Partial<Play>): string[] =>
  playSteps({ namespace: "team", task: 7, repository: "github.com/acme/shop", runs: [], ...play }).map(
    ({ stage, state, run: of }) => [stage, state, ...(of === undefined ? [] : [of.metadata.name])].join(" "),
  );

t.test("runs and events are in the order in which they happened, with what is ahead", (t) => {
  const runs = [
    run("a", 1, "implementation", "Succeeded"),
    run("b", 3, "quality", "Cancelled"),
    run("c", 5, "quality", "Running"),
  ];
  const nodes = workflow("Running", {
    "waiting-pr-created": [2, "Succeeded", "resumed"],
    "waiting-ready-for-qa1": [4, "Succeeded", "restart"],
  });
  t.same(drawn({ runs, workflow: nodes }), [
    ...["implementation done a", "waiting-pr-created done", "quality cancelled b", "waiting-ready-for-qa cancelled"],
    ...[
      "quality running c",
      "waiting-ready-for-qa ahead",
      "testing ahead",
      "waiting-pr-approved ahead",
      "waiting-pr-merged ahead",
    ],
  ]);
  t.same(drawn({ runs }).slice(-2), ["quality running c", "testing ahead"], "by rules: events are no objects");
  t.same(drawn({ runs: [run("a", 1, "implementation", "Failed")], workflow: workflow("Failed") }), [
    "implementation failed a",
  ]);
  t.match(drawn({}), ["implementation ahead"]);
  t.end();
});

interface Objects {
  readonly runs?: readonly Stored<CodeRun>[];
  /** Absent: there is no Argo. */
  readonly workflows?: readonly Stored<Workflow>[];
}

function clientOf({ runs = [], workflows }: Objects): { list: never; patch: never; written: string[] } {
  const written: string[] = [];
  const list = (type: { plural: string }): Promise<{ items: readonly unknown[] }> => {
    if (type.plural === "coderuns") return Promise.resolve({ items: runs });
    return workflows === undefined
      ? Promise.reject(new NotFound({}, 404, call))
      : Promise.resolve({ items: workflows });
  };
  const patch = (
    type: { plural: string },
    { name }: { name: string },
    { body }: { body: { spec: object } },
  ): Promise<void> => {
    written.push(`${type.plural}/${name} ${JSON.stringify(body.spec)}`);
    return Promise.resolve();
  };
  return { list: list as never, patch: patch as never, written };
}

t.test("a play is found by its task and repository, with and without Argo", async (t) => {
  const runs = [run("a", 1, "implementation", "Running")];
  const key = { namespace: "team", task: 7 };
  t.equal((await findPlay(clientOf({ runs }), key)).workflow, undefined);
  const both = await findPlay(clientOf({ runs, workflows: [workflow("Running")] }), key);
  t.equal(both.repository, "github.com/acme/shop");
  t.equal(both.workflow?.metadata.name, "play");
  const several = clientOf({ runs: [...runs, run("x", 1, "implementation", "Running", "acme/other")] });
  await t.rejects(
    findPlay(several, key),
    /one of several repositories: github.com\/acme\/other, .*name one with --repo/,
  );
  t.equal((await findPlay(several, { ...key, repository: "acme/other" })).runs.length, 1);
  await t.rejects(findPlay(clientOf({}), key), /neither runs nor a Workflow in namespace team; start it with/);
});

t.test("cancelling stops the Workflow first, and then what is live", async (t) => {
  const runs = [run("a", 1, "implementation", "Succeeded"), run("b", 2, "quality", "Running")];
  const client = clientOf({ runs, workflows: [workflow("Running")] });
  const play = await findPlay(client, { namespace: "team", task: 7 });
  t.same(await cancelPlay(client, play), ["workflow/play", "coderun/b"]);
  t.same(client.written, ['workflows/play {"shutdown":"Stop"}', 'coderuns/b {"cancel":true}']);
  const ended = { ...play, runs: [], workflow: workflow("Succeeded") };
  t.same(await cancelPlay(client, ended), []);
});

t.test("a repeated start starts nothing, and one of a play that has ended says so", async (t) => {
  const made = new Map<string, Stored<Workflow>>();
  const client = {
    create: (_: unknown, object: Stored<Workflow>) => {
      if (made.has(object.metadata.name)) return Promise.reject(new AlreadyExists({}, 409, call));
      made.set(object.metadata.name, object);
      return Promise.resolve(object);
    },
    get: (_: unknown, { name }: { name: string }) => Promise.resolve(made.get(name)),
    list: () => Promise.resolve({ items: [...made.values()], metadata: {} }),
  } as never;
  const start = (repository: string): ReturnType<typeof startWorkflow> =>
    startWorkflow(client, { namespace: "team", task: 7 }, { "task-id": "7", repository });
  t.equal((await start("acme/shop")).created, true);
  t.equal((await start("https://github.com/acme/shop.git")).created, false);
  t.equal((await start("acme/other")).created, true);
  const name = playName(7, "acme/shop");
  made.set(name, { ...workflow("Failed"), metadata: { ...workflow("Failed").metadata, name } });
  await t.rejects(start("acme/shop"), /has ended \(Failed\); delete it to play the task again: kubectl delete -n team/);
});
