/** The end of an installation: what the operator held is released, and nothing is lost. */
import t from "tap";
import { TaskRuns } from "#src/api/taskrun.js";
import { releaseRuns, type ReleaseOptions } from "#src/operations/release-runs.js";
import { Jobs, MutatingWebhookConfigurations, Pods } from "#src/runtime/client/builtin.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { exampleRun, ModelCluster } from "../runs/model-cluster.js";

const namespace = "orchestrator";
const held = ["orchestrator.io/recorded", "example.com/theirs"];
interface Deployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
}
const Deployments = resourceType<Deployment>({
  ...{ group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true },
});

/** A run and its Job, of an operator with two replicas. */
function cluster(job: "running" | "ended"): ModelCluster {
  const model = new ModelCluster();
  model.create(Deployments, { metadata: { namespace, name: "orchestrator" }, spec: { replicas: 2 } });
  model.create(MutatingWebhookConfigurations, { metadata: { name: "orchestrator" } });
  const { metadata: _, ...run } = exampleRun();
  const finalizers = ["taskrun.orchestrator.io/cleanup", "taskruns.orchestrator.io/finalizer", "example.com/theirs"];
  model.create(TaskRuns, { ...run, metadata: { namespace, name: "one", finalizers } });
  const metadata = { namespace, name: "job", labels: { "orchestrator.io/owner-uid": "u1" }, finalizers: held };
  const status = { conditions: job === "ended" ? [{ type: "Complete", status: "True" }] : [] };
  model.create(Jobs, { metadata, spec: { template: {} }, status });
  model.create(Jobs, { metadata: { namespace, name: "theirs", finalizers: ["orchestrator.io/recorded"] } });
  return model;
}

function release(model: ModelCluster, options: Partial<ReleaseOptions> = {}): Promise<void> {
  return releaseRuns({
    ...{ client: model.client(), namespace, namespaces: [], runningAgents: "refuse", webhooks: true },
    ...{ signal: new AbortController().signal, say: () => undefined, ...options },
  });
}

const replicas = (model: ModelCluster): number | undefined => model.get(Deployments, "orchestrator")?.spec?.replicas;

t.test(
  "runs and Jobs stay, without our finalizers, the former ones among them; others' finalizers stay, too",
  async (t) => {
    const model = cluster("ended");
    const said: string[] = [];
    await release(model, { say: (line) => said.push(line) });
    t.strictSame(model.get(TaskRuns, "one")?.metadata.finalizers, ["example.com/theirs"]);
    t.strictSame(model.get(Jobs, "job")?.metadata.finalizers, ["example.com/theirs"]);
    t.strictSame(model.get(Jobs, "theirs")?.metadata.finalizers, ["orchestrator.io/recorded"], "not a Job of a run");
    t.equal(replicas(model), 0);
    t.strictSame(model.all(MutatingWebhookConfigurations), []);
    t.match(said, ["the operator is stopped", "the webhook configurations are deleted", /^1 taskruns are released/]);
    await t.resolves(release(model), "it can be repeated");
  },
);

t.test("with agents that run nothing changes", async (t) => {
  const model = cluster("running");
  const writes = model.log.length;
  await t.rejects(release(model), { name: "OperationError", message: /1 agents? run.*orchestrator\/job/ });
  t.equal(model.log.length, writes);
});

t.test("agents may be left to run on", async (t) => {
  const model = cluster("running");
  await release(model, { runningAgents: "leave" });
  t.strictSame(model.get(Jobs, "job")?.metadata.finalizers, ["example.com/theirs"]);
});

t.test("an agent that started while the operator stopped: the operator is started again", async (t) => {
  const model = cluster("ended");
  model.onWrite = (when, what) => {
    if (when !== "after" || !what.includes("deployments") || replicas(model) !== 0) return;
    model.onWrite = () => undefined;
    model.change(Jobs, "job", (job) => (job.status = {}));
  };
  await t.rejects(release(model), { message: /1 agents? run/ });
  t.equal(replicas(model), 2);
  t.match(model.get(TaskRuns, "one")?.metadata.finalizers, ["taskrun.orchestrator.io/cleanup"]);
});

t.test("an operator that does not stop in time is started again, and nothing is released", async (t) => {
  const model = cluster("ended");
  model.create(Pods, { metadata: { namespace, name: "pod", labels: { app: "orchestrator" } } });
  const signal = AbortSignal.abort();
  await t.rejects(release(model, { signal, clock: new FakeClock() }), { message: /do not stop/ });
  t.equal(replicas(model), 2);
  t.match(model.get(TaskRuns, "one")?.metadata.finalizers, ["taskrun.orchestrator.io/cleanup"]);
});

t.test("only the given namespaces are touched", async (t) => {
  const model = cluster("ended");
  await release(model, { namespaces: ["other"], webhooks: false });
  t.match(model.get(TaskRuns, "one")?.metadata.finalizers, ["taskrun.orchestrator.io/cleanup"]);
  t.equal(model.all(MutatingWebhookConfigurations).length, 1);
});
