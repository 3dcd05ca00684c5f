/** Which finished runs are deleted, and which records of them are kept. */
import fc from "../property.js";
import t from "tap";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { appendLines, Archive, maxBytes, recordOf, type RunArchiveRecord } from "#src/runs/archive.js";
import { outlived } from "#src/runs/retention.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { formatTime } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import type { History } from "#src/configuration/configuration.js";

const signal = new AbortController().signal;
const start = Date.parse("2024-07-02T10:00:00Z");

interface Some {
  readonly name: string;
  readonly service?: string;
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";
  /** Seconds after the start. */
  readonly end?: number;
  readonly spec?: Partial<TaskRun["spec"]>;
}

function cluster(...runs: readonly Some[]): ModelCluster {
  const model = new ModelCluster();
  for (const { name, service = "auth-service", phase = "Succeeded", end = 0, spec = {} } of runs) {
    const run = exampleRun({ serviceName: service, ...spec });
    model.create(TaskRuns, { ...run, metadata: { name, namespace: "orchestrator" } });
    model.change(TaskRuns, name, (each) => {
      each.status = { phase, observedRetryAttempt: 1, completionTime: formatTime(start + end * 1000) };
    });
  }
  return model;
}

interface Line {
  readonly fields: object;
  readonly message: string;
}

function archiveOf(model: ModelCluster, rules: Partial<History>, logged: Line[] = []): Archive<TaskRun> {
  return new Archive({
    kind: taskRunKind,
    client: model.client(),
    runs: model.readers().runs,
    clock: { now: () => model.time, monotonic: () => model.time, after: () => ({ cancel: () => undefined }) },
    logger: {
      ...silentLogger,
      info: (fields: object, message?: string) => logged.push({ fields, message: message ?? "" }),
    },
    rules: () => ({ archive: { transcriptKiB: 0, log: true }, rememberedRuns: 0, ...rules }),
  });
}

function names(model: ModelCluster): string[] {
  return model.all(TaskRuns).map(({ metadata }) => metadata.name);
}

void t.test("without limits all runs are kept", async (t) => {
  const model = cluster({ name: "old" });
  model.time += 1e12;
  await archiveOf(model, {}).tidy(signal);
  t.same(names(model), ["old"]);
});

void t.test("the latest runs of each service are kept, by the time of their end", async (t) => {
  const model = cluster(
    { name: "a-late", end: 30 },
    { name: "a-early", end: 10 },
    { name: "a-middle", end: 20 },
    { name: "b-only", service: "billing", end: 0 },
    { name: "a-working", phase: "Running" },
  );
  await archiveOf(model, { keepPerService: 1 }).tidy(signal);
  t.same(names(model), ["a-late", "b-only", "a-working"]);
});

void t.test("runs are deleted keepSeconds after their end", async (t) => {
  const model = cluster({ name: "early", end: 0 }, { name: "late", end: 60 });
  model.time = start + 100_000;
  await archiveOf(model, { keepSeconds: 100 }).tidy(signal);
  t.same(names(model), ["late"]);
});

void t.test("a run that another waits for is kept, and so is one with a new retry request", async (t) => {
  const model = cluster(
    { name: "awaited" },
    { name: "waiting", phase: "Pending", spec: { dependsOn: ["awaited"] } },
    { name: "asked", phase: "Failed", spec: { retryAttempt: 2 } },
    { name: "done" },
  );
  await archiveOf(model, { keepPerService: 0 }).tidy(signal);
  t.same(names(model), ["awaited", "waiting", "asked"]);
});

void t.test("the record is one line in the log and one in the ConfigMap, without the files", async (t) => {
  const model = cluster({ name: "first", end: 1 }, { name: "second", end: 2 });
  const logged: Line[] = [];
  await archiveOf(
    model,
    { keepPerService: 0, archive: { transcriptKiB: 0, log: true, configMap: "history" } },
    logged,
  ).tidy(signal);
  t.equal(logged.length, 2);
  t.notMatch(JSON.stringify(logged), /markdownFiles|# Task 1001/);
  const text = model.get(ConfigMaps, "history")?.data?.["taskruns.jsonl"] ?? "";
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RunArchiveRecord);
  t.match(lines, [
    { kind: "TaskRun", namespace: "orchestrator", name: "first", status: { phase: "Succeeded" } },
    { name: "second", labels: { "orchestrator.io/service": "auth-service" } },
  ]);
});

void t.test("a run whose record cannot be written is kept", async (t) => {
  const model = cluster({ name: "first" });
  model.onWrite = (when, what) => {
    if (when === "before" && what === "create configmaps") throw new Error("etcd is full");
  };
  await t.rejects(
    archiveOf(model, { keepPerService: 0, archive: { transcriptKiB: 0, log: false, configMap: "history" } }).tidy(
      signal,
    ),
  );
  t.same(names(model), ["first"]);
});

void t.test("another owner's ConfigMap is not used as an archive", async (t) => {
  const model = cluster({ name: "first" });
  const metadata = { name: "history", namespace: "orchestrator" };
  model.create(ConfigMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "taskruns.jsonl": "theirs" } });
  const archive = archiveOf(model, {
    keepPerService: 0,
    archive: { transcriptKiB: 0, log: false, configMap: "history" },
  });
  await t.rejects(
    archive.tidy(signal),
    /orchestrator\/history is not an archive .* label it app.kubernetes.io\/managed-by=/,
  );
  t.same(names(model), ["first"]);
  t.same(model.get(ConfigMaps, "history")?.data, { "taskruns.jsonl": "theirs" });
  model.change(ConfigMaps, "history", ({ metadata: stored }) => {
    stored.labels = { "app.kubernetes.io/managed-by": "agent-orchestrator" };
  });
  await archive.tidy(signal);
  t.match(model.get(ConfigMaps, "history")?.data?.["taskruns.jsonl"], /^theirs\n\{/);
  t.same(names(model), []);
});

void t.test("a manager that is killed between record and deletion writes the record once", async (t) => {
  const model = cluster({ name: "first" });
  const rules = { keepPerService: 0, archive: { transcriptKiB: 0, log: false, configMap: "history" } };
  model.onWrite = (when, what) => {
    if (when === "before" && what === "delete taskruns") throw new Error("killed");
  };
  await t.rejects(archiveOf(model, rules).tidy(signal));
  model.onWrite = () => undefined;
  await archiveOf(model, rules).tidy(signal);
  t.same(names(model), []);
  t.equal(model.get(ConfigMaps, "history")?.data?.["taskruns.jsonl"]?.trimEnd().split("\n").length, 1);
});

void t.test("a run that changed since it was read is not deleted", async (t) => {
  const model = cluster({ name: "first" });
  const archive = archiveOf(model, {
    keepPerService: 0,
    archive: { transcriptKiB: 0, log: false, configMap: "history" },
  });
  model.onWrite = (when, what) => {
    if (when === "after" && what === "create configmaps") {
      model.change(TaskRuns, "first", ({ spec }) => (spec.retryAttempt = 2));
    }
  };
  await archive.tidy(signal);
  t.same(names(model), ["first"]);
});

void t.test("the archive never outgrows a ConfigMap: the oldest lines are removed", (t) => {
  const record = (uid: string): RunArchiveRecord => ({
    kind: "TaskRun",
    name: uid,
    uid,
    labels: {},
    status: { message: "x".repeat(100_000) },
  });
  const text = appendLines(
    "",
    Array.from({ length: 20 }, (_, index) => record(`uid-${index}`)),
  );
  t.ok(Buffer.byteLength(text) <= maxBytes);
  t.match(text, /"uid-19"/);
  t.notMatch(text, /"uid-0"/);
  t.end();
});

void t.test("for any set of runs, no limit deletes a running one, and each service keeps its latest", (t) => {
  const some = fc.record({
    service: fc.constantFrom("a", "b"),
    phase: fc.constantFrom("Pending", "Running", "Succeeded", "Failed", "Cancelled" as const),
    end: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 20 }), fc.nat(5), (list, keep) => {
      const model = cluster(...list.map((each, index) => ({ ...each, name: `run-${index}` })));
      const runs = model.all(TaskRuns);
      const service = (run: TaskRun): string => run.spec.serviceName;
      const gone = outlived(runs, { keepPerService: keep }, service, () => false, start);
      for (const run of gone) {
        if (run.status?.phase === "Pending" || run.status?.phase === "Running") throw new Error("removed at work");
        const left = runs.filter((each) => service(each) === service(run) && !gone.includes(each));
        const ended = left.filter(({ status }) => status?.phase !== "Pending" && status?.phase !== "Running");
        if (ended.length !== keep) throw new Error(`${ended.length} kept, not ${keep}`);
        const end = (each: TaskRun): string => each.status?.completionTime ?? "";
        if (ended.some((each) => end(each) < end(run))) throw new Error("an older one was kept");
      }
    }),
  );
  t.end();
});

void t.test("a record contains the outcome of a run", (t) => {
  const [run] = cluster({ name: "first", phase: "Failed" }).all(TaskRuns);
  if (run === undefined) throw new Error("no run");
  t.match(recordOf(taskRunKind, run), { name: "first", status: { phase: "Failed", observedRetryAttempt: 1 } });
  t.end();
});
