/**
 * The operator as Helm installs it, on a real node: installed, used, upgraded under load, rolled back, uninstalled, and as what follows the
 * original, with the commands of the guides and the runbook. The tests build on each other.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { CodeRuns } from "#src/api/coderun.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { demoAgentImage, DEMO_AGENT_IMAGE, startCluster, type Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { OPERATOR_IMAGE, operatorImage } from "#src/cluster/images/operator-image.js";
import { loadBuiltImage, loadOperatorImage } from "#src/cluster/load-image.js";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { webhooksAnswer } from "#src/cluster/webhooks.js";
import { ConfigMaps, Jobs, Namespaces, Secrets } from "#src/runtime/client/builtin.js";
import { operatorNames } from "#src/configuration/names.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { Helm, noHelm } from "../chart/helm.js";
import { executedDocuments } from "../cli/executed-documents.js";
import { eventually } from "../eventually.js";
import { adminClient } from "../integration/cluster.js";
import { leftovers } from "./leftovers.js";
import { Newcomer } from "./newcomer.js";
import { installOriginal, originalNamespace } from "./original-release.js";
import {
  Creations,
  drainNode,
  earlierVersion,
  killLeader,
  rolledOut,
  runningJobs,
  writeEarlierChart,
} from "./release-scene.js";

const reason =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined);
const skip = reason ?? noHelm;

let cluster: Cluster;
let client: HttpClient;
let helm: Helm;
let newcomer: Newcomer;
const workspace = "team-a-workspace";
const guide = "docs/guide/helm.md";
const uninstallation = "helm uninstall orchestrator -n orchestrator\n";
/** What the documents name, and what this cluster has. */
const replaced = [
  ["registry.example.com/orchestrator", "localhost/agent-orchestrator/orchestrator"],
  ["    model: sonnet\n", `    model: sonnet\n    image: ${DEMO_AGENT_IMAGE}\n    command: [/usr/local/bin/claude]\n`],
  // Kubernetes counts a kind that is new to it only after up to five minutes, in which a quota on it refuses all
  ["    quota:\n      count/taskruns.orchestrator.io: 100\n", ""],
  ["      - kind: Group\n        name: team-a\n", "      - kind: User\n        name: jane\n"],
] as const;

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
    newcomer = new Newcomer(t, {
      programs: [dirname(cluster.kubectl), helm.directory],
      documents: executedDocuments["test/e2e/chart.test.ts"],
      replaced,
      environment: { KUBE_EDITOR: `sed -i 's/^    agent:/    concurrency: { total: 1 }\\n    agent:/'` },
    });
    copyFileSync(cluster.kubeconfig, join(newcomer.directory, "kubeconfig"));
    const directory = await mkdtemp(join(tmpdir(), "chart-"));
    await demoAgentImage(join(directory, "agent.tar"));
    await cluster.loadImage(join(directory, "agent.tar"));
    await rm(directory, { recursive: true });
    await loadOperatorImage(cluster);
    const image = OPERATOR_IMAGE.replace(/[^:]+$/, earlierVersion);
    await loadBuiltImage(cluster, { image, write: (file) => operatorImage(file, image) });
    writeEarlierChart(join(newcomer.directory, "earlier-chart"));
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

/** Follows what the guide prints for one purpose. @param which a file to save, or a part of the commands */
async function follow(t: Test, which: string, document = guide): Promise<void> {
  const all = newcomer.stepsOf(document);
  const saved = all.filter((step) => "save" in step && step.save === which);
  const steps = saved.length > 0 ? saved : all.filter((step) => "run" in step && step.run.includes(which));
  t.ok(steps.length > 0, `${document} has steps with ${which}`);
  await newcomer.follow(t, document, steps);
}

async function shell(script: string): Promise<string> {
  const { code, output } = await newcomer.run(script);
  if (code !== 0) throw new Error(`${script}: ${output}`);
  return output;
}

function save(values: object): void {
  writeFileSync(join(newcomer.directory, "values.yaml"), stringify(values));
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
  await follow(t, "values.yaml");
  await follow(t, "--create-namespace");
  t.match(await shell("helm get notes orchestrator -n orchestrator"), /rollout status -n orchestrator/);
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
  await follow(t, "helm test");
});

t.test("the commands of runbook and production checklist work on an installation", { skip }, async (t) => {
  await newcomer.follow(t, "docs/runbook.md");
  const { data } = await client.get(ConfigMaps, { namespace: "orchestrator", name: operatorNames.configuration });
  t.match(data?.["config.yaml"], /concurrency: \{ total: 1 \}/, "kubectl edit stored the limit");
  await newcomer.follow(t, "docs/guide/production.md");
  await shell("kubectl rollout status -n orchestrator deployment/orchestrator --timeout=60s"); // the leader's pod was deleted
});

t.test(
  "an earlier chart is upgraded and restored, the leader killed and its node drained: each run starts once, no creation fails",
  { skip },
  async (t) => {
    await shell("helm upgrade orchestrator earlier-chart -n orchestrator --wait -f values.yaml");
    await shell(`printf 'manager:\\n  podAnnotations: { example.com/revision: "2" }\\n' >> values.yaml`);
    let [created, id] = [1, 1];
    const create = async (more: object = {}): Promise<void> => {
      // the stream and the test create at the same time
      const { spec, ...rest } = taskRun(++id);
      await client.create(TaskRuns, { ...rest, spec: { ...spec, ...more } }, { fieldValidation: "Strict" });
      created++;
    };
    const configuration = `configmap -n orchestrator ${operatorNames.configuration}`;
    await shell(`kubectl get ${configuration} -o yaml | sed '/concurrency: { total: 1 }/d' | kubectl replace -f -`);
    const later = { budget: { maxTokens: 1000 } };
    await t.rejects(create(later), /unknown field "spec.budget"/, "the earlier definition does not have it");
    id = created;
    const inFlight = { env: [{ name: "DEMO_SECONDS", value: "65" }] };
    await create(inFlight);
    await create(inFlight);
    const before = await eventually("their agents run", () => runningJobs(client, workspace, 2), 30_000);
    // agents at that rate would not fit the node, and take the processors from the replicas, so most are dry runs
    const stream = new Creations((count) =>
      count % 40 !== 0 || created >= 15 ? client.create(TaskRuns, taskRun(999), { dryRun: true }) : create(),
    );
    t.teardown(() => stream.end());
    await follow(t, "helm upgrade orchestrator config");
    t.strictSame(await runningJobs(client, workspace, 2), before, "their agents still run");
    await create(later);
    const drained = await drainNode(cluster, shell);
    t.match(drained, /violate the pod's disruption budget/);
    t.match(drained, /node\/\S+ drained/);
    await rolledOut(cluster);
    const killed = performance.now();
    await killLeader(cluster);
    const mended = performance.now();
    await follow(t, "helm rollback");
    await stream.end();
    t.comment(`${stream.calls} creations, ${created} runs`);
    const meanwhile = stream.failures.filter(({ at }) => at > killed && at < mended);
    t.comment(`${meanwhile.length} creations failed when the leader was killed`, meanwhile);
    if (!t.strictSame(stream.failures, meanwhile))
      for (const what of ["pods", "events", "endpointslices"])
        t.comment(await kubectl(cluster, ["get", what, "-n", "orchestrator", "-o", "wide"]));
    await succeeded(t, created);
    const { items } = await client.list(TaskRuns, { namespace: workspace });
    t.notOk(
      items.some(({ spec }) => spec.budget !== undefined),
      "the earlier definition is back",
    );
  },
);

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
    const refused = await newcomer.run(uninstallation);
    t.equal(refused.code, 1, refused.output);
    t.match(
      await kubectl(cluster, ["logs", "-n", "orchestrator", "job/orchestrator-uninstall"]),
      /1 agent.*Jobs? team-a-workspace/s,
    );
    const name = `taskruns.orchestrator.io/task-${id}`;
    await kubectl(cluster, ["delete", name, "-n", workspace, "--timeout=60s"]);
    const [uninstall] = newcomer.stepsOf(guide).filter((step) => "run" in step && step.run === uninstallation);
    await newcomer.follow(t, guide, uninstall === undefined ? [] : [uninstall]);
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
    t.strictSame(
      (await client.list(Jobs, { namespace: workspace })).items.filter(({ metadata }) =>
        metadata.finalizers?.includes("orchestrator.io/recorded"),
      ),
      [],
    );
    await follow(t, "kubectl delete crd");
    await follow(t, "kubectl delete networkpolicies");
    // Secrets of users, workspaces and namespaces stay, as the guide says
    await eventually("nothing else is left", async () => {
      const left = (await leftovers(cluster)).filter((each) => !each.startsWith("PersistentVolumeClaim "));
      const kept = ["Namespace orchestrator", `Namespace ${workspace}`];
      const secrets = ["orchestrator", workspace].map((namespace) => `Secret ${namespace}/orchestrator-secrets`);
      t.comment(left.join(", "));
      return left.join() === [...kept, ...secrets].join();
    });
  },
);

t.test(
  "an account without rights in the cluster installs the operator for namespaces of its own, twice",
  { skip },
  async (t) => {
    await client.create(Namespaces, { metadata: { name: "own-runs" } });
    for (const name of ["orchestrator", "own-runs"]) {
      await kubectl(cluster, ["create", "role", "all", "-n", name, "--verb=*", "--resource=*.*"]);
      await kubectl(cluster, ["create", "rolebinding", "all", "-n", name, "--role=all", "--user=jim"]);
    }
    save({
      image: { repository: replaced[0][1] },
      watchNamespaces: ["own-runs"],
      configuration: { agent: { image: DEMO_AGENT_IMAGE, command: ["/usr/local/bin/claude"] } },
      test: { enabled: false },
    });
    const [first, again, remove] = newcomer
      .stepsOf(guide)
      .filter((step) => "run" in step && (step.run.includes("install=") || step.run.includes("orchestrator-cluster")));
    if (first === undefined || again === undefined || remove === undefined)
      throw new Error("the guide has other steps");
    // the administrator's lines and those of the other account, which the release tells apart
    const both = join(newcomer.directory, "both");
    mkdirSync(both);
    const real = join(helm.directory, "helm");
    const script = `#!/bin/sh\ncase " $* " in *" orchestrator-cluster "*) ;; *) export HELM_KUBEASUSER=jim ;; esac\nexec ${real} "$@"\n`;
    writeFileSync(join(both, "helm"), script, { mode: 0o755 });
    await shell(`export PATH=${both}:$PATH`);
    await newcomer.follow(t, guide, [first]);
    await answering();
    await key("own-runs");
    await newcomer.follow(t, guide, [again]);
    await answering();
    await client.create(TaskRuns, taskRun(1, "own-runs"));
    await succeeded(t, 1, "own-runs");
    await newcomer.follow(t, guide, [remove]);
    await shell(`export PATH=\${PATH#*:}`);
    await kubectl(cluster, ["delete", "taskruns.orchestrator.io", "--all", "-n", "own-runs", "--timeout=30s"]);
  },
);

t.test("the original's release is migrated side by side, with the printed commands", { skip }, async (t) => {
  const definitions = ["taskruns", "coderuns", "docsruns", "budgets", "deliveries", "schedules"].map(
    (plural) => `${plural}.orchestrator.io`,
  );
  await kubectl(cluster, ["delete", "crd", ...definitions]);
  await kubectl(cluster, ["delete", "namespace", "orchestrator"]);
  await installOriginal(newcomer);
  await newcomer.follow(t, "docs/guide/migrating.md");
  const { items } = await client.list(CodeRuns, { namespace: originalNamespace });
  t.strictSame(
    items.map(({ metadata, spec }) => [metadata.name, spec.suspend ?? false]),
    [
      ["coderun-5", true],
      ["coderun-6", false],
    ],
    "what had ended does not run again",
  );
  t.notMatch(await shell("kubectl get crd -o name; helm list -A -q"), /agents\.platform|^controller$/m);
});

t.test(
  "the remaining commands of the installation guide work; finalizers go without an operator",
  { skip },
  async (t) => {
    await shell("kubectl create namespace team-a && kubectl delete deployment -n orchestrator orchestrator");
    const installation = "docs/guide/install.md";
    for (const part of ["managed-namespace.yaml", "clusterrolebinding", "secret.yaml", "--ignore-not-found"])
      await follow(t, part, installation);
    const left = await shell(
      `kubectl get otr,ocr,odr,jobs -A -o jsonpath='{range .items[*]}{.metadata.finalizers}{"\\n"}{end}'`,
    );
    t.notMatch(left, "orchestrator.io");
    t.strictSame(
      newcomer.remaining.filter((command) => !command.includes("kubectl delete -k")),
      [],
    );
  },
);
