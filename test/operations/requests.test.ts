/** What people ask of runs: found by what they call it, and changed on the state that they saw. */
import t from "tap";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { CodeRuns } from "#src/api/coderun.js";
import { nameOf, runType, type Found } from "#src/operations/any-run.js";
import { findRun } from "#src/operations/find.js";
import { cancel, remove, resume, retry, suspend } from "#src/operations/requests.js";
import { exampleRun, ModelCluster } from "../runs/model-cluster.js";

const namespace = "orchestrator";

function cluster(
  ...runs: readonly [name: string, spec?: Partial<TaskRun["spec"]>, status?: TaskRun["status"]][]
): ModelCluster {
  const model = new ModelCluster();
  for (const [name, spec = {}, status] of runs) {
    const { metadata: _, ...run } = exampleRun(spec);
    model.create(TaskRuns, {
      ...run,
      metadata: { name, namespace, labels: { "orchestrator.io/task-id": String(run.spec.taskId) } },
    });
    if (status !== undefined) model.change(TaskRuns, name, (each) => (each.status = status));
  }
  return model;
}

const specOf = (model: ModelCluster, name: string): TaskRun["spec"] | undefined => model.get(TaskRuns, name)?.spec;

async function found(model: ModelCluster, name: string): Promise<Found> {
  return findRun(model.client(), namespace, name);
}

t.test("a run is found by its name, its kind and name, and the number of its task", async (t) => {
  const model = cluster(["one", { taskId: 7 }], ["8", { taskId: 9 }]);
  for (const reference of ["one", "taskrun/one", "otr/one", "TaskRun/one", "taskruns.orchestrator.io/one", "7"])
    t.equal(nameOf(await found(model, reference)), "taskrun.orchestrator.io/one", reference);
  t.equal((await found(model, "8")).run.metadata.name, "8", "a name comes before a task");
  t.equal((await found(model, "9")).run.metadata.name, "8");
});

t.test("what could be several runs is refused with their names, and what is none with a hint", async (t) => {
  const model = cluster(["a", { taskId: 7 }], ["b", { taskId: 7 }]);
  model.create(CodeRuns, {
    apiVersion: "orchestrator.io/v1",
    kind: "CodeRun",
    metadata: { name: "a", namespace },
    spec: {},
  } as never);
  const refused = (reference: string, message: string | RegExp): Promise<unknown> =>
    t.rejects(found(model, reference), { name: "OperationError", message });
  await refused("7", '"7" could be taskrun.orchestrator.io/a, taskrun.orchestrator.io/b; name one of them');
  await refused("a", '"a" could be coderun.orchestrator.io/a, taskrun.orchestrator.io/a; name one of them');
  await refused("none", /^there is no run "none" in namespace orchestrator; see orchestrator task list$/);
  await refused("6", /there is no run "6"/);
  await refused("pod/a", 'there is no kind "pod"; use taskrun, coderun, docsrun');
  await refused("taskrun/", /neither a name, nor kind\/name/);
  await refused("taskrun/a/b", /neither a name, nor kind\/name/);
  await refused("..", /"\.\." is not the name of a run/);
  t.throws(() => runType("constructor"), { name: "OperationError" });
});

t.test("another attempt has the next number after all requested ones, and needs an end or --replace", async (t) => {
  const model = cluster(
    ["ended", { retryAttempt: 2 }, { phase: "Failed", observedRetryAttempt: 2 }],
    ["new", {}, { phase: "Failed" }],
    ["asked", { retryAttempt: 3 }, { phase: "Failed", observedRetryAttempt: 2 }],
    ["running", {}, { phase: "Running", observedRetryAttempt: 1 }],
    ["cancelled", { cancel: true }, { phase: "Cancelled" }],
  );
  const client = model.client();
  t.match(await retry(client, await found(model, "ended")), { changed: true, what: "another attempt requested" });
  t.equal(specOf(model, "ended")?.retryAttempt, 3);
  await retry(client, await found(model, "new"));
  t.equal(specOf(model, "new")?.retryAttempt, 2);
  t.match(await retry(client, await found(model, "asked")), { changed: false });
  t.equal(specOf(model, "asked")?.retryAttempt, 3);
  await t.rejects(retry(client, await found(model, "running")), {
    message: /has not ended \(Running\).*add --replace/,
  });
  await retry(client, await found(model, "running"), { replace: true });
  t.equal(specOf(model, "running")?.retryAttempt, 2);
  await t.rejects(retry(client, await found(model, "cancelled")), { message: /is cancelled and cannot run again/ });
});

t.test("suspend, resume and cancel change what is not so already", async (t) => {
  const model = cluster(["one"], ["done", {}, { phase: "Succeeded" }]);
  const client = model.client();
  const turn = async (request: typeof suspend, name = "one"): Promise<[boolean, string]> => {
    const { changed, what } = await request(client, await found(model, name));
    return [changed, what];
  };
  t.same(await turn(resume), [false, "is not suspended"]);
  t.same(await turn(suspend), [true, "suspended"]);
  t.same(await turn(suspend), [false, "already suspended"]);
  t.same(await turn(resume), [true, "resumed"]);
  t.equal(specOf(model, "one")?.suspend, false);
  t.same(await turn(cancel), [true, "cancelled"]);
  t.same(await turn(cancel), [false, "is being cancelled already"]);
  t.same(await turn(cancel, "done"), [false, "has ended already: Succeeded"]);
  t.same(await turn(suspend, "done"), [false, "has ended already: Succeeded"]);
});

t.test("a request is decided again if the run changed meanwhile", async (t) => {
  const model = cluster(["one", {}, { phase: "Failed" }]);
  const seen = await found(model, "one");
  model.change(TaskRuns, "one", (run) => {
    run.spec.retryAttempt = 2;
    run.status = { phase: "Running", observedRetryAttempt: 2 };
  });
  await t.rejects(retry(model.client(), seen), { message: /has not ended \(Running\)/ }, "somebody else was faster");
  t.equal(specOf(model, "one")?.retryAttempt, 2);
});

t.test("a run is deleted, and not another one of its name", async (t) => {
  const model = cluster(["one"]);
  const { type, run } = await found(model, "one");
  const other = { ...run, metadata: { ...run.metadata, uid: "another" } };
  await t.rejects(remove(model.client(), { type, run: other }));
  await remove(model.client(), { type, run });
  const left = model.get(TaskRuns, "one");
  t.ok(left === undefined || left.metadata.deletionTimestamp !== undefined);
});
