/** Runs that are stopped or replaced, or lose their Job, with the real Job controller and garbage collector. */
import t from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { Jobs, Pods } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator } from "./operator.js";

let cluster: Cluster;
t.before(async () => {
  cluster = await testCluster(t);
  await startOperator(t, cluster);
});

const name = "worker";
const firstJob = "auth-service-task-1-run-1";

async function begin(client: HttpClient, namespace: string, spec: Partial<TaskRun["spec"]> = {}): Promise<void> {
  await client.create(TaskRuns, {
    metadata: { namespace, name },
    spec: {
      taskId: 1,
      serviceName: "auth-service",
      markdownFiles: [{ filename: "task.md", content: "# Task\n" }],
      retry: { initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
      ...spec,
    },
  });
  await until(client, namespace, "it runs", ({ status }) => status?.phase === "Running");
  await eventually("its pod is there", async () => (await client.list(Pods, { namespace })).items.length === 1);
}

async function until(
  client: HttpClient,
  namespace: string,
  what: string,
  condition: (run: Stored<TaskRun>) => boolean,
): Promise<Stored<TaskRun>> {
  return eventually(what, async () => {
    const run = await client.get(TaskRuns, { namespace, name });
    return condition(run) && run;
  });
}

async function change(client: HttpClient, namespace: string, spec: Partial<TaskRun["spec"]>): Promise<void> {
  await client.patch(TaskRuns, { namespace, name }, { type: "merge", body: { spec } });
}

function outcomes(run: TaskRun): string[] {
  return (run.status?.runs ?? []).map(({ cause, outcome }) => `${cause ?? ""} ${outcome ?? "-"}`);
}

t.test("raising retryAttempt replaces the running Job after its pod has ended", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await begin(client, namespace);
  const [pod] = (await client.list(Pods, { namespace })).items;
  await change(client, namespace, { retryAttempt: 2 });
  const run = await until(client, namespace, "run 2 is at work", ({ status }) => status?.runs?.length === 2);
  t.same(outcomes(run), ["Initial Replaced", "ManualRetry -"]);
  const pods = (await client.list(Pods, { namespace })).items;
  t.notOk(pods.some(({ metadata }) => metadata.uid === pod?.metadata.uid));
  await eventually("the first Job is gone", async () => (await client.list(Jobs, { namespace })).items.length === 1);
});

for (const propagationPolicy of ["Background", "Foreground"] as const) {
  t.test(
    `a Job deleted by a user (${propagationPolicy}) is lost, and the retry policy starts another attempt`,
    async (t) => {
      const client = await adminClient(t, cluster);
      const namespace = await testNamespace(t, client);
      await begin(client, namespace);
      await client.delete(Jobs, { namespace, name: firstJob }, { propagationPolicy });
      const run = await until(client, namespace, "run 2 is at work", ({ status }) => status?.runs?.length === 2);
      t.same(outcomes(run), ["Initial Lost", "AutomaticRetry -"]);
      t.equal(run.status?.runs?.[0]?.reason, "JobLost");
      const jobs = (await client.list(Jobs, { namespace })).items.map(({ metadata }) => metadata.name);
      t.same(jobs, ["auth-service-task-1-run-2"]);
    },
  );
}

t.test("cancelling stops the Job and is final", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await begin(client, namespace);
  await change(client, namespace, { cancel: true });
  const run = await until(client, namespace, "it is cancelled", ({ status }) => status?.phase === "Cancelled");
  t.same(outcomes(run), ["Initial Cancelled"]);
  await eventually("nothing runs any more", async () => {
    const left = await Promise.all([client.list(Jobs, { namespace }), client.list(Pods, { namespace })]);
    return left.every(({ items }) => items.length === 0);
  });
});

t.test("suspending ends the pod and keeps the Job; resuming continues the same attempt", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await begin(client, namespace);
  const podCount = async (): Promise<number> => (await client.list(Pods, { namespace })).items.length;
  await change(client, namespace, { suspend: true });
  await until(client, namespace, "it is suspended", ({ status }) => status?.phase === "Pending");
  await eventually("the pod is gone", async () => (await podCount()) === 0);
  await change(client, namespace, { suspend: false });
  const run = await until(client, namespace, "it runs again", ({ status }) => status?.phase === "Running");
  t.same(outcomes(run), ["Initial -"]);
  await eventually("a pod is back", async () => (await podCount()) === 1);
});

/** As the pod garbage collector does for a lost node: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions */
async function loseNode(client: HttpClient, { metadata }: Stored<Pod>): Promise<void> {
  const key = { namespace: metadata.namespace ?? "", name: metadata.name };
  const type = "DisruptionTarget";
  const conditions = [{ type, status: "True", reason: "DeletionByPodGC", message: "PodGC: node no longer exists" }];
  const body = { status: { phase: "Failed", conditions } };
  await client.patch(Pods, key, { type: "merge", body }, { subresource: "status" });
  await client.delete(Pods, key);
}

t.test("an agent whose node is lost restarts in a new pod of the same attempt, without using a retry", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await begin(client, namespace, { retry: { maxRetries: 0 } });
  const [pod] = (await client.list(Pods, { namespace })).items;
  if (pod === undefined) throw new Error("it had a pod");
  await loseNode(client, pod);
  // the Job controller waits ten seconds before it creates another pod
  const [next] = await eventually("another pod is there, alone", async () => {
    const { items } = await client.list(Pods, { namespace });
    return items.length === 1 && items[0]?.metadata.uid !== pod.metadata.uid && items;
  });
  t.equal(next?.metadata.labels?.["orchestrator.io/run"], "1");
  const again = await client.get(TaskRuns, { namespace, name });
  t.match(again.status, { phase: "Running", attempts: 1 });
  t.same(outcomes(again), ["Initial -"]);
  const job = await client.get(Jobs, { namespace, name: firstJob });
  await finishJob(client, job);
  const run = await until(client, namespace, "it has succeeded", ({ status }) => status?.phase === "Succeeded");
  t.same(outcomes(run), ["Initial Succeeded"]);
});

t.test("an attempt with a limit of spending ends when its node is lost, and a retry follows", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await begin(client, namespace, { retry: { maxRetries: 1 }, budget: { maxTokens: 1000 } });
  const [pod] = (await client.list(Pods, { namespace })).items;
  if (pod === undefined) throw new Error("it had a pod");
  await loseNode(client, pod);
  const run = await until(
    client,
    namespace,
    "it waits for a retry",
    ({ status }) => status?.nextRetryTime !== undefined,
  );
  t.match(run.status?.runs, [{ number: 1, outcome: "Failed", reason: "Disrupted" }]);
  t.match(run.status?.message, /Kubernetes ended its pod/);
});

t.test("a Job with the required name and another owner stalls the run until it is deleted", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await client.create(Jobs, {
    metadata: { namespace, name: firstJob },
    spec: {
      suspend: true,
      template: { spec: { restartPolicy: "Never", containers: [{ name: "other", image: "other" }] } },
    },
  });
  await client.create(TaskRuns, {
    metadata: { namespace, name },
    spec: { taskId: 1, serviceName: "auth-service", markdownFiles: [{ filename: "task.md", content: "# Task\n" }] },
  });
  const isStalled = ({ status }: TaskRun): boolean =>
    status?.conditions?.some(({ type, reason }) => type === "Stalled" && reason === "NameConflict") === true;
  await until(client, namespace, "it is stalled", isStalled);
  const other = await client.get(Jobs, { namespace, name: firstJob });
  t.equal(other.metadata.ownerReferences, undefined);
  t.equal(other.metadata.deletionTimestamp, undefined);
});
