/** Many runs in few workspaces, on real pods: limits, priorities and all sorts of failures at once. */
import { readFile } from "node:fs/promises";
import t from "tap";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { always, Observer } from "../chaos/observer.js";
import { demoAgent, realCluster, taskRun, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? false;
const isFull = process.env.TEST_FULL === "1";
const count = isFull ? 200 : 16;
const workspaces = isFull ? 20 : 4;
const agents = isFull ? 5 : 2;
const limits = { total: isFull ? 8 : 4, perAgent: 3 };
const priorities = ["low", "medium", "high", "critical"] as const;

let real: RealCluster;
if (skip === false) t.before(async () => void (real = await realCluster(t)));

interface Fate {
  readonly phase: "Succeeded" | "Failed";
  readonly attempts: number;
  readonly spec: Partial<TaskRun["spec"]>;
}

const succeeds: Fate = { phase: "Succeeded", attempts: 1, spec: {} };
/** The outcome of run k: of ten, six succeed, two use up their retries, one ends at once, one has no image. */
const fates: readonly Fate[] = [
  succeeds,
  { phase: "Failed", attempts: 2, spec: { env: [{ name: "DEMO_EXIT", value: "1" }] } },
  succeeds,
  succeeds,
  { phase: "Failed", attempts: 1, spec: { env: [{ name: "DEMO_EXIT", value: "42" }] } },
  succeeds,
  { phase: "Failed", attempts: 2, spec: { env: [{ name: "DEMO_EXIT", value: "1" }] } },
  succeeds,
  succeeds,
  { phase: "Failed", attempts: 1, spec: { image: "localhost/no/such:image", retry: { maxRetries: 0 } } },
];

t.test(
  "many runs in few workspaces all end as expected, start in order of priority, and never exceed a limit",
  { skip, timeout: 3_600_000 },
  async (t) => {
    const namespace = await real.restrictedNamespace(t);
    await real.configure({
      agent: demoAgent,
      stuckPodSeconds: 20,
      concurrency: { ...limits, agingSeconds: 1_000_000 },
      retry: { maxRetries: 1, initialBackoffSeconds: 1, maxBackoffSeconds: 2, terminalExitCodes: [42] },
    });
    const observer = await Observer.of(t, real.client, namespace, [
      ...always,
      { name: "total", of: () => "all", most: limits.total },
      { name: "agent", of: ({ metadata }) => metadata?.labels?.["orchestrator.io/agent"], most: limits.perAgent },
    ]);
    // all runs depend on it, so that they start to compete at the same moment
    const gate = taskRun(namespace, {
      taskId: 100_000,
      serviceName: "gate",
      env: [{ name: "DEMO_SECONDS", value: "3" }],
    });
    await real.client.create(TaskRuns, gate);
    const wanted = Array.from({ length: count }, (_, index) => {
      const workspace = index % workspaces;
      const fate = fates[Math.floor(index / workspaces) % fates.length] ?? succeeds;
      const run = taskRun(namespace, {
        taskId: index + 1,
        serviceName: `service-${workspace}`,
        agentName: `agent-${workspace % agents}`,
        priority: priorities[(index * 7) % priorities.length] ?? "medium",
        dependsOn: [gate.metadata?.name ?? ""],
        env: [{ name: "DEMO_SECONDS", value: "1" }],
        ...fate.spec,
      });
      return { run, fate };
    });
    for (const { run } of wanted) await real.client.create(TaskRuns, run);
    await observer.ended(count + 1, isFull ? 3_000_000 : 400_000).catch(async (error: unknown) => {
      t.comment(await real.kubectl(["get", "-n", namespace, "otr,job,pod", "-o", "wide"]));
      throw error;
    });
    const { items: ended } = await real.client.list(TaskRuns, { namespace });
    t.comment(`${observer.jobs} Jobs; most at once: ${JSON.stringify([...observer.peaks])}`);
    const found = new Map(ended.map((run) => [run.metadata.name, run]));
    for (const { run, fate } of wanted) {
      const { phase, attempts } = found.get(run.metadata?.name ?? "")?.status ?? {};
      t.same({ phase, attempts }, { phase: fate.phase, attempts: fate.attempts }, run.metadata?.name ?? "");
    }
    t.equal(observer.peaks.get("total"), limits.total, "the limit was reached, so it was worth having");
    t.same(await misplaced(ended, namespace), [], "in each workspace by priority, then by age");
    const paid = wanted.reduce((sum, { fate }) => sum + fate.attempts, 1);
    t.equal(observer.jobs, paid, "as many Jobs as were paid for");
  },
);

/** Pairs of runs of one workspace whose first Jobs were created in the wrong order, by the audit log. */
async function misplaced(runs: readonly Stored<TaskRun>[], namespace: string): Promise<string[]> {
  const starts = await firstStarts(namespace);
  const rank = ({ spec }: TaskRun): number => priorities.indexOf(spec.priority ?? "medium");
  const started = ({ spec }: TaskRun): number => starts.indexOf(`${spec.serviceName}-task-${spec.taskId}-run-1`);
  // creation times have whole seconds: of two runs of the same second, either may start first
  const isBefore = (a: Stored<TaskRun>, b: Stored<TaskRun>): boolean =>
    rank(a) > rank(b) ||
    (rank(a) === rank(b) && (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? ""));
  return runs.flatMap((run) =>
    runs
      .filter((other) => other.spec.serviceName === run.spec.serviceName && isBefore(run, other))
      .filter((other) => started(run) > started(other))
      .map((other) => `${run.metadata.name} after ${other.metadata.name}`),
  );
}

interface AuditEntry {
  readonly stage: string;
  readonly verb: string;
  readonly objectRef?: { readonly resource: string; readonly namespace?: string; readonly name?: string };
}

/** Names of the Jobs in the order in which they were created. */
async function firstStarts(namespace: string): Promise<string[]> {
  const lines = (await readFile(real.cluster.auditLog, "utf8")).split("\n").filter((line) => line !== "");
  return lines.flatMap((line) => {
    if (!line.includes('"resource":"jobs"') || !line.includes('"verb":"create"')) return [];
    const { stage, objectRef } = JSON.parse(line) as AuditEntry;
    const isOne = stage === "ResponseComplete" && objectRef?.namespace === namespace && objectRef.name !== undefined;
    return isOne ? [objectRef.name] : [];
  });
}
