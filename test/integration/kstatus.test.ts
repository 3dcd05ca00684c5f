/** How flux, kpt and `helm --wait` interpret the status of a TaskRun, by the library that they share. */
import { spawn } from "node:child_process";
import t, { type Test } from "tap";
import { findCondition } from "#src/api/conditions.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { findGo } from "#src/cluster/binaries/go.js";
import { kubectl } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { Jobs } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { eventually } from "../eventually.js";
import { goProgram } from "../go-program.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator } from "./operator.js";

const withoutGo = findGo() === undefined && "the library is in Go, and there is none here to build it with";

let cluster: Cluster;
let client: HttpClient;
let program: string;
t.before(async () => {
  if (withoutGo !== false) return;
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  program = await goProgram("test/kstatus", (line) => t.comment(line));
  await startOperator(t, cluster);
});

async function kstatus(run: Stored<TaskRun>): Promise<string> {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
  let answer = "";
  child.stdout.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  child.stdin.end(`${JSON.stringify(run)}\n`);
  await new Promise((resolve) => child.once("close", resolve));
  return (JSON.parse(answer) as { status: string }).status;
}

/** TaskRuns in a namespace of the test, and their outcome. */
class Runs {
  readonly #namespace: string;
  #made = 0;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  create(name: string, spec: Partial<TaskRun["spec"]> = {}, finalizers: string[] = []): Promise<Stored<TaskRun>> {
    const taskId = ++this.#made;
    return client.create(TaskRuns, {
      metadata: { ...this.key(name), finalizers },
      spec: {
        taskId,
        serviceName: `service-${taskId}`,
        markdownFiles: [{ filename: "task.md", content: "# Task\n" }],
        ...spec,
      },
    });
  }

  key(name: string): { namespace: string; name: string } {
    return { namespace: this.#namespace, name };
  }

  /** Waits for a reason, which distinguishes the stages. */
  at(name: string, ...reasons: readonly string[]): Promise<Stored<TaskRun>> {
    return eventually(`${name} is at ${reasons.join(" or ")}`, async () => {
      const run = await client.get(TaskRuns, this.key(name));
      return reasons.includes(run.status?.reason ?? "") && run;
    });
  }

  async change(name: string, spec: Partial<TaskRun["spec"]>): Promise<Stored<TaskRun>> {
    return client.patch(TaskRuns, this.key(name), { type: "merge", body: { spec } });
  }

  async finish(name: string, exitCode: number): Promise<void> {
    const { status } = await this.at(name, "Starting");
    await finishJob(client, await client.get(Jobs, this.key(status?.jobName ?? "")), exitCode);
  }
}

async function runsOf(t: Test): Promise<Runs> {
  return new Runs(await testNamespace(t, client));
}

t.test("a run that was not reconciled yet is InProgress", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  t.equal(await kstatus(await runs.create("new")), "InProgress");
});

t.test("a run is InProgress while it is running, and Current once it succeeded", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  await runs.create("good");
  t.equal(await kstatus(await runs.at("good", "Starting")), "InProgress");
  await runs.finish("good", 0);
  t.equal(await kstatus(await runs.at("good", "Completed")), "Current");
});

t.test(
  "a run that waits for a slot, waits for another run or is suspended is InProgress",
  { skip: withoutGo },
  async (t) => {
    const runs = await runsOf(t);
    await runs.create("works", { serviceName: "shared" });
    await runs.at("works", "Starting");
    await runs.create("queued", { serviceName: "shared" });
    t.equal(await kstatus(await runs.at("queued", "WaitingForSlot")), "InProgress");
    await runs.create("dependent", { dependsOn: ["works"] });
    t.equal(await kstatus(await runs.at("dependent", "WaitingForDependency")), "InProgress");
    await runs.create("suspended", { suspend: true });
    t.equal(await kstatus(await runs.at("suspended", "Suspended")), "InProgress");
    await runs.change("works", { suspend: true });
    t.equal(await kstatus(await runs.at("works", "Suspended")), "InProgress");
  },
);

t.test("a run is InProgress until its next retry, and Failed if none follows", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  await runs.create("retries", { retry: { maxRetries: 1, initialBackoffSeconds: 600, maxBackoffSeconds: 600 } });
  await runs.finish("retries", 1);
  t.equal(await kstatus(await runs.at("retries", "RetryBackOff")), "InProgress");
  await runs.create("fails", { retry: { maxRetries: 0 } });
  await runs.finish("fails", 1);
  t.equal(await kstatus(await runs.at("fails", "AgentFailed")), "Failed");
  t.equal(await kstatus(await runs.change("fails", { retryAttempt: 2 })), "InProgress", "asked to run again");
});

t.test("a run that cannot continue without intervention is Failed", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  await client.create(Jobs, {
    metadata: runs.key("service-1-task-1-run-1"),
    spec: {
      suspend: true,
      template: { spec: { restartPolicy: "Never", containers: [{ name: "other", image: "other" }] } },
    },
  });
  await runs.create("blocked");
  t.equal(await kstatus(await runs.at("blocked", "NameConflict")), "Failed");
});

t.test("a cancelled run is Current, since it is in the requested state", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  await runs.create("cancelled");
  await runs.at("cancelled", "Starting");
  t.equal(await kstatus(await runs.change("cancelled", { cancel: true })), "InProgress", "just asked to stop");
  t.equal(await kstatus(await runs.at("cancelled", "Cancelled")), "Current");
});

t.test("a run that is being deleted is Terminating", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  const hold = "test.orchestrator.io/hold";
  await runs.create("deleted", {}, [hold]);
  await runs.at("deleted", "Starting");
  await client.delete(TaskRuns, runs.key("deleted"));
  const going = await eventually("the operator has let it go", async () => {
    const run = await client.get(TaskRuns, runs.key("deleted"));
    return run.metadata.finalizers?.join() === hold && run;
  });
  t.equal(await kstatus(going), "Terminating");
  await client.patch(TaskRuns, runs.key("deleted"), { type: "merge", body: { metadata: { finalizers: null } } });
});

t.test("kubectl wait --for=condition=Succeeded returns when the run has succeeded", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  const { namespace, name } = runs.key("awaited");
  await runs.create(name);
  const waited = kubectl(cluster, [
    "wait",
    "-n",
    namespace,
    "--for=condition=Succeeded",
    `taskruns.orchestrator.io/${name}`,
    "--timeout=60s",
  ]);
  await runs.finish(name, 0);
  t.match(await waited, /awaited condition met/);
});

/** Waits as documents say, for every kind of end. */
function waitForEnd({ namespace, name }: { namespace: string; name: string }): Promise<string> {
  return kubectl(cluster, [
    ...["wait", "-n", namespace, "--for=condition=Ended", `taskruns.orchestrator.io/${name}`, "--timeout=60s"],
  ]);
}

t.test("kubectl wait --for=condition=Ended returns at every kind of end", { skip: withoutGo }, async (t) => {
  const runs = await runsOf(t);
  await runs.create("good");
  await runs.create("bad", { retry: { maxRetries: 0 } });
  await runs.create("stopped");
  await runs.create("dependent", { dependsOn: ["bad"], onDependencyFailure: "Fail" });
  const names = ["good", "bad", "stopped", "dependent"];
  for (const name of names) {
    const run = await runs.at(name, "Starting", "WaitingForDependency");
    t.match(findCondition(run.status?.conditions, "Ended"), { status: "False", reason: "NotEnded" });
  }
  const waits = names.map((name) => waitForEnd(runs.key(name)));
  await runs.finish("good", 0);
  await runs.finish("bad", 1);
  await runs.change("stopped", { cancel: true });
  for (const wait of waits) t.match(await wait, /condition met/);
  const ends: Record<string, readonly [string, string, string]> = {
    good: ["Succeeded", "Completed", "Current"],
    bad: ["Failed", "RetriesExhausted", "Failed"],
    stopped: ["Cancelled", "Cancelled", "Current"],
    dependent: ["Failed", "DependencyFailed", "Failed"],
  };
  for (const [name, [phase, reason, health]] of Object.entries(ends)) {
    const run = await client.get(TaskRuns, runs.key(name));
    t.equal(run.status?.phase, phase);
    t.match(findCondition(run.status?.conditions, "Ended"), { status: "True", reason });
    t.equal(await kstatus(run), health);
  }

  const isRetried = await runs.change("bad", { retryAttempt: 2 });
  t.equal(await kstatus(isRetried), "InProgress");
  const again = waitForEnd(runs.key("bad"));
  const retried = await runs.at("bad", "Starting");
  t.match(findCondition(retried.status?.conditions, "Ended"), { status: "False", reason: "NotEnded" });
  await runs.finish("bad", 0);
  await again;
  t.equal((await client.get(TaskRuns, runs.key("bad"))).status?.phase, "Succeeded", "it waited for the retry");
});
