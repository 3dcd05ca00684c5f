/** The whole operator against a real API server and controller-manager; a "finisher" plays the kubelet. */
import { readFile } from "node:fs/promises";
import t, { type Test } from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims } from "#src/runtime/client/builtin.js";
import { Invalid, NotFound } from "#src/runtime/client/errors.js";
import { configurationKey, operatorNames } from "#src/configuration/names.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator, type OperatorProcess } from "./operator.js";

let cluster: Cluster;
let operator: OperatorProcess;
t.before(async () => {
  cluster = await testCluster(t);
  operator = await startOperator(t, cluster);
});

function taskRun(namespace: string, name: string, spec: Partial<TaskRun["spec"]> = {}): TaskRun {
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

async function phase(client: HttpClient, run: TaskRun, wanted: string): Promise<Stored<TaskRun>> {
  const key = { namespace: run.metadata?.namespace ?? "", name: run.metadata?.name ?? "" };
  return eventually(`${key.name} is ${wanted}`, async () => {
    const current = await client.get(TaskRuns, key);
    return current.status?.phase === wanted && current;
  });
}

async function jobsOf(client: HttpClient, namespace: string): Promise<Stored<Job>[]> {
  return (await client.list(Jobs, { namespace })).items;
}

t.test(
  "a TaskRun gets its defaults at admission, then its workspace, its files and a Job, and ends Succeeded",
  async (t) => {
    const client = await adminClient(t, cluster);
    const namespace = await testNamespace(t, client);
    const created = await client.create(TaskRuns, taskRun(namespace, "first", { priority: "high" }));
    t.match(created, {
      metadata: {
        finalizers: ["taskrun.orchestrator.io/cleanup"],
        labels: { "task-id": "1", service: "auth-service", priority: "high", "orchestrator.io/task-id": "1" },
      },
      spec: { model: "sonnet", serviceAccountName: "default", workspace: { pvcName: "auth-service-workspace-pvc" } },
    });
    const running = await phase(client, created, "Running");
    t.match(running.status, {
      configMapName: "auth-service-task-1-run-1-files",
      jobName: "auth-service-task-1-run-1",
      attempts: 1,
      observedGeneration: 1,
    });
    t.match((await client.get(ConfigMaps, { namespace, name: "auth-service-task-1-run-1-files" })).data, {
      "task.md": "# Task\n",
      "CLAUDE.md": /@\.task\/1\/run-1\/task\.md/,
    });
    await client.get(PersistentVolumeClaims, { namespace, name: "auth-service-workspace-pvc" });
    const [job] = await jobsOf(client, namespace);
    t.ok(job);
    if (job === undefined) return;
    await finishJob(client, job);
    const ended = await phase(client, created, "Succeeded");
    t.match(
      ended.status?.conditions?.find(({ type }) => type === "Succeeded"),
      { status: "True" },
    );
    t.ok(ended.status?.completionTime);
    t.match(await operator.metrics(), /taskrun_jobs_created_total [1-9]/);
    t.match(operator.log, /"msg":"TaskRun reconciled successfully"/);
    t.notMatch(operator.log, /Warning:/, "and Node has nothing to complain of");
  },
);

t.test("a run takes four writes until Succeeded, plus one for a new workspace", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  for (const [taskId, expected] of [
    [1, 5],
    [2, 4],
  ] as const) {
    const created = await client.create(TaskRuns, taskRun(namespace, `run-${taskId}`, { taskId }));
    await phase(client, created, "Running");
    const job = (await jobsOf(client, namespace)).find(({ metadata }) => metadata.name.includes(`task-${taskId}`));
    t.ok(job);
    if (job === undefined) return;
    await finishJob(client, job);
    await phase(client, created, "Succeeded");
    const writes = await eventually("the audit log has them", async () => {
      const found = await operatorWrites(namespace, `task-${taskId}-`, `run-${taskId}`, taskId === 1);
      return found.length >= expected && found;
    });
    t.equal(writes.length, expected, writes.join(", "));
  }
});

/** The operator's writes about one run, from the API server's audit log; Events aside. */
async function operatorWrites(
  namespace: string,
  owned: string,
  name: string,
  withWorkspace: boolean,
): Promise<string[]> {
  const found: string[] = [];
  for (const line of (await readFile(cluster.auditLog, "utf8")).split("\n")) {
    if (line === "") continue;
    let entry: AuditEntry;
    try {
      entry = JSON.parse(line) as AuditEntry;
    } catch {
      continue; // the last line is being written
    }
    if (entry.stage !== "ResponseComplete" || entry.objectRef?.namespace !== namespace) continue;
    if (!entry.user.username.endsWith(":orchestrator-manager")) continue;
    if (!["create", "update", "patch", "delete"].includes(entry.verb) || entry.objectRef.resource === "events")
      continue;
    const about = entry.objectRef.name ?? "";
    const isWorkspace = entry.objectRef.resource === "persistentvolumeclaims";
    if (!(about.includes(owned) || about === name || (isWorkspace && withWorkspace))) continue;
    found.push(`${entry.verb} ${entry.objectRef.resource}${entry.objectRef.subresource ? "/status" : ""} ${about}`);
  }
  return found;
}

interface AuditEntry {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
}

t.test("a killed manager continues after its restart, and starts no second Job", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const created = await client.create(TaskRuns, taskRun(namespace, "survivor"));
  const running = await phase(client, created, "Running");
  await operator.end("SIGKILL");
  const [job] = await jobsOf(client, namespace);
  t.ok(job);
  if (job === undefined) return;
  await finishJob(client, job);
  await operator.start();
  const ended = await phase(client, created, "Succeeded");
  t.equal(ended.status?.jobName, running.status?.jobName);
  const jobs = await jobsOf(client, namespace);
  t.same(
    jobs.map(({ metadata }) => metadata.uid),
    [job.metadata.uid],
  );
});

t.test("a succeeded TaskRun does not run again when its Job is deleted and the manager restarts", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const created = await client.create(TaskRuns, taskRun(namespace, "done"));
  await phase(client, created, "Running");
  const [job] = await jobsOf(client, namespace);
  t.ok(job);
  if (job === undefined) return;
  await finishJob(client, job);
  await phase(client, created, "Succeeded");
  await client.delete(Jobs, { namespace, name: job.metadata.name });
  await eventually("the Job is gone", async () => (await jobsOf(client, namespace)).length === 0);
  await operator.end("SIGTERM");
  await operator.start();
  const other = await client.create(TaskRuns, taskRun(namespace, "other", { taskId: 2 }));
  await phase(client, other, "Running");
  t.equal((await client.get(TaskRuns, { namespace, name: "done" })).status?.phase, "Succeeded");
  t.same(
    (await jobsOf(client, namespace)).map(({ metadata }) => metadata.name),
    ["auth-service-task-2-run-1"],
  );
});

for (const killed of [false, true]) {
  t.test(
    `deleting a running TaskRun leaves no Job and no ConfigMap, and keeps the workspace${killed ? ", even if the manager is killed meanwhile" : ""}`,
    async (t) => {
      const client = await adminClient(t, cluster);
      const namespace = await testNamespace(t, client);
      const created = await client.create(TaskRuns, taskRun(namespace, "short-lived"));
      await phase(client, created, "Running");
      if (killed) await operator.end("SIGKILL");
      await client.delete(TaskRuns, { namespace, name: "short-lived" });
      if (killed) {
        const waiting = await client.get(TaskRuns, { namespace, name: "short-lived" });
        t.same(waiting.metadata.finalizers, ["taskrun.orchestrator.io/cleanup"]);
        await operator.start();
      }
      await eventually("nothing of the run is left", async () => {
        const gone = await client.get(TaskRuns, { namespace, name: "short-lived" }).then(
          () => false,
          (error: unknown) => error instanceof NotFound,
        );
        const { items: files } = await client.list(ConfigMaps, {
          namespace,
          labelSelector: "orchestrator.io/owner-uid",
        });
        return gone && (await jobsOf(client, namespace)).length === 0 && files.length === 0;
      });
      await client.get(PersistentVolumeClaims, { namespace, name: "auth-service-workspace-pvc" });
    },
  );
}

t.test(
  "the second of two TaskRuns in one workspace waits, says for what, and starts when the first has ended",
  async (t) => {
    const client = await adminClient(t, cluster);
    const namespace = await testNamespace(t, client);
    const first = await client.create(TaskRuns, taskRun(namespace, "first", { taskId: 1 }));
    await phase(client, first, "Running");
    const second = await client.create(TaskRuns, taskRun(namespace, "second", { taskId: 2 }));
    const elsewhere = await client.create(
      TaskRuns,
      taskRun(namespace, "elsewhere", { taskId: 3, serviceName: "billing" }),
    );
    await phase(client, elsewhere, "Running");
    const waiting = await phase(client, second, "Pending");
    t.match(
      waiting.status?.conditions?.find(({ type }) => type === "Admitted"),
      { status: "False", reason: "WaitingForSlot" },
    );
    t.match(waiting.status, {
      reason: "WaitingForSlot",
      message: /perWorkspace.*workspace .*auth-service-workspace-pvc/,
    });
    const jobs = await jobsOf(client, namespace);
    t.same(jobs.map(({ metadata }) => metadata.name).sort(), ["auth-service-task-1-run-1", "billing-task-3-run-1"]);
    const [job] = jobs.filter(({ metadata }) => metadata.name === "auth-service-task-1-run-1");
    if (job !== undefined) await finishJob(client, job);
    const started = await phase(client, second, "Running");
    t.match(
      started.status?.conditions?.find(({ type }) => type === "Admitted"),
      { status: "True", reason: "SlotFree" },
    );
    await phase(client, first, "Succeeded");
  },
);

t.test("a second TaskRun of the same task is denied with the name of the first", async (t) => {
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  await client.create(TaskRuns, taskRun(namespace, "first"));
  await phase(client, taskRun(namespace, "first"), "Running");
  const denial = await client.create(TaskRuns, taskRun(namespace, "second")).catch((error: unknown) => error);
  t.type(denial, Invalid);
  t.match((denial as Invalid).message, /first/);
});

t.test("writes of the manager never call its webhooks", async (t: Test) => {
  const before = await operator.metrics();
  const count = (metrics: string): number =>
    [...metrics.matchAll(/^controller_runtime_webhook_requests_total\{.*\} (\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const created = await client.create(TaskRuns, taskRun(namespace, "quiet"));
  await phase(client, created, "Running");
  await client.delete(TaskRuns, { namespace, name: "quiet" });
  await eventually("it is gone", () =>
    client.get(TaskRuns, { namespace, name: "quiet" }).then(
      () => false,
      (error: unknown) => error instanceof NotFound,
    ),
  );
  // one call to each of the two, for the creation
  t.equal(count(await operator.metrics()) - count(before), 2);
});

t.test(
  "finished work that history removed is not run again by a hundred syncs, whatever happens to the leader",
  async (t) => {
    const client = await adminClient(t, cluster);
    const namespace = await testNamespace(t, client);
    const configuration = { namespace: "orchestrator", name: operatorNames.configuration };
    const configure = (text: string): Promise<unknown> =>
      client.apply(ConfigMaps, { metadata: configuration, data: { [configurationKey]: text } }, { force: true });
    t.teardown(() => configure(""));
    const manifests = [1, 2, 3, 4].map((number) =>
      taskRun(namespace, `synced-${number}`, { taskId: number, serviceName: `synced-${number}` }),
    );
    const sync = async (): Promise<Stored<TaskRun>[]> =>
      Promise.all(manifests.map((manifest) => client.apply(TaskRuns, manifest, { force: true })));
    const list = async (): Promise<Stored<TaskRun>[]> => (await client.list(TaskRuns, { namespace })).items;
    const finish = async (): Promise<void> => {
      for (const job of await jobsOf(client, namespace))
        if (job.status?.completionTime === undefined) await finishJob(client, job);
    };
    const removedByHistory = async (): Promise<void> => {
      await configure("history: {keepPerService: 0}");
      await eventually("history has removed all", async () => (await list()).length === 0);
    };
    await sync();
    await eventually("all run", async () => (await list()).every(({ status }) => status?.phase === "Running"));
    await finish();
    await removedByHistory();

    const ledger = { namespace: "orchestrator", name: "orchestrator-ledger-1" };
    const disturbances: readonly (() => Promise<unknown>)[] = [
      () => Promise.resolve(),
      async () => {
        await operator.end("SIGTERM");
        await operator.start();
      },
      async () => {
        await operator.end("SIGKILL");
        await operator.start();
      },
      async () => {
        await sync();
        // a ledger that is deleted before the leader has read it is lost
        await eventually("the leader has read the ledger", async () =>
          (await list()).every(({ status }) => status?.phase === "Succeeded"),
        );
        await client.delete(ConfigMaps, ledger);
        await eventually("the ledger is written again", () => client.get(ConfigMaps, ledger));
        await operator.end("SIGKILL");
        await operator.start();
      },
    ];
    for (const disturb of disturbances) {
      await disturb();
      for (let sync25 = 0; sync25 < 25; sync25++) await sync();
      await eventually("all have ended as before", async () =>
        (await list()).every(({ status }) => status?.phase === "Succeeded" && status.attempts === 0),
      );
      t.same(await jobsOf(client, namespace), [], "no Job was started");
      // they disappear while nobody sees it, so that the next syncs create them again
      await operator.end("SIGKILL");
      for (const { metadata } of await list()) {
        const run = { namespace, name: metadata.name };
        await client.delete(TaskRuns, run);
        await client.patch(TaskRuns, run, { type: "merge", body: { metadata: { finalizers: null } } });
      }
      await operator.start();
    }

    t.comment("a changed spec, a raised retryAttempt, and what a person deletes and applies");
    const [first, second, third, fourth] = await sync();
    if (first === undefined || second === undefined || third === undefined || fourth === undefined)
      throw new Error("4");
    await eventually("all have ended as before", async () =>
      (await list()).every(({ status }) => status?.phase === "Succeeded" && status.attempts === 0),
    );
    await client.delete(TaskRuns, { namespace, name: first.metadata.name });
    await eventually(
      "it is gone",
      async () => !(await list()).some(({ metadata }) => metadata.name === first.metadata.name),
    );
    await sync();
    await phase(client, first, "Running");
    const raise = { type: "merge", body: { spec: { retryAttempt: 2 } } } as const;
    await client.patch(TaskRuns, { namespace, name: second.metadata.name }, raise);
    await phase(client, second, "Running");
    await client.patch(
      TaskRuns,
      { namespace, name: third.metadata.name },
      {
        type: "merge",
        body: { spec: { contextVersion: 2, markdownFiles: [{ filename: "task.md", content: "# Other\n" }] } },
      },
    );
    await phase(client, third, "Running");
    t.match((await client.get(TaskRuns, { namespace, name: fourth.metadata.name })).status, {
      phase: "Succeeded",
      attempts: 0,
    });
    t.equal((await jobsOf(client, namespace)).length, 3);
  },
);
