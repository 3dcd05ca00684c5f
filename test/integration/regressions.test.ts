/**
 * Known failures of an earlier controller with runs, each as a test. docs/reliability.md refers to them by letter. Those that
 * need real pods are in test/e2e/life.test.ts (F: an old agent runs at the same time as its retry).
 */
import { stringify } from "yaml";
import t from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import { Invalid, NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";
import type { Interceptor } from "../chaos/interceptor.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { endPods, finishJob } from "./finisher.js";
import { startIntercepted, type OperatorProcess } from "./operator.js";

let cluster: Cluster;
let client: HttpClient;
let operator: OperatorProcess;
let interceptor: Interceptor;

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  ({ operator, interceptor } = await startIntercepted(t, cluster));
});

function taskRun(namespace: string, spec: Partial<TaskRun["spec"]> = {}, name = "example"): TaskRun {
  return {
    metadata: { namespace, name },
    spec: {
      taskId: 1,
      serviceName: "auth-service",
      markdownFiles: [{ filename: "task.md", content: "# Task\n", fileType: "task" }],
      ...spec,
    },
  };
}

const get = (run: TaskRun): Promise<Stored<TaskRun>> =>
  client.get(TaskRuns, { namespace: run.metadata?.namespace ?? "", name: run.metadata?.name ?? "" });

async function phase(run: TaskRun, wanted: string): Promise<Stored<TaskRun>> {
  return eventually(`${run.metadata?.name ?? ""} is ${wanted}`, async () => {
    const current = await get(run);
    return current.status?.phase === wanted && current;
  });
}

async function job(namespace: string, name: string): Promise<Stored<Job>> {
  return eventually(`Job ${name}`, () => client.get(Jobs, { namespace, name }));
}

async function jobNames(namespace: string): Promise<string[]> {
  return (await client.list(Jobs, { namespace })).items.map(({ metadata }) => metadata.name).sort();
}

/** Waits until another object is reconciled, so that the operator had time to do what it must not do. */
async function anotherLife(namespace: string, taskId: number): Promise<void> {
  const other = taskRun(namespace, { taskId, serviceName: "another" }, `another-${taskId}`);
  await client.create(TaskRuns, other);
  await finishJob(client, await job(namespace, `another-task-${taskId}-run-1`));
  await phase(other, "Succeeded");
}

t.test("A: the count of retries survives a restart, and the last failure ends the run", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace, { retry: { maxRetries: 1, initialBackoffSeconds: 1, maxBackoffSeconds: 1 } });
  await client.create(TaskRuns, run);
  await finishJob(client, await job(namespace, "auth-service-task-1-run-1"), 1);
  await job(namespace, "auth-service-task-1-run-2");
  await operator.end("SIGTERM");
  await operator.start();
  await finishJob(client, await job(namespace, "auth-service-task-1-run-2"), 1);
  const failed = await phase(run, "Failed");
  t.match(failed.status, { attempts: 2, runs: [{ number: 1 }, { number: 2, cause: "AutomaticRetry" }] });
  await anotherLife(namespace, 2);
  t.equal((await get(run)).status?.attempts, 2);
});

t.test("B: a finished Job that is deleted while the manager is down does not count as never started", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace);
  await client.create(TaskRuns, run);
  const first = await job(namespace, "auth-service-task-1-run-1");
  await phase(run, "Running");
  await operator.end("SIGKILL");
  await finishJob(client, first);
  await eventually("the Job is complete", async () => {
    const { status } = await client.get(Jobs, { namespace, name: first.metadata.name });
    return status?.conditions?.some(({ type }) => type === "Complete");
  });
  // as a TTL controller would
  await client.delete(Jobs, { namespace, name: first.metadata.name }, { propagationPolicy: "Background" });
  await operator.start();
  const ended = await phase(run, "Succeeded");
  t.match(ended.status, { attempts: 1, runs: [{ outcome: "Succeeded", jobUID: first.metadata.uid }] });
  await eventually("the Job is let go", async () => (await jobNames(namespace)).length === 0);
});

t.test("C: Succeeded stays after the TTL of its Job, an unrelated change, and a restart", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace, { ttlSecondsAfterFinished: 0 });
  await client.create(TaskRuns, run);
  await finishJob(client, await job(namespace, "auth-service-task-1-run-1"));
  const succeeded = await phase(run, "Succeeded");
  await eventually("its Job is removed", async () => (await jobNames(namespace)).length === 0);
  await client.patch(
    TaskRuns,
    { namespace, name: "example" },
    { type: "merge", body: { metadata: { annotations: { touched: "yes" } } } },
  );
  await operator.end("SIGTERM");
  await operator.start();
  await anotherLife(namespace, 2);
  const later = await get(run);
  t.same(later.status, succeeded.status);
  t.same(await jobNames(namespace), ["another-task-2-run-1"]);
});

t.test("D: a failed pod does not fail the attempt while the Job retries it", async (t) => {
  const namespace = await testNamespace(t, client);
  await client.apply(ConfigMaps, {
    metadata: { namespace: "orchestrator", name: "taskrun-controller-config" },
    data: { "config.yaml": stringify({ job: { backoffLimit: 1 } }) },
  });
  t.teardown(() => client.delete(ConfigMaps, { namespace: "orchestrator", name: "taskrun-controller-config" }));
  await eventually("it is in force", async () =>
    /^orchestrator_config_reloads_total\{result="accepted"\} [1-9]/m.test(await operator.metrics()),
  );
  const run = taskRun(namespace);
  const { metadata } = await client.create(TaskRuns, run);
  await finishJob(client, await job(namespace, "auth-service-task-1-run-1"), 1);
  await eventually(
    "the Job has a second pod",
    async () => {
      const { items } = await client.list(Pods, { namespace });
      return items.length === 2;
    },
    60_000,
  );
  t.equal((await get(run)).status?.phase, "Running");
  await endPods(client, namespace, metadata.uid, 0);
  const ended = await phase(run, "Succeeded");
  t.match(ended.status, { attempts: 1 });
});

t.test("E: deleting a run leaves the Jobs of other runs with the same task ID", async (t) => {
  const namespace = await testNamespace(t, client);
  const one = taskRun(namespace, { taskId: 999_999, serviceName: "docs-a" }, "one");
  const other = taskRun(namespace, { taskId: 999_999, serviceName: "docs-b" }, "other");
  for (const run of [one, other]) await client.create(TaskRuns, run);
  for (const run of [one, other]) await phase(run, "Running");
  const { metadata } = await job(namespace, "docs-b-task-999999-run-1");
  await client.delete(TaskRuns, { namespace, name: "one" });
  await eventually("it is gone", () =>
    get(one).then(
      () => false,
      (error: unknown) => error instanceof NotFound,
    ),
  );
  const left = await client.get(Jobs, { namespace, name: "docs-b-task-999999-run-1" });
  t.equal(left.metadata.uid, metadata.uid);
  t.equal(left.metadata.deletionTimestamp, undefined);
  t.ok(await client.get(ConfigMaps, { namespace, name: "docs-b-task-999999-run-1-files" }));
});

t.test("G: the files are owned by the TaskRun from the start, and outlive their Job", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace, { ttlSecondsAfterFinished: 0 });
  const created = await client.create(TaskRuns, run);
  const first = await job(namespace, "auth-service-task-1-run-1");
  const name = "auth-service-task-1-run-1-files";
  const owner = { kind: "TaskRun", uid: created.metadata.uid, controller: true };
  t.match((await client.get(ConfigMaps, { namespace, name })).metadata.ownerReferences, [owner]);
  await finishJob(client, first);
  await phase(run, "Succeeded");
  await eventually("the Job is removed", async () => (await jobNames(namespace)).length === 0);
  await anotherLife(namespace, 2);
  t.match((await client.get(ConfigMaps, { namespace, name })).immutable, true);
});

t.test("H: a failed request is not an answer: a Job that cannot be read is neither lost nor recreated", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace, { retry: { maxRetries: 0 } });
  await client.create(TaskRuns, run);
  const { metadata } = await job(namespace, "auth-service-task-1-run-1");
  await phase(run, "Running");
  let dropped = 0;
  interceptor.hook = ({ method, path }) => {
    if (method !== "GET" || !path.includes(`/namespaces/${namespace}/jobs/`)) return "goOn";
    dropped += 1;
    return "drop";
  };
  t.teardown(() => (interceptor.hook = () => "goOn"));
  // removes its finalizer, then the object
  await client.patch(
    Jobs,
    { namespace, name: metadata.name },
    { type: "merge", body: { metadata: { finalizers: null } } },
  );
  await client.delete(Jobs, { namespace, name: metadata.name });
  await eventually("it was asked for", () => dropped >= 3);
  t.equal((await get(run)).status?.phase, "Running");
  t.same(await jobNames(namespace), []);
  interceptor.hook = () => "goOn";
  const failed = await phase(run, "Failed");
  t.match(failed.status?.runs, [{ outcome: "Lost", reason: "JobLost" }]);
});

t.test("I: adding a file keeps the others, and the next attempt has all of them", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace);
  await client.create(TaskRuns, run);
  await finishJob(client, await job(namespace, "auth-service-task-1-run-1"));
  await phase(run, "Succeeded");
  await client.apply(
    TaskRuns,
    {
      apiVersion: "orchestrator.io/v1",
      kind: "TaskRun",
      metadata: { namespace, name: "example" },
      spec: { contextVersion: 2, markdownFiles: [{ filename: "more.md", content: "# More\n", fileType: "context" }] },
    } as TaskRun,
    { fieldManager: "somebody-else", force: true },
  );
  await job(namespace, "auth-service-task-1-run-2");
  const { data } = await client.get(ConfigMaps, { namespace, name: "auth-service-task-1-run-2-files" });
  t.match(data, { "task.md": "# Task\n", "more.md": "# More\n" });
});

t.test("L: a finished Job is deleted when its TTL ends, even if nothing else happens", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace, { ttlSecondsAfterFinished: 2 });
  await client.create(TaskRuns, run);
  await finishJob(client, await job(namespace, "auth-service-task-1-run-1"));
  await phase(run, "Succeeded");
  t.same(await jobNames(namespace), ["auth-service-task-1-run-1"], "its logs can be read until then");
  await eventually("it is removed", async () => (await jobNames(namespace)).length === 0);
});

t.test("M: editing the object neither finishes a run nor reopens it", async (t) => {
  const namespace = await testNamespace(t, client);
  const run = taskRun(namespace);
  await client.create(TaskRuns, { ...run, status: { phase: "Succeeded", workCompleted: true } });
  await phase(run, "Running");
  await client.patch(
    TaskRuns,
    { namespace, name: "example" },
    { type: "merge", body: { status: { phase: "Succeeded" } } },
  );
  t.equal((await get(run)).status?.phase, "Running");
});

t.test("O: one agent works on a task, however many runs are created for it at the same time", async (t) => {
  const namespace = await testNamespace(t, client);
  const answers = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => client.create(TaskRuns, taskRun(namespace, {}, `request-${index}`))),
  );
  const denied = answers.filter((answer) => answer.status === "rejected");
  for (const { reason } of denied) t.type(reason, Invalid);
  t.ok(denied.length < answers.length);
  await job(namespace, "auth-service-task-1-run-1");
  await anotherLife(namespace, 2);
  t.same(
    (await jobNames(namespace)).filter((name) => name.startsWith("auth-")),
    ["auth-service-task-1-run-1"],
  );
  t.equal(
    (await client.list(Pods, { namespace, labelSelector: "orchestrator.io/service=auth-service" })).items.length,
    1,
  );
});
