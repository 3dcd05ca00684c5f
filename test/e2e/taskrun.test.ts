/** TaskRuns whose pods really run: on a real node, with real kubectl, and the operator with only its own permissions. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { parseAllDocuments, stringify } from "yaml";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims, Pods, Secrets } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { demoAgent, realCluster, taskRun, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? false;
let real: RealCluster;
if (skip === false) t.before(async () => void (real = await realCluster(t)));

t.test(
  "the sample succeeds in a namespace that enforces restricted, and its agent reads the files",
  { skip },
  async (t) => {
    await real.client.apply(Secrets, {
      metadata: { namespace: "orchestrator", name: "orchestrator-secrets" },
      stringData: { ANTHROPIC_API_KEY: "sk-very-secret-value" },
    });
    const sample = await readFile(join(packageRoot, "config/samples/taskrun-auth-service.yaml"), "utf8");
    t.match(await real.kubectl(["apply", "-f", "-"], sample), /auth-service-task-1001 created/);
    const wanted = parseAllDocuments(sample)[0]?.toJS() as TaskRun;
    const run = await real.phase(t, wanted, "Succeeded");
    const log = await real.logs(run);
    for (const { filename } of wanted.spec.markdownFiles) t.match(log, `.task/1001/run-1/${filename}`);
    t.notMatch(log, /sk-very-secret-value/);
    t.match(run.status, { sessionId: "demo-1001-1", message: /wrote RESULT-1001\.md/ });
    const { items: pods } = await real.client.list(Pods, { namespace: "orchestrator", labelSelector: "task-id=1001" });
    t.equal(pods.length, 1);
    for (const { spec } of pods) {
      // the node reports no storage, so the pod could not be scheduled if it requested any
      for (const { name, resources } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])])
        t.match(
          resources,
          { limits: { memory: /Mi|Gi/, "ephemeral-storage": /Gi/ }, requests: { "ephemeral-storage": "0" } },
          name,
        );
      const scratch = (spec?.volumes ?? []).flatMap(({ emptyDir }) => (emptyDir === undefined ? [] : [emptyDir]));
      t.same(scratch, [{ sizeLimit: "10Gi" }, { sizeLimit: "10Gi" }, { sizeLimit: "64Mi" }]);
    }
    const table = await real.kubectl(["get", "otr", "-n", "orchestrator"]);
    t.match(table, /NAME\s+TASK\s+SERVICE\s+AGENT\s+RUN\s+PHASE\s+REASON\s+AGE/);
    t.match(table, /auth-service-task-1001\s+1001\s+auth-service\s+claude-agent-1\s+1\s+Succeeded/);
    await real.kubectl([
      "wait",
      "--for=condition=Succeeded",
      "--timeout=5s",
      "-n",
      "orchestrator",
      "taskruns.orchestrator.io/auth-service-task-1001",
    ]);
    t.match(
      await real.kubectl(["describe", "otr", "-n", "orchestrator", "auth-service-task-1001"]),
      /Events:[\s\S]*Succeeded/,
    );
  },
);

t.test(
  "a failed agent makes its TaskRun Failed, with the exit code and the command for its log",
  { skip },
  async (t) => {
    const namespace = await real.restrictedNamespace(t);
    const run = taskRun(namespace, { env: [{ name: "DEMO_EXIT", value: "3" }] });
    await real.kubectl(["apply", "-f", "-"], stringify(run));
    const failed = await real.phase(t, run, "Failed");
    t.match(failed.status?.runs?.[0], { number: 1, outcome: "Failed", exitCode: 3 });
    t.match(failed.status?.message, /3/);
    t.match(failed.status?.message, /kubectl logs/);
    t.equal((await real.client.list(Jobs, { namespace })).items.length, 1, "the budget of zero retries is kept");
  },
);

t.test("a second run of a service works in the workspace of the first", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const first = taskRun(namespace, { taskId: 1 });
  await real.kubectl(["apply", "-f", "-"], stringify(first));
  await real.phase(t, first, "Succeeded");
  await real.configure({
    agent: { ...demoAgent, command: ["/bin/sh", "-c", 'cat RESULT-1.md && ls .task && echo "in $TRACEPARENT"'] },
  });
  t.teardown(() => real.configure({ agent: demoAgent }));
  const trace = "a".repeat(32);
  const plain = taskRun(namespace, { taskId: 2 });
  const annotations = { "orchestrator.io/traceparent": `00-${trace}-${"b".repeat(16)}-01` };
  const second = { ...plain, metadata: { ...plain.metadata, annotations } };
  await real.kubectl(["apply", "-f", "-"], stringify(second));
  const log = await real.logs(await real.phase(t, second, "Succeeded"));
  t.match(log, new RegExp(`^in 00-${trace}-(?!b{16})[0-9a-f]{16}-01$`, "m"), "the agent continues the trace");
  t.match(log, /# Task 1, run 1/);
  t.match(log, /^1\n2$/m);
});

for (const killed of [false, true]) {
  t.test(
    `deleting a running TaskRun leaves no pod, Job, ConfigMap or finalizer within 30 s${killed ? ", even if the manager is killed meanwhile" : ""}`,
    { skip },
    async (t) => {
      const namespace = await real.restrictedNamespace(t);
      const run = taskRun(namespace, { env: [{ name: "DEMO_SECONDS", value: "600" }] });
      await real.kubectl(["apply", "-f", "-"], stringify(run));
      await eventually("its agent works", async () => {
        const { items } = await real.client.list(Pods, { namespace });
        return items.some(({ status }) => status?.phase === "Running");
      });
      if (killed) await real.cluster.signalComponent("operator", "SIGKILL");
      await real.kubectl(["delete", "-n", namespace, "taskruns.orchestrator.io/task-1", "--wait=false"]);
      if (killed) await real.cluster.restartComponent("operator");
      const isNothingLeft = async (): Promise<boolean> => {
        const [pods, jobs, files, runs] = await Promise.all([
          real.client.list(Pods, { namespace }),
          real.client.list(Jobs, { namespace }),
          real.client.list(ConfigMaps, { namespace, labelSelector: "orchestrator.io/owner-uid" }),
          real.client.list(TaskRuns, { namespace }),
        ]);
        return [pods, jobs, files, runs].every(({ items }) => items.length === 0);
      };
      await eventually("nothing is left", isNothingLeft, 30_000);
      const claims = await real.client.list(PersistentVolumeClaims, { namespace });
      t.same(
        claims.items.map(({ metadata }) => metadata.name),
        ["auth-service-workspace-pvc"],
        "its workspace stays",
      );
    },
  );
}

/** Text that is a command, a variable, a delimiter or a new document to a program that interprets it. */
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

t.test("text that looks like shell, YAML or a template reaches the pod unchanged", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  // base64, so that the log or a terminal cannot change the text
  const script = [
    "b64() { base64 | tr -d '\\n'; }",
    'printf "env HOSTILE "; printf %s "$HOSTILE" | b64; echo',
    'for file in .task/1/run-1/*.md .task/1/run-1/metadata.yaml CLAUDE.md /etc/claude-code/managed-settings.json; do printf "file %s " "${file##*/}"; b64 < "$file"; echo; done',
  ].join("\n");
  await real.configure({ agent: { ...demoAgent, command: ["/bin/sh", "-c"], args: [script] } });
  t.teardown(() => real.configure({ agent: demoAgent }));
  const run = taskRun(namespace, {
    env: [{ name: "HOSTILE", value: hostile }],
    agentTools: [{ name: "bash", enabled: true, restrictions: [restriction] }],
    markdownFiles: [
      { filename: "task.md", content: hostile, fileType: "task" },
      { filename: "-rf.md", content: `${hostile}\n`, fileType: "context" },
      { filename: "a.b-c_d.md", content: "---\n" },
    ],
  });
  await real.kubectl(["apply", "-f", "-"], stringify(run));
  const log = await real.logs(await real.phase(t, run, "Succeeded"));
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

t.test("hostile names are denied in fields that are not free text", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
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
    await t.rejects(real.kubectl(["apply", "-f", "-"], stringify(taskRun(namespace, spec))), {
      message: new RegExp(field.replaceAll(/[.[\]]/g, "\\$&")),
    });
  }
  await t.rejects(real.client.get(TaskRuns, { namespace, name: "task-1" }), NotFound);
});
