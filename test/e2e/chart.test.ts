/** The operator as Helm installs it, on a real node: installed, used, upgraded under load, rolled back, uninstalled. The tests build on each other. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { demoAgentImage, DEMO_AGENT_IMAGE, startCluster, type Cluster } from "#src/cluster/index.js";
import { OPERATOR_IMAGE, operatorImage } from "#src/cluster/images/operator-image.js";
import { kubectl } from "#src/cluster/install.js";
import { loadBuiltImage } from "#src/cluster/load-image.js";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { webhooksAnswer } from "#src/cluster/webhooks.js";
import { Jobs, Namespaces, Secrets } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { chart, Helm, noHelm } from "../chart/helm.js";
import { eventually } from "../eventually.js";
import { adminClient } from "../integration/cluster.js";

const reason =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined);
const skip = reason ?? noHelm;
const full = process.env.TEST_FULL === "1";

let cluster: Cluster;
let client: HttpClient;
let helm: Helm;
const workspace = "team-a-workspace";
const release = ["orchestrator", chart, "-n", "orchestrator"];
const values = {
  test: { enabled: true },
  tenants: [{ name: "team-a", editors: [{ kind: "User", name: "jane" }] }],
  configuration: { agent: { image: DEMO_AGENT_IMAGE } },
};

if (skip === false)
  t.before(async () => {
    cluster = await startCluster({
      name: `chart-${randomBytes(3).toString("hex")}`,
      node: "real",
      progress: (line) => t.comment(line),
    });
    t.teardown(() => cluster.stop());
    client = await adminClient(t, cluster);
    helm = await Helm.build((line) => t.comment(line), cluster.kubeconfig);
    t.teardown(() => helm.close());
    const directory = await mkdtemp(join(tmpdir(), "chart-"));
    await demoAgentImage(join(directory, "agent.tar"));
    await cluster.loadImage(join(directory, "agent.tar"));
    await rm(directory, { recursive: true });
    await loadBuiltImage(cluster, { image: OPERATOR_IMAGE, write: operatorImage });
  });

function taskRun(taskId: number, namespace = workspace, seconds?: number): TaskRun {
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { namespace, name: `task-${taskId}` },
    spec: {
      ...{ taskId, serviceName: `service-${taskId}`, retry: { maxRetries: 0 } },
      ...(seconds === undefined ? {} : { env: [{ name: "DEMO_SECONDS", value: String(seconds) }] }),
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
      markdownFiles: [{ filename: "prompt.md", content: "# Prompt\nBe quick.\n", fileType: "prompt" }],
    },
  };
}

async function key(namespace: string): Promise<void> {
  const metadata = { namespace, name: "orchestrator-secrets" };
  await client.create(Secrets, { metadata, stringData: { ANTHROPIC_API_KEY: "none" } });
}

/** Helm's wait ends when the pods are ready; kube-proxy programs the Service a moment later. */
async function answering(): Promise<void> {
  await eventually("the webhooks answer", () => webhooksAnswer(cluster), 30_000);
}

async function succeeded(t: Test, count: number, namespace = workspace): Promise<void> {
  await eventually(
    `${count} TaskRuns are Succeeded`,
    async () => {
      const { items } = await client.list(TaskRuns, { namespace });
      return items.length === count && items.every(({ status }) => status?.phase === "Succeeded");
    },
    90_000,
  ).catch(async (error: unknown) => {
    t.comment(await kubectl(cluster, ["get", "-n", namespace, "otr,job,pod"]));
    t.comment(await kubectl(cluster, ["describe", "-n", namespace, "otr"]));
    throw error;
  });
  const { items } = await client.list(Jobs, { namespace });
  t.equal(items.length, count, "each started once");
}

t.test("helm install gives two replicas, a tenant's run succeeds, and helm test passes", { skip }, async (t) => {
  const args = ["install", ...release, "--create-namespace", "--wait", "--timeout", "120s", "-f", "-"];
  t.match(await helm.run(args, stringify(values)), /rollout status -n orchestrator/, "the notes say what to do next");
  await answering();
  await key(workspace);
  await key("orchestrator");
  const run = stringify(taskRun(1));
  t.match(await kubectl(cluster, ["create", "--as=jane", "-f", "-"], run), /task-1 created/);
  await t.rejects(
    kubectl(cluster, ["create", "--as=jane", "-f", "-"], stringify(taskRun(1, "orchestrator"))),
    /forbidden/,
  );
  await succeeded(t, 1);
  const { code, output, errors } = await helm.try(["test", "orchestrator", "-n", "orchestrator", "--logs"]);
  t.equal(code, 0, "helm test passes");
  if (code !== 0) t.comment(errors + output);
  t.match(output, "0 errors", "and its log can be read");
});

t.test("no creation fails during an upgrade and a rollback, and each run starts once", { skip }, async (t) => {
  const failures: string[] = [];
  let created = 1;
  const isOver = new AbortController();
  let last = 0;
  // without pause; more than one agent in two seconds would not fit the node, so most are dry runs
  const stream = (async () => {
    while (!isOver.signal.aborted) {
      const dryRun = Date.now() - last < 2_000;
      if (!dryRun) last = Date.now();
      const run = taskRun(dryRun ? 999 : created + 1);
      await client.create(TaskRuns, run, { dryRun }).then(
        () => void (created += dryRun ? 0 : 1),
        (error: unknown) => void failures.push(String(error)),
      );
    }
  })();
  const changed = { ...values, manager: { podAnnotations: { "example.com/revision": "2" } } };
  await helm.run(["upgrade", ...release, "--wait", "--timeout", "120s", "-f", "-"], stringify(changed));
  if (full) await killLeader();
  await helm.run(["rollback", "orchestrator", "1", "-n", "orchestrator", "--wait", "--timeout", "120s"]);
  isOver.abort();
  await stream;
  t.comment(`${created} runs`);
  if (full) t.comment(`${failures.length} creations failed when the leader was killed`);
  else t.strictSame(failures, []);
  await succeeded(t, created);
});

/** Its pod is gone without a farewell; the other replica leads when the Lease has expired. */
async function killLeader(): Promise<void> {
  const lease = ["get", "lease/orchestrator", "-n", "orchestrator", "-o", "jsonpath={.spec.holderIdentity}"];
  const before = await kubectl(cluster, lease);
  const [pod = ""] = before.split("_");
  await kubectl(cluster, ["delete", "pod", pod, "-n", "orchestrator", "--grace-period=0", "--force"]);
  await eventually(
    "another replica leads",
    async () => ((await kubectl(cluster, lease)) !== before ? true : undefined),
    60_000,
  );
}

t.test(
  "helm uninstall refuses while an agent runs, and then leaves runs that can be deleted, and nothing that waits",
  { skip },
  async (t) => {
    const { items: before } = await client.list(TaskRuns, { namespace: workspace });
    const id = before.length + 1;
    await client.create(TaskRuns, taskRun(id, workspace, 600));
    await eventually(
      "the agent runs",
      async () =>
        (await client.get(TaskRuns, { namespace: workspace, name: `task-${id}` })).status?.phase === "Running",
      30_000,
    );
    const uninstall = ["uninstall", "orchestrator", "-n", "orchestrator", "--timeout", "120s"];
    const { code, errors } = await helm.try(uninstall);
    t.equal(code, 1, errors);
    t.match(
      await kubectl(cluster, ["logs", "-n", "orchestrator", "job/orchestrator-uninstall"]),
      /1 agent.*Jobs? team-a-workspace/s,
    );
    const name = `taskruns.orchestrator.io/task-${id}`;
    await kubectl(cluster, ["delete", name, "-n", workspace, "--timeout=60s"]);
    await helm.run(uninstall);
    for (const left of [
      "mutatingwebhookconfigurations",
      "validatingwebhookconfigurations",
      "clusterroles",
      "clusterrolebindings",
    ])
      t.equal(
        await kubectl(cluster, ["get", left, "-l", "app.kubernetes.io/instance=orchestrator", "-o", "name"]),
        "",
        left,
      );
    const { items } = await client.list(TaskRuns, { namespace: workspace });
    t.equal(items.length, before.length, "the runs are still there");
    await kubectl(cluster, ["delete", "taskruns.orchestrator.io", "--all", "-n", workspace, "--timeout=30s"]);
    t.strictSame(
      (await client.list(Jobs, { namespace: workspace })).items.filter(({ metadata }) =>
        metadata.finalizers?.includes("orchestrator.io/recorded"),
      ),
      [],
    );
  },
);

t.test(
  "an account without rights in the cluster installs the operator for namespaces of its own",
  { skip },
  async (t) => {
    for (const name of ["own", "own-runs"]) {
      await client.create(Namespaces, { metadata: { name } });
      await kubectl(cluster, ["create", "role", "all", "-n", name, "--verb=*", "--resource=*.*"]);
      await kubectl(cluster, ["create", "rolebinding", "all", "-n", name, "--role=all", "--user=jim"]);
    }
    const own = { watchNamespaces: ["own-runs"], configuration: values.configuration, test: { enabled: false } };
    await helm.run(
      ["install", "orchestrator-cluster", chart, "-n", "own", "--take-ownership", "-f", "-"],
      stringify({ ...own, install: "cluster" }),
    );
    const args = [
      "install",
      "orchestrator",
      chart,
      "-n",
      "own",
      "--kube-as-user",
      "jim",
      "--wait",
      "--timeout",
      "120s",
      "-f",
      "-",
    ];
    await helm.run(args, stringify({ ...own, install: "namespaced" }));
    await answering();
    await key("own-runs");
    await client.create(TaskRuns, taskRun(1, "own-runs"));
    await succeeded(t, 1, "own-runs");
    await helm.run(["uninstall", "orchestrator", "-n", "own", "--kube-as-user", "jim", "--timeout", "120s"]);
    await helm.run(["uninstall", "orchestrator-cluster", "-n", "own", "--timeout", "60s"]);
    await kubectl(cluster, ["delete", "taskruns.orchestrator.io", "--all", "-n", "own-runs", "--timeout=30s"]);
  },
);
