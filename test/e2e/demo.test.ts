/** `npm run demo` as a new user runs it, after the build. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { stringify } from "yaml";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { findCluster } from "#src/cluster/index.js";
import { packageRoot } from "#src/version.js";
import { testCluster } from "../cluster/local-cluster.js";

const reason =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined);
const skip = reason ?? false;
const temporary = await mkdtemp(join(tmpdir(), "demo-test-"));
t.teardown(() => rm(temporary, { recursive: true, force: true }));

function demo(...args: string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(packageRoot, "dist/demo/demo.js"), ...args], {
      cwd: packageRoot,
      env: { ...process.env, TMPDIR: temporary },
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.once("close", (code) => resolve({ code, text }));
  });
}

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

t.test(
  "the demo shows the sample from kubectl apply to its agent's log, ends with Succeeded, and leaves no cluster",
  { skip },
  async (t) => {
    const name = `demo-${randomBytes(3).toString("hex")}`;
    const { code, text } = await demo("--name", name);
    t.equal(code, 0, text);
    t.equal(lastLine(text), "demo: TaskRun orchestrator/auth-service-task-1001 Succeeded");
    for (const part of [
      "$ kubectl apply -f config/samples/taskrun-auth-service.yaml",
      "taskrun.orchestrator.io/auth-service-task-1001 created",
      "TaskRun orchestrator/auth-service-task-1001 Running",
      "- Task details: @.task/1001/run-1/task.md",
      "demo agent: read .task/1001/run-1/prompt.md",
      "--- kubectl get -n orchestrator otr,job,pvc\n",
      "taskrun_jobs_created_total 1",
    ]) {
      t.ok(text.includes(part), part);
    }
    t.match(text, /auth-service-task-1001\s+1001\s+auth-service\s+claude-agent-1\s+1\s+Succeeded/);
    t.equal(await findCluster(name), undefined);
    t.same(await readdir(temporary), [], "no file is left");
  },
);

t.test("files that cannot be read or contain no TaskRun are reported before anything starts", async (t) => {
  for (const [file, said] of [
    ["nowhere.yaml", /^demo: ENOENT: .*nowhere\.yaml'\n$/],
    [join(packageRoot, "config/samples/secret.yaml"), /^demo: there is no TaskRun in .*secret\.yaml\n$/],
  ] as const) {
    const { code, text } = await demo("--file", file);
    t.equal(code, 1);
    t.match(text, said);
  }
});

t.test("any TaskRuns run on an existing cluster, and a failed one makes the demo fail", { skip }, async (t) => {
  const cluster = await testCluster(t, { node: "real" });
  const file = join(t.testdir({}), "runs.yaml");
  const run = (name: string, taskId: number, code: string): string =>
    stringify({
      apiVersion: "orchestrator.io/v1",
      kind: "TaskRun",
      metadata: { name, namespace: "default" },
      spec: {
        taskId,
        serviceName: `service-${taskId}`,
        markdownFiles: [{ filename: "prompt.md", fileType: "prompt", content: "Be quick.\n" }],
        env: [{ name: "DEMO_EXIT", value: code }],
      },
    });
  await writeFile(file, [run("good", 1, "0"), run("bad", 2, "5")].join("---\n"));
  const { code, text } = await demo("--kubeconfig", cluster.kubeconfig, "--context", cluster.name, "--file", file);
  t.equal(code, 1, text);
  t.match(text, /^demo: TaskRun default\/good Succeeded$/m);
  t.match(text, /^demo: TaskRun default\/bad Failed: .*5/m);
  t.ok(await findCluster(cluster.name), "the cluster stays");
  const absent = await demo("--kubeconfig", cluster.kubeconfig, "--context", "nowhere");
  t.equal(absent.code, 1);
  t.match(absent.text, /demo: .*nowhere/);
});
