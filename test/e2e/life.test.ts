/** Actions of users and clusters on runs, on real pods: agents never overlap, and each end is reported. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { TaskRuns } from "#src/api/taskrun.js";
import { decodeTranscript } from "#src/archive/archived-transcript.js";
import { DirectoryStore } from "#src/archive/directory-store.js";
import { findCondition } from "#src/api/conditions.js";
import { ConfigMaps, Jobs, Namespaces, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import { doctorCommand } from "#src/cli/doctor.js";
import type { Finding } from "#src/cli/doctor/finding.js";
import { outcomeOf } from "../cli/command-line.js";
import { eventually } from "../eventually.js";
import { noBrowser, openPage, startBrowser } from "../page/browser.js";
import { startLocalPage } from "../page/local-page.js";
import { accountToken, startRestServer } from "../integration/rest-server.js";
import { Caller, EventReader } from "../server/served-app.js";
import { demoAgent, realCluster, taskRun, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? false;
let real: RealCluster;
if (skip === false) {
  t.before(async () => {
    real = await realCluster(t);
    await real.configure(configuration);
  });
}

/** Short enough for a test to wait, and longer than any normal start takes. */
const configuration = { agent: demoAgent, stuckPodSeconds: 16 };

/** An agent that runs until it is stopped. */
const long = { env: [{ name: "DEMO_SECONDS", value: "600" }] };

t.test("suspending stops the agent, and resuming starts it again in the same attempt", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const run = taskRun(namespace, long);
  await real.apply(run);
  const first = await real.worker(namespace);
  await real.kubectl([
    "patch",
    "-n",
    namespace,
    "taskruns.orchestrator.io/task-1",
    "--type=merge",
    "-p",
    '{"spec":{"suspend":true}}',
  ]);
  await eventually("no agent works", async () => (await real.livePods(namespace)).length === 0);
  const waiting = await real.phase(t, run, "Pending");
  t.match(waiting.status?.message, /suspended/);
  await real.kubectl([
    "patch",
    "-n",
    namespace,
    "taskruns.orchestrator.io/task-1",
    "--type=merge",
    "-p",
    '{"spec":{"suspend":false}}',
  ]);
  const second = await real.worker(namespace);
  t.not(second.metadata.uid, first.metadata.uid);
  t.equal((await real.get(run)).status?.attempts, 1);
});

t.test(
  "the page shows the output of a real agent while it works",
  { skip: skip || (noBrowser ?? false) },
  async (t) => {
    const namespace = await real.restrictedNamespace(t);
    await real.apply(taskRun(namespace, long));
    await real.worker(namespace);
    const { link } = await startLocalPage(t, real.cluster.kubeconfig, namespace);
    const { page, problems } = await openPage(t, await startBrowser(t));
    await page.goto(link);
    await page.getByRole("link", { name: "task-1" }).click();
    await page.keyboard.press("2");
    await page.getByText(/^Attempt 1, pod /).waitFor();
    await page.getByText(/demo agent: step 1 of/).waitFor();
    const file = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    t.equal((await file).suggestedFilename(), "task-1.log");
    t.strictSame(problems, []);
  },
);

t.test("cancelling stops the agent permanently", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const run = taskRun(namespace, long);
  await real.apply(run);
  await real.worker(namespace);
  await real.kubectl([
    "patch",
    "-n",
    namespace,
    "taskruns.orchestrator.io/task-1",
    "--type=merge",
    "-p",
    '{"spec":{"cancel":true}}',
  ]);
  const cancelled = await real.phase(t, run, "Cancelled");
  t.match(cancelled.status?.runs, [{ outcome: "Cancelled" }]);
  t.equal((await real.livePods(namespace)).length, 0, "it says Cancelled only once no agent is left");
  await t.rejects(
    real.kubectl([
      "patch",
      "-n",
      namespace,
      "taskruns.orchestrator.io/task-1",
      "--type=merge",
      "-p",
      '{"spec":{"cancel":false}}',
    ]),
    { message: /spec.cancel/ },
  );
});

t.test("new files start a new attempt after the agent with the old files has ended", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const run = taskRun(namespace, long);
  await real.apply(run);
  const old = await real.worker(namespace);
  const most = { alive: 0 };
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      const working = (await real.livePods(namespace)).filter(({ status }) => status?.phase === "Running");
      most.alive = Math.max(most.alive, working.length);
    }
  })();
  const changed = taskRun(namespace, {
    contextVersion: 2,
    markdownFiles: [
      { filename: "task.md", content: "# Other\n", fileType: "task" },
      { filename: "prompt.md", content: "# Prompt\n", fileType: "prompt" },
    ],
  });
  await real.apply(changed);
  const ended = await real.phase(t, run, "Succeeded");
  watching.abort();
  await watch;
  t.equal(most.alive, 1);
  t.match(ended.status?.runs, [
    { number: 1, outcome: "Replaced" },
    { number: 2, cause: "ContextChanged", outcome: "Succeeded" },
  ]);
  t.match(await real.logs(ended), /# Other/);
  const { items } = await real.client.list(Pods, { namespace });
  t.notOk(items.some(({ metadata }) => metadata.uid === old.metadata.uid));
});

t.test("the deadline stops the agent, and the status says so", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const run = taskRun(namespace, { ...long, activeDeadlineSeconds: 3 });
  await real.apply(run);
  const failed = await real.phase(t, run, "Failed");
  t.match(failed.status?.runs?.[0], { outcome: "Failed", reason: "DeadlineExceeded" });
  t.match(failed.status?.message, /activeDeadlineSeconds/);
});

/**
 * Follows the output of the run as events and as text, through a REST server, as a caller who may read runs and logs and nothing else.
 * The result waits for the end of both, and checks that they have the output of three attempts.
 */
async function followThroughServer(t: Test, namespace: string): Promise<() => Promise<void>> {
  const token = await accountToken(real.client, namespace, "reader");
  const read = ["--verb=get,list,watch", "--resource=taskruns.orchestrator.io,pods,pods/log"];
  await real.kubectl(["create", "role", "reader", "-n", namespace, ...read]);
  const who = ["--role=reader", `--serviceaccount=${namespace}:reader`];
  await real.kubectl(["create", "rolebinding", "reader", "-n", namespace, ...who]);
  const server = await startRestServer(t, real.cluster, real.client, namespace);
  const run = `/api/v1/namespaces/${namespace}/taskruns/task-1`;
  // the first attempt may have ended by now
  const url = server.url(`${run}/logs?follow=true&attempt=1`);
  const events = new EventReader(t, url, token);
  const text = new EventReader(t, url, token, { accept: "text/plain" });
  const cancelled = await new Caller(t, server.url(""), token).post(`${run}/cancel`);
  t.equal(cancelled.status, 403, "who may read may not cancel");
  return async () => {
    await Promise.all([events.done, text.done]);
    const attempts = [1, 2, 3];
    const begun = events.events.filter(({ event }) => event === "attempt").map(({ data }) => data);
    t.match(
      begun,
      attempts.map((attempt) => ({ attempt })),
    );
    t.match(events.events.at(-1), { event: "end", data: {} });
    const outputs = events.events.filter(({ event }) => event === "output").map(({ data }) => data as { text: string });
    t.equal(outputs.map((output) => output.text).join(""), text.text, "both are the same output");
    for (const attempt of attempts) t.match(text.text, `demo agent: task 1, run ${attempt}, `);
  };
}

t.test("a failed agent is retried in a new Job, and a terminal exit code ends the run at once", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const policy = { maxRetries: 2, initialBackoffSeconds: 1, maxBackoffSeconds: 1, terminalExitCodes: [7] };
  const failing = taskRun(namespace, { env: [{ name: "DEMO_EXIT", value: "3" }], retry: policy });
  await real.apply(failing);
  const checkOutput = await followThroughServer(t, namespace);
  const failed = await real.phase(t, failing, "Failed");
  await checkOutput();
  t.match(failed.status?.runs, [
    { number: 1, cause: "Initial", outcome: "Failed", exitCode: 3 },
    { number: 2, cause: "AutomaticRetry", outcome: "Failed", exitCode: 3 },
    { number: 3, cause: "AutomaticRetry", outcome: "Failed", exitCode: 3 },
  ]);
  t.match(findCondition(failed.status?.conditions, "Ended"), { status: "True", reason: "RetriesExhausted" });
  const hopeless = taskRun(namespace, { taskId: 2, env: [{ name: "DEMO_EXIT", value: "7" }], retry: policy });
  await real.apply(hopeless);
  const ended = await real.phase(t, hopeless, "Failed");
  t.equal(ended.status?.attempts, 1);
  t.match(findCondition(ended.status?.conditions, "Ended"), { reason: "TerminalExitCode" });
});

t.test("an evicted agent continues in a new pod of the same attempt, without using a retry", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const run = taskRun(namespace, { ...long, retry: { maxRetries: 0 } });
  await real.apply(run);
  const pod = await real.worker(namespace);
  await real.client.raw({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/eviction`,
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod.metadata.name, namespace } },
  });
  await eventually(
    "another pod works",
    async () => {
      const pods = await real.livePods(namespace);
      return pods.some(({ metadata, status }) => metadata.uid !== pod.metadata.uid && status?.phase === "Running");
    },
    60_000,
  );
  t.match((await real.get(run)).status, { phase: "Running", attempts: 1 });
});

t.test("deleting a run without its finalizer leaves no agent behind", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  const run = taskRun(namespace, long);
  await real.apply(run);
  await real.worker(namespace);
  await real.kubectl([
    "patch",
    "-n",
    namespace,
    "taskruns.orchestrator.io/task-1",
    "--type=merge",
    "-p",
    '{"metadata":{"finalizers":null}}',
  ]);
  await real.kubectl(["delete", "-n", namespace, "taskruns.orchestrator.io/task-1", "--wait=false"]);
  await eventually(
    "nothing of it is left",
    async () => {
      const [runs, pods, jobs, files] = await Promise.all([
        real.client.list(TaskRuns, { namespace }),
        real.client.list(Pods, { namespace }),
        real.client.list(Jobs, { namespace }),
        real.client.list(ConfigMaps, { namespace, labelSelector: "orchestrator.io/owner-uid" }),
      ]);
      return [runs, pods, jobs, files].every(({ items }) => items.length === 0);
    },
    60_000,
  );
  t.equal((await real.client.list(PersistentVolumeClaims, { namespace })).items.length, 1);
});

t.test("a namespace with running attempts can be deleted", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  await real.apply(taskRun(namespace, long));
  await real.worker(namespace);
  await real.client.delete(Namespaces, { name: namespace });
  await eventually(
    "it is gone",
    async () => (await real.client.list(Namespaces)).items.every(({ metadata }) => metadata.name !== namespace),
    60_000,
  );
});

t.test("a workspace whose StorageClass does not exist is reported as such", { skip }, async (t) => {
  const namespace = await real.restrictedNamespace(t);
  await real.configure({ ...configuration, storage: { size: "1Gi", storageClassName: "no-such-class" } });
  const run = taskRun(namespace);
  await real.apply(run);
  const reported = await real.when(t, run, "reports it", ({ status }) => (status?.message ?? "").includes("not bound"));
  t.match(reported.status?.message, /auth-service-workspace-pvc, is not bound: .*"no-such-class" not found/);
  t.match(findCondition(reported.status?.conditions, "WorkspaceReady"), { status: "False" });
  await real.configure(configuration);
});

t.test(
  "doctor finds no error but the network plugin, which its probe shows to ignore policies",
  { skip },
  async (t) => {
    const namespace = await real.restrictedNamespace(t);
    const { kubeconfig } = real.cluster;
    const args = ["--kubeconfig", kubeconfig, "--runs-namespace", namespace, "--probe-network", "-o", "json"];
    const { code, out } = await outcomeOf(doctorCommand, args);
    const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
    t.match(
      findings.filter(({ severity }) => severity === "error" || severity === "notChecked"),
      [{ check: "network policies", severity: "error", message: /does not enforce/ }],
    );
    t.equal(code, 1);
    await eventually("its pods are gone", async () => (await real.client.list(Pods, { namespace })).items.length === 0);
  },
);

t.test(
  "finished runs beyond the history limit are archived with their logs, and deleted with their Jobs",
  { skip },
  async (t) => {
    const namespace = await real.restrictedNamespace(t);
    for (const taskId of [1, 2, 3]) {
      const run = taskRun(namespace, { taskId });
      await real.apply(run);
      await real.phase(t, run, "Succeeded");
    }
    const directory = mkdtempSync(join(tmpdir(), "archive-"));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const archive = { configMap: "run-history", directory, transcriptKiB: 64 };
    await real.configure({ ...configuration, history: { keepPerService: 1, archive } });
    await eventually(
      "one is left",
      async () => {
        const { items } = await real.client.list(TaskRuns, { namespace });
        return items.length === 1 && items[0]?.metadata.name === "task-3";
      },
      60_000,
    );
    const { data } = await real.client.get(ConfigMaps, { namespace, name: "run-history" });
    const lines = (data?.["taskruns.jsonl"] ?? "").trimEnd().split("\n");
    t.match(
      lines.map((line) => JSON.parse(line) as unknown),
      [{ name: "task-1", status: { phase: "Succeeded" } }, { name: "task-2" }],
    );
    const { items: jobs } = await real.client.list(Jobs, { namespace });
    t.match(
      jobs.map(({ metadata }) => [metadata.name, metadata.annotations?.["orchestrator.io/transcript"]]),
      [["auth-service-task-3-run-1", "kept"]],
    );
    const store = new DirectoryStore(directory);
    const { signal } = new AbortController();
    const removed = await store.list({ namespace, plural: "taskruns" }, { limit: 10 }, signal);
    t.match(removed.entries, [{ name: "task-1" }, { name: "task-2" }]);
    const present = await real.client.get(TaskRuns, { namespace, name: "task-3" });
    for (const { name, uid } of [...removed.entries, present.metadata]) {
      const log = await store.get({ namespace, plural: "taskruns", name, uid, attempt: 1 }, signal);
      const { text, container, isCut } = await decodeTranscript(log ?? Buffer.alloc(0));
      t.match({ container, isCut }, { container: "claude-agent", isCut: false });
      t.match(text, new RegExp(`^demo agent: task ${name.slice(-1)}, run 1, `, "m"));
    }
  },
);
