/**
 * The manager is killed at each write for a run, before and after the API server processes it: the run ends in the same
 * state, and every attempt is started once.
 */
import t from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { TaskRuns, type TaskRun, type TaskRunStatus } from "#src/api/taskrun.js";
import { ConfigMaps, Jobs, Pods } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import type { Interceptor, Seen } from "../chaos/interceptor.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startIntercepted, type OperatorProcess } from "./operator.js";

let cluster: Cluster;
let client: HttpClient;
let operator: OperatorProcess;
let interceptor: Interceptor;

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  ({ operator, interceptor } = await startIntercepted(t, cluster));
});

interface Kill {
  /** The nth write, from 1. */
  readonly at: number;
  readonly when: "before" | "after";
}

interface Life {
  /** `METHOD resource` of the writes, in their order. */
  readonly writes: readonly string[];
  /** Names of the Jobs that the API server created. */
  readonly jobs: readonly string[];
  /** The status after success, without times and UIDs. */
  readonly status: unknown;
}

/** Takes a run through a failure, a retry, success, the deletion of its Jobs and its own deletion. */
async function live(t: Parameters<typeof testNamespace>[0], kill: Kill | undefined): Promise<Life> {
  const namespace = await testNamespace(t, client);
  const writes: string[] = [];
  const jobs: string[] = [];
  let restart: Promise<void> | undefined;
  const restarted = async (): Promise<void> => {
    await operator.end("SIGKILL");
    await operator.start();
  };
  interceptor.hook = (seen, when) => {
    const write = writeIn(namespace, seen);
    if (write === undefined) return "goOn";
    if (when === "before") writes.push(write);
    if (kill?.at !== writes.length || kill.when !== when || restart !== undefined) return "goOn";
    restart = restarted();
    // dropped before the process is killed, so that it cannot have seen the response
    return operator.end("SIGKILL").then(() => "drop");
  };
  const created = await client.create(TaskRuns, example(namespace));
  const current = (): Promise<Stored<TaskRun>> => client.get(TaskRuns, { namespace, name: created.metadata.name });
  for (const [number, exitCode] of [
    [1, 1],
    [2, 0],
  ] as const) {
    const name = `auth-service-task-1-run-${number}`;
    const job = await eventually(`${name} is there`, () => client.get(Jobs, { namespace, name }));
    jobs.push(job.metadata.uid);
    await finishJob(client, job, exitCode);
  }
  const ended = await eventually("it has succeeded", async () => {
    const run = await current();
    return run.status?.phase === "Succeeded" && run;
  });
  await eventually("its Jobs are removed", async () => (await client.list(Jobs, { namespace })).items.length === 0);
  await client.delete(TaskRuns, { namespace, name: created.metadata.name });
  await eventually("it is gone, with all that was its own", async () => {
    const lists = await Promise.all([
      client.list(TaskRuns, { namespace }),
      client.list(Jobs, { namespace }),
      client.list(Pods, { namespace }),
      client.list(ConfigMaps, { namespace, labelSelector: "orchestrator.io/owner-uid" }),
    ]);
    return lists.every(({ items }) => items.length === 0);
  });
  await restart;
  interceptor.hook = () => "goOn";
  const uids = (ended.status?.runs ?? []).map(({ jobUID }) => jobUID);
  t.same(uids, jobs, "the Jobs that were recorded are those that were created first under their names");
  return { writes, jobs: writes.filter((write) => write === "POST jobs"), status: timeless(ended.status) };
}

/** The write about the run in a request, except Events; undefined for other requests. */
function writeIn(namespace: string, { method, path }: Seen): string | undefined {
  if (method === "GET") return undefined;
  const match = new RegExp(`/namespaces/${namespace}/([a-z]+)(?:/[^/?]+(/status)?)?(?:\\?|$)`).exec(path);
  return match === null || match[1] === "events" ? undefined : `${method} ${match[1] ?? ""}${match[2] ?? ""}`;
}

function timeless(status: TaskRunStatus | undefined): unknown {
  const text = JSON.stringify(status, (name, value: unknown) =>
    /Time$|^lastUpdated$|^jobUID$/.test(name) ? undefined : value,
  );
  return JSON.parse(text);
}

function example(namespace: string): TaskRun {
  return {
    metadata: { namespace, name: "example" },
    spec: {
      taskId: 1,
      serviceName: "auth-service",
      markdownFiles: [{ filename: "task.md", content: "# Task\n", fileType: "task" }],
      retry: { maxRetries: 1, initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
      ttlSecondsAfterFinished: 0,
    },
  };
}

t.test(
  "a manager that is killed at any write reaches the same end after its restart",
  { timeout: 1_200_000 },
  async (t) => {
    const undisturbed = await live(t, undefined);
    t.comment(undisturbed.writes.join(", "));
    t.same(undisturbed.jobs.length, 2);
    const isFull = process.env.TEST_FULL === "1";
    // a write that is held back is equivalent to one that has not begun: the full run covers it
    const moments = isFull ? (["before", "after"] as const) : (["after"] as const);
    // the short run kills at every other write; TEST_SEED says which half
    const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2));
    for (let at = 1; at <= undisturbed.writes.length; at++) {
      if (!isFull && (at + seed) % 2 === 1) continue;
      for (const when of moments) {
        const life = await live(t, { at, when });
        t.same(life.status, undisturbed.status, `killed ${when} write ${at}, ${undisturbed.writes[at - 1] ?? ""}`);
      }
    }
  },
);
