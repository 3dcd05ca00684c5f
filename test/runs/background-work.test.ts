/** The leader's periodic work: what follows an error, and how it ends. */
import t from "tap";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { recordingLogger, type Line } from "../operator/running.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { Archive } from "#src/runs/archive.js";
import { Orphans } from "#src/runs/orphans.js";
import type { Reader } from "#src/runtime/cache/reader.js";
import { ConfigMaps, Jobs } from "#src/runtime/client/builtin.js";
import type { Client } from "#src/runtime/client/client.js";
import { apiError } from "#src/runtime/client/errors.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";
import { FakeClock, settle } from "#src/runtime/testing/clock.js";

const denied = (): Error => apiError({ reason: "Forbidden", message: "denied" }, 403, { method: "?", path: "/" });

/** Jobs of runs that do not exist. */
function orphaned(...names: readonly string[]): ModelCluster {
  const cluster = new ModelCluster();
  for (const name of names) {
    const owner = { apiVersion: "orchestrator.io/v1", kind: "TaskRun", name, uid: `of-${name}`, controller: true };
    const labels = { "orchestrator.io/owner-uid": owner.uid, "app.kubernetes.io/managed-by": "agent-orchestrator" };
    cluster.create(Jobs, { metadata: { name, namespace: "orchestrator", labels, ownerReferences: [owner] } });
  }
  return cluster;
}

interface Started {
  readonly clock: FakeClock;
  readonly lines: Line[];
  readonly stop: AbortController;
  readonly hasEnded: () => boolean;
}

function startOrphans(
  cluster: ModelCluster,
  change: (client: Client, stop: AbortController) => Partial<Client>,
): Started {
  const [clock, lines, stop] = [new FakeClock(), [] as Line[], new AbortController()];
  const client = { ...cluster.client(), ...change(cluster.client(), stop) };
  const orphans = new Orphans<TaskRun>({
    ...{ kind: taskRunKind, client, readers: cluster.readers(), clock },
    logger: recordingLogger(lines),
    interval: () => 60,
  });
  let hasEnded = false;
  void orphans.start(stop.signal).then(() => (hasEnded = true));
  return { clock, lines, stop, hasEnded: () => hasEnded };
}

/** The Jobs whose deletion was requested. */
function deleted(cluster: ModelCluster): string[] {
  const isDeleted = ({ metadata }: Stored<Job>): boolean => metadata.deletionTimestamp !== undefined;
  return cluster
    .all(Jobs)
    .filter(isDeleted)
    .map(({ metadata }) => metadata.name);
}

t.test("an orphan that cannot be deleted keeps no other from being deleted", async (t) => {
  const cluster = orphaned("first", "second", "third");
  const { clock, lines, stop, hasEnded } = startOrphans(cluster, (client) => ({
    delete: (type, key, options) =>
      key.name === "second" ? Promise.reject(denied()) : client.delete(type, key, options),
  }));
  await settle();
  t.same(deleted(cluster), ["first", "third"]);
  t.match(lines.at(-1), { level: "warn", message: "taskruns-orphans failed; retrying in 60 s" });
  t.match((lines.at(-1)?.fields.err as Error).message, /denied/);
  const before = lines.length;
  await clock.advance(59_999);
  t.equal(lines.length, before);
  await clock.advance(1);
  t.ok(lines.length > before, "it is tried again after the interval");
  stop.abort();
  await settle();
  t.ok(hasEnded());
  t.equal(clock.pending, 0);
});

t.test("a sweep that the stop interrupts ends without a word, and without another deletion", async (t) => {
  const cluster = orphaned("first", "second");
  const asked: string[] = [];
  const { lines, hasEnded, clock } = startOrphans(cluster, (_client, stop) => ({
    get: (_type, key, options) => {
      asked.push(key.name);
      stop.abort(new Error("leadership was lost"));
      return Promise.reject(options?.signal?.reason as Error);
    },
  }));
  await settle();
  t.ok(hasEnded());
  t.same(lines, []);
  t.same(asked, ["first"]);
  t.equal(clock.pending, 0);
});

/** Finished runs in two namespaces, as the cache shows them. */
function finishedIn(...namespaces: readonly string[]): Reader<TaskRun> {
  const runs = namespaces.map((namespace) => {
    const { metadata, ...run } = exampleRun();
    const status = { phase: "Succeeded", observedRetryAttempt: 1, completionTime: "2024-07-02T10:00:00Z" } as const;
    return { ...run, status, metadata: { ...metadata, namespace, uid: namespace, resourceVersion: "1" } };
  }) as Stored<TaskRun>[];
  return { hasSynced: true, get: () => undefined, list: () => runs, byIndex: () => [] };
}

t.test("a namespace whose archive cannot be written keeps no other from being tidied", async (t) => {
  const [clock, lines, stop] = [new FakeClock(), [] as Line[], new AbortController()];
  const calls: string[] = [];
  const call = (what: string, namespace: string | undefined): Promise<never> => {
    calls.push(`${what} ${namespace ?? ""}`);
    return namespace === "second" ? Promise.reject(denied()) : Promise.resolve(undefined as never);
  };
  const client: Pick<Client, "get" | "create" | "delete"> = {
    get: () => Promise.reject(apiError({ reason: "NotFound" }, 404, { method: "GET", path: "/" })),
    create: (type, { metadata }) => call(`create ${type.plural}`, metadata?.namespace),
    delete: (type, { namespace }) => call(`delete ${type.plural}`, namespace),
  };
  const archive = new Archive<TaskRun>({
    ...{ kind: taskRunKind, client: client as Client, runs: finishedIn("first", "second", "third"), clock },
    logger: recordingLogger(lines),
    rules: () => ({
      keepSeconds: 0,
      rememberedRuns: 0,
      archive: { transcriptKiB: 0, log: true, configMap: "archive" },
    }),
  });
  const ended = archive.start(stop.signal);
  await settle();
  t.same(calls.sort(), [
    ...["first", "second", "third"].map((namespace) => `create ${ConfigMaps.plural} ${namespace}`),
    ...["first", "third"].map((namespace) => `delete ${TaskRuns.plural} ${namespace}`),
  ]);
  t.match(
    lines.map(({ level, message }) => [level, message]),
    [
      ["info", "TaskRun removed from history"],
      ["info", "TaskRun removed from history"],
      ["warn", "taskruns-history failed; retrying in 30 s"],
    ],
  );
  calls.length = 0;
  await clock.advance(30_000);
  t.ok(calls.length > 0, "it is tried again");
  stop.abort();
  await ended;
  t.equal(clock.pending, 0);
});
