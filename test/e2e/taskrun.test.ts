/** TaskRuns whose pods really run: on a real node, through real kubectl, the operator with its own rights only. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { parseAllDocuments, stringify } from "yaml";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { demoAgentImage, DEMO_AGENT_IMAGE, startCluster, type Cluster } from "#src/cluster/index.js";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { startOperator } from "#src/cluster/operator.js";
import { ConfigMaps, Jobs, Namespaces, PersistentVolumeClaims, Pods, Secrets } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { adminClient } from "../integration/cluster.js";

const reason =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined);
const skip = reason ?? false;

let cluster: Cluster;
let client: HttpClient;
let operatorUrl: string;

/** What every test's agent is, unless it asks for another: the demo agent, in a size that many fit at once. */
const agent = {
  image: DEMO_AGENT_IMAGE,
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
};

if (reason === undefined) {
  t.before(async () => {
    cluster = await startCluster({
      name: `e2e-${randomBytes(3).toString("hex")}`,
      node: "real",
      progress: (line) => t.comment(line),
    });
    t.teardown(() => cluster.stop());
    client = await adminClient(t, cluster);
    const directory = await mkdtemp(join(tmpdir(), "e2e-"));
    await demoAgentImage(join(directory, "agent.tar"));
    await cluster.loadImage(join(directory, "agent.tar"));
    await rm(directory, { recursive: true });
    ({ url: operatorUrl } = await startOperator(cluster, { arguments: ["--no-leader-elect", "--log-level=debug"] }));
    await configure({ agent });
  });
}

/** Puts the configuration into force: the operator says how often it has read a new one. */
async function configure(configuration: object): Promise<void> {
  const before = await reloads();
  await client.apply(ConfigMaps, {
    metadata: { name: "taskrun-controller-config", namespace: "orchestrator" },
    // the comment makes each a change
    data: {
      "config.yaml": `# ${randomBytes(4).toString("hex")}\n${stringify({ storage: { size: "1Gi" }, retry: { maxRetries: 0 }, ...configuration })}`,
    },
  });
  await eventually("the configuration is in force", async () => (await reloads()) > before);
}

async function reloads(): Promise<number> {
  const metrics = await (await fetch(`${operatorUrl}/metrics`)).text();
  return Number(/^orchestrator_config_reloads_total\{result="accepted"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

function kubectl(args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      cluster.kubectl,
      ["--kubeconfig", cluster.kubeconfig, ...args],
      { maxBuffer: 64 << 20 },
      (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr))),
    );
    child.stdin?.end(input ?? "");
  });
}

/** A namespace that lets only pods of the strictest standard in, with the agents' Secret. */
async function restrictedNamespace(t: Test): Promise<string> {
  const name = `e2e-${randomBytes(4).toString("hex")}`;
  await client.create(Namespaces, {
    metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
  await client.create(Secrets, {
    metadata: { namespace: name, name: "orchestrator-secrets" },
    stringData: { ANTHROPIC_API_KEY: "sk-very-secret-value" },
  });
  t.teardown(() => client.delete(Namespaces, { name }));
  return name;
}

function taskRun(namespace: string, spec: Partial<TaskRun["spec"]> = {}): TaskRun {
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { namespace, name: `task-${spec.taskId ?? 1}` },
    spec: {
      taskId: 1,
      serviceName: "auth-service",
      markdownFiles: [
        { filename: "task.md", content: "# Task\nDo it.\n", fileType: "task" },
        { filename: "prompt.md", content: "# Prompt\nBe quick.\n", fileType: "prompt" },
      ],
      ...spec,
    },
  };
}

async function ended(run: TaskRun, wanted: string): Promise<Stored<TaskRun>> {
  const key = { namespace: run.metadata?.namespace ?? "", name: run.metadata?.name ?? "" };
  return eventually(
    `${key.name} is ${wanted}`,
    async () => {
      const current = await client.get(TaskRuns, key);
      return current.status?.phase === wanted && current;
    },
    60_000,
  ).catch(async (error: unknown) => {
    t.comment(await kubectl(["describe", "-n", key.namespace, "tr,job,pod,pvc"]));
    throw error;
  });
}

async function logs(run: Stored<TaskRun>): Promise<string> {
  return kubectl([
    "logs",
    "-n",
    run.metadata.namespace ?? "",
    `job/${run.status?.jobName ?? ""}`,
    "-c",
    "claude-agent",
  ]);
}

t.test(
  "the sample runs to Succeeded in a namespace that enforces restricted, its files read by the agent",
  { skip },
  async (t) => {
    await client.apply(Secrets, {
      metadata: { namespace: "orchestrator", name: "orchestrator-secrets" },
      stringData: { ANTHROPIC_API_KEY: "sk-very-secret-value" },
    });
    const sample = await readFile(join(packageRoot, "config/samples/taskrun-auth-service.yaml"), "utf8");
    t.match(await kubectl(["apply", "-f", "-"], sample), /auth-service-task-1001 created/);
    const wanted = parseAllDocuments(sample)[0]?.toJS() as TaskRun;
    const run = await ended(wanted, "Succeeded");
    const log = await logs(run);
    for (const { filename } of wanted.spec.markdownFiles) t.match(log, `.task/1001/run-1/${filename}`);
    t.notMatch(log, /sk-very-secret-value/);
    t.match(run.status, { sessionId: "demo-1001-1", message: /wrote RESULT-1001\.md/ });
    const table = await kubectl(["get", "tr", "-n", "orchestrator"]);
    t.match(table, /NAME\s+TASK\s+SERVICE\s+AGENT\s+RUN\s+PHASE\s+AGE/);
    t.match(table, /auth-service-task-1001\s+1001\s+auth-service\s+claude-agent-1\s+1\s+Succeeded/);
    await kubectl([
      "wait",
      "--for=condition=Succeeded",
      "--timeout=5s",
      "-n",
      "orchestrator",
      "tr/auth-service-task-1001",
    ]);
    t.match(
      await kubectl(["describe", "tr", "-n", "orchestrator", "auth-service-task-1001"]),
      /Events:[\s\S]*Succeeded/,
    );
  },
);

t.test(
  "an agent that fails makes its TaskRun Failed, with the exit code and how to read its log",
  { skip },
  async (t) => {
    const namespace = await restrictedNamespace(t);
    const run = taskRun(namespace, { env: [{ name: "DEMO_EXIT", value: "3" }] });
    await kubectl(["apply", "-f", "-"], stringify(run));
    const failed = await ended(run, "Failed");
    t.match(failed.status?.runs?.[0], { number: 1, outcome: "Failed", exitCode: 3 });
    t.match(failed.status?.message, /3/);
    t.match(failed.status?.message, /kubectl logs/);
    t.equal((await client.list(Jobs, { namespace })).items.length, 1, "the budget of zero retries is kept");
  },
);

t.test("a second run of a service works in the workspace that the first one left", { skip }, async (t) => {
  const namespace = await restrictedNamespace(t);
  const first = taskRun(namespace, { taskId: 1 });
  await kubectl(["apply", "-f", "-"], stringify(first));
  await ended(first, "Succeeded");
  await configure({ agent: { ...agent, command: ["/bin/sh", "-c", "cat RESULT-1.md && ls .task"] } });
  t.teardown(() => configure({ agent }));
  const second = taskRun(namespace, { taskId: 2 });
  await kubectl(["apply", "-f", "-"], stringify(second));
  const log = await logs(await ended(second, "Succeeded"));
  t.match(log, /# Task 1, run 1/);
  t.match(log, /^1\n2$/m);
});

for (const killed of [false, true]) {
  t.test(
    `deleting a running TaskRun leaves no pod, Job, ConfigMap or finalizer within 30 s${killed ? ", also when the manager was killed in between" : ""}`,
    { skip },
    async (t) => {
      const namespace = await restrictedNamespace(t);
      const run = taskRun(namespace, { env: [{ name: "DEMO_SECONDS", value: "600" }] });
      await kubectl(["apply", "-f", "-"], stringify(run));
      await eventually("its agent works", async () => {
        const { items } = await client.list(Pods, { namespace });
        return items.some(({ status }) => status?.phase === "Running");
      });
      if (killed) await cluster.signalComponent("operator", "SIGKILL");
      await kubectl(["delete", "-n", namespace, "tr/task-1", "--wait=false"]);
      if (killed) await cluster.restartComponent("operator");
      await eventually("nothing is left", async () => {
        const [pods, jobs, files, runs] = await Promise.all([
          client.list(Pods, { namespace }),
          client.list(Jobs, { namespace }),
          client.list(ConfigMaps, { namespace, labelSelector: "orchestrator.io/owner-uid" }),
          client.list(TaskRuns, { namespace }),
        ]);
        return [pods, jobs, files, runs].every(({ items }) => items.length === 0);
      });
      const claims = await client.list(PersistentVolumeClaims, { namespace });
      t.same(
        claims.items.map(({ metadata }) => metadata.name),
        ["auth-service-workspace-pvc"],
        "its workspace stays",
      );
    },
  );
}

/** Text that is a command, a variable, an end of something or a new document to whoever reads it as more than text. */
const hostile = [
  "$(id)",
  "$(ANTHROPIC_API_KEY)",
  "$$(TASK_ID)",
  "`id`",
  "${HOME}",
  "';id;'",
  '";id;"',
  "a\nb\r\n---\nkind: Pod\n",
  "{{ .Values }} {{{x}}} <%= 1 %>",
  "--flag -e \\ \\n \\x41 %s %n !! ~ * ?",
  "ünïcödé ☃ 日本語 \u{1f980}",
  "&& rm -rf / || : > /dev/null 2>&1 #",
  "key: value # comment\n- &anchor *alias !!js/function",
].join("\n");

const restriction = "rm -rf $(id) `id` \"';{{x}}";

t.test("text that tries to be shell, YAML or a template arrives in the pod as it was written", { skip }, async (t) => {
  const namespace = await restrictedNamespace(t);
  // base64 for each: what a log or a terminal would do to the text must not matter
  const script = [
    "b64() { base64 | tr -d '\\n'; }",
    'printf "env HOSTILE "; printf %s "$HOSTILE" | b64; echo',
    'for file in .task/1/run-1/*.md .task/1/run-1/metadata.yaml CLAUDE.md /etc/claude-code/managed-settings.json; do printf "file %s " "${file##*/}"; b64 < "$file"; echo; done',
  ].join("\n");
  await configure({ agent: { ...agent, command: ["/bin/sh", "-c"], args: [script] } });
  t.teardown(() => configure({ agent }));
  const run = taskRun(namespace, {
    env: [{ name: "HOSTILE", value: hostile }],
    agentTools: [{ name: "bash", enabled: true, restrictions: [restriction] }],
    markdownFiles: [
      { filename: "task.md", content: hostile, fileType: "task" },
      { filename: "-rf.md", content: `${hostile}\n`, fileType: "context" },
      { filename: "a.b-c_d.md", content: "---\n" },
    ],
  });
  await kubectl(["apply", "-f", "-"], stringify(run));
  const log = await logs(await ended(run, "Succeeded"));
  const found = new Map(
    log
      .trim()
      .split("\n")
      .map((line): [string, string] => {
        const [kind = "", name = "", text = ""] = line.split(" ");
        return [`${kind} ${name}`, Buffer.from(text, "base64").toString("utf8")];
      }),
  );
  t.equal(found.get("env HOSTILE"), hostile);
  const managed = JSON.parse(found.get("file managed-settings.json") ?? "") as { permissions: { deny: string[] } };
  t.same(managed.permissions.deny, [`Bash(${restriction})`]);
  t.equal(found.get("file task.md"), hostile);
  t.equal(found.get("file -rf.md"), `${hostile}\n`);
  t.equal(found.get("file a.b-c_d.md"), "---\n");
  t.match(found.get("file CLAUDE.md"), "@.task/1/run-1/task.md");
});

t.test("hostile names are denied where text has no business", { skip }, async (t) => {
  const namespace = await restrictedNamespace(t);
  const denied: readonly (readonly [string, Partial<TaskRun["spec"]>])[] = [
    ["spec.serviceName", { serviceName: "$(id)" }],
    ["spec.markdownFiles[0].filename", { markdownFiles: [{ filename: "$(id).md", content: "x" }] }],
    ["spec.env[0].name", { env: [{ name: "A=$(id)", value: "x" }] }],
    ["spec.image", { image: "busybox; id" }],
    ["spec.serviceAccountName", { serviceAccountName: "../default" }],
    ["spec.workspace.pvcName", { workspace: { pvcName: "a\nb" } }],
    ["spec.model", { model: "claude-$(id)" }],
    ["spec.agentName", { agentName: "`id`" }],
  ];
  for (const [field, spec] of denied) {
    await t.rejects(kubectl(["apply", "-f", "-"], stringify(taskRun(namespace, spec))), {
      message: new RegExp(field.replaceAll(/[.[\]]/g, "\\$&")),
    });
  }
  await t.rejects(client.get(TaskRuns, { namespace, name: "task-1" }), NotFound);
});
