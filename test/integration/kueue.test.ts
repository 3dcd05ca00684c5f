/**
 * Runs in a queue, on a real API server with its Job controller, as the installed accounts. Kueue is played by its documented contract:
 * its controller makes a Workload for each Job, and decides alone about `suspend`; its CustomResourceDefinition is reduced.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import t from "tap";
import { stringify } from "yaml";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { kubectl, waitEstablished } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { operatorNames } from "#src/configuration/names.js";
import { jobOfWorkload, queueLabel, Workloads } from "#src/runs/queue.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { adminClient, clientOf, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator } from "./operator.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "workloads.kueue.x-k8s.io",
    annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/kueue" },
  },
  spec: {
    group: "kueue.x-k8s.io",
    scope: "Namespaced",
    names: { kind: "Workload", plural: "workloads", singular: "workload" },
    versions: [
      {
        ...{ name: "v1beta1", served: true, storage: true },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

let cluster: Cluster;
let client: HttpClient;
let namespace: string;
/** Queues that have room. */
const admits = new Set<string>();

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  await kubectl(cluster, ["apply", "-f", "-"], stringify(definition));
  await waitEstablished(cluster, ["crd/workloads.kueue.x-k8s.io"]);
  const component = join(packageRoot, "config/kueue/rbac.yaml");
  await kubectl(cluster, ["apply", "-f", component]);
  t.teardown(async () => {
    await kubectl(cluster, ["delete", "--ignore-not-found", "--wait=false", "-f", component]);
    await kubectl(cluster, ["delete", "--ignore-not-found", "--wait=false", "crd/workloads.kueue.x-k8s.io"]);
  });
  await startOperator(t, cluster);
  namespace = await testNamespace(t, client);
  const key = { namespace: "orchestrator", name: operatorNames.configuration };
  await unlessMissing(client.delete(ConfigMaps, key));
  const configuration = { kueue: { enabled: true, queueName: "usual" } };
  await client.create(ConfigMaps, { metadata: key, data: { "config.yaml": stringify(configuration) } });
  t.teardown(() => unlessMissing(client.delete(ConfigMaps, key)));
  await eventually("the configuration is known", () =>
    client.create(TaskRuns, taskRun("probe", "any"), { dryRun: true }),
  );
  playKueue();
});

function taskRun(name: string, queueName?: string): TaskRun {
  return {
    metadata: { namespace, name },
    spec: {
      ...{ taskId: 1, serviceName: name, ...(queueName !== undefined && { queueName }) },
      markdownFiles: [{ filename: "task.md", content: "# Task\n", fileType: "task" }],
    },
  };
}

/** Until the test ends. */
function playKueue(): void {
  const over = new AbortController();
  const played = (async () => {
    while (!over.signal.aborted) {
      await reconcileJobs();
      await setTimeout(100);
    }
  })();
  t.teardown(async () => {
    over.abort();
    await played;
  });
}

async function reconcileJobs(): Promise<void> {
  for (const { metadata, spec, status } of (await client.list(Jobs, { namespace, labelSelector: queueLabel })).items) {
    if (metadata.deletionTimestamp !== undefined || status?.conditions?.some(({ type }) => type === "Complete"))
      continue;
    const labelSelector = `${jobOfWorkload}=${metadata.uid}`;
    const type = { ...Workloads, version: "v1beta1" };
    const [workload] = (await client.list(type, { namespace, labelSelector })).items;
    if (workload === undefined) {
      const labels = { [jobOfWorkload]: metadata.uid };
      await client.create(type, {
        metadata: { namespace, name: `job-${metadata.name}`, labels },
        spec: { queueName: "q" } as object,
      });
      continue;
    }
    const suspend = workload.spec.active === false || !admits.has(metadata.labels?.[queueLabel] ?? "");
    if ((spec?.suspend === true) === suspend) continue;
    const body = { metadata: { uid: metadata.uid }, spec: { suspend } };
    await unlessMissing(client.patch(Jobs, { namespace, name: metadata.name }, { type: "merge", body }));
  }
}

async function reached(name: string, reason: string): Promise<void> {
  await eventually(`${name} is ${reason}`, async () => {
    const { status } = await client.get(TaskRuns, { namespace, name });
    return status?.reason === reason;
  });
}

const set = (name: string, spec: object): Promise<unknown> =>
  client.patch(TaskRuns, { namespace, name }, { type: "merge", body: { spec } });

const jobOf = async (name: string): Promise<string> =>
  (await client.get(TaskRuns, { namespace, name })).status?.jobName ?? "";

const pods = async (): Promise<number> => (await client.list(Pods, { namespace })).items.length;

t.test("a run gets the default queue, waits in it, is held while it is suspended, and starts once", async (t) => {
  const name = "queued";
  await client.create(TaskRuns, taskRun(name));
  await reached(name, "Queued");
  const { spec, status } = await client.get(TaskRuns, { namespace, name });
  t.equal(spec.queueName, "usual");
  t.match(
    status?.conditions?.find(({ type }) => type === "QueueAdmitted"),
    { status: "False", reason: "Queued" },
  );
  await set(name, { suspend: true });
  await reached(name, "Suspended");
  admits.add("usual");
  await client.create(TaskRuns, taskRun("beside"));
  await eventually("another run starts", async () => (await pods()) > 0);
  t.equal(await pods(), 1, "the suspended one has no pod");
  await set(name, { suspend: false });
  await eventually("both have a pod", async () => (await pods()) === 2);
  await finishJob(client, await client.get(Jobs, { namespace, name: await jobOf(name) }));
  await reached(name, "Completed");
  t.match((await client.get(TaskRuns, { namespace, name })).status, { phase: "Succeeded", attempts: 1 });
});

t.test(
  "a running attempt is preempted, continues, is suspended, moves to another queue, and is cancelled",
  async (t) => {
    const name = "beside";
    const jobName = await jobOf(name);
    const podOf = async (): Promise<boolean> =>
      (await client.list(Pods, { namespace, labelSelector: `batch.kubernetes.io/job-name=${jobName}` })).items.some(
        ({ metadata }) => metadata.deletionTimestamp === undefined,
      );
    admits.clear();
    await reached(name, "Queued");
    admits.add("usual");
    await eventually("it runs again", podOf);
    await set(name, { suspend: true });
    await reached(name, "Suspended");
    await eventually("its pod is gone", async () => !(await podOf()));
    admits.clear();
    await set(name, { suspend: false });
    await reached(name, "Queued");
    await set(name, { queueName: "other" });
    admits.add("other");
    await eventually("it runs in the other queue", podOf);
    await set(name, { cancel: true });
    await reached(name, "Cancelled");
    t.match((await client.get(TaskRuns, { namespace, name })).status, { phase: "Cancelled", attempts: 1 });
  },
);

t.test("the operator's account may change only spec.active of a Workload", async (t) => {
  const file = join(t.testdir({}), "kubeconfig");
  await cluster.serviceAccountKubeconfig("orchestrator", "orchestrator-manager", file);
  const operator = clientOf(t, await kubeconfigAccess({ file }));
  const type = { ...Workloads, version: "v1beta1" };
  const key = { namespace, name: "foreign" };
  await client.create(type, { metadata: key, spec: { queueName: "q" } as object });
  const patch = (spec: object): Promise<unknown> => operator.patch(type, key, { type: "merge", body: { spec } });
  await t.resolves(patch({ active: false }));
  await t.rejects(patch({ queueName: "other" }), /may change nothing of a Workload but whether it is active/);
  await t.rejects(patch({ queueName: null }), /may change nothing of a Workload/);
});
