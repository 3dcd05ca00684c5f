/** Finished runs reach the archive before `history` removes them, whatever fails in between. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import { parse } from "yaml";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import type { ArchiveKey, ArchiveStore } from "#src/archive/archive-store.js";
import { decodeArchivedRun, type ArchivedRun } from "#src/archive/archived-run.js";
import { DirectoryStore } from "#src/archive/directory-store.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { Archive } from "#src/runs/archive.js";
import { RunArchiver } from "#src/runs/run-archiver.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Reader } from "#src/runtime/cache/reader.js";
import { Events } from "#src/runtime/client/builtin.js";
import { formatTime } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";

const signal = new AbortController().signal;

function clusterOf(count: number): ModelCluster {
  const model = new ModelCluster();
  for (let index = 0; index < count; index++) addRun(model, `run-${index}`);
  return model;
}

function addRun(model: ModelCluster, name: string): void {
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "twice", note: "kept" };
  model.create(TaskRuns, { ...exampleRun({}), metadata: { name, namespace: "orchestrator", annotations } });
  model.change(TaskRuns, name, (run) => {
    run.status = { phase: "Succeeded", observedRetryAttempt: 1, completionTime: formatTime(model.time) };
  });
}

interface Parts {
  readonly archive: Archive<TaskRun>;
  readonly registry: Registry;
}

function historyOf(model: ModelCluster, store: Pick<ArchiveStore, "put">, giveUpSeconds?: number): Parts {
  const registry = new Registry();
  const clock = { now: () => model.time, monotonic: () => model.time, after: () => ({ cancel: () => undefined }) };
  const shared = { kind: taskRunKind, client: model.client(), clock, logger: silentLogger };
  const archiver = new RunArchiver<TaskRun>({
    ...{ ...shared, registry, store: () => store, giveUpSeconds: () => giveUpSeconds },
  });
  // the caches of the model are those of the moment
  const runs: Reader<TaskRun> = {
    hasSynced: true,
    get: (key) => model.readers().runs.get(key),
    list: (namespace) => model.readers().runs.list(namespace),
    byIndex: (name, value) => model.readers().runs.byIndex(name, value),
  };
  const rules = { archive: { transcriptKiB: 0, log: false }, rememberedRuns: 0, keepPerService: 0 };
  return { archive: new Archive({ ...shared, runs, archiver, rules: () => rules }), registry };
}

/** Holds documents by UID, and fails as told. */
class MemoryStore implements Pick<ArchiveStore, "put"> {
  readonly documents = new Map<string, ArchivedRun>();
  active = 0;
  mostActive = 0;
  tries = 0;
  failure: (key: ArchiveKey) => boolean = () => false;

  async put(key: ArchiveKey, _version: string, document: Buffer): Promise<void> {
    this.tries++;
    this.mostActive = Math.max(this.mostActive, ++this.active);
    const decoded = await decodeArchivedRun(document);
    this.active--;
    if (this.failure(key)) throw new Error("the archive is away");
    this.documents.set(key.uid, decoded);
  }
}

async function directory(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "archive-"));
  t.teardown(async () => rm(path, { recursive: true }));
  return path;
}

function names(model: ModelCluster): string[] {
  return model.all(TaskRuns).map(({ metadata }) => metadata.name);
}

void t.test("a run is in the directory, with its contents and Events, when it is removed", async (t) => {
  const model = clusterOf(1);
  const [run] = model.all(TaskRuns);
  const root = await directory(t);
  model.create(Events, {
    ...{ apiVersion: "events.k8s.io/v1", kind: "Event", metadata: { name: "first", namespace: "orchestrator" } },
    ...{ type: "Normal", reason: "Completed", note: "done", eventTime: "2024-07-02T10:00:00.000000Z" },
    regarding: { uid: run?.metadata.uid ?? "" },
  });
  await historyOf(model, new DirectoryStore(root)).archive.tidy(signal);
  t.same(names(model), []);
  const path = join("orchestrator", "taskruns", "run-0", `${run?.metadata.uid ?? ""}.json.gz`);
  const document = await decodeArchivedRun(await readFile(join(root, path)));
  t.match(document, {
    formatVersion: 1,
    run: {
      kind: "TaskRun",
      metadata: { name: "run-0", annotations: { note: "kept" } },
      spec: { markdownFiles: [{ content: /Task/ }] },
      status: { phase: "Succeeded" },
    },
    events: [{ type: "Normal", reason: "Completed", message: "done", count: 1 }],
  });
  const source = readFileSync(new URL("../../../schemas/archived-run.yaml", import.meta.url), "utf8");
  const validate = new Ajv2020({ strict: false }).compile(parse(source) as object);
  t.ok(validate(document), JSON.stringify(validate.errors));
  t.notMatch(JSON.stringify(document), /managedFields|last-applied/);
});

void t.test("a run that the archive refuses stays, waits longer each time, and stalls no other", async (t) => {
  const model = clusterOf(3);
  const store = new MemoryStore();
  store.failure = ({ name }) => name === "run-1";
  const { archive, registry } = historyOf(model, store);
  await archive.tidy(signal);
  t.same(names(model), ["run-1"]);
  t.match(await registry.metrics(), /taskrun_archive_failing_runs 1\n/);
  const before = store.tries;
  await archive.tidy(signal);
  t.equal(store.tries, before, "it waits for its back-off");
  model.time += 30_000;
  await archive.tidy(signal);
  t.equal(store.tries, before + 1);
  model.time += 30_000;
  await archive.tidy(signal);
  t.equal(store.tries, before + 1, "the back-off doubles");
  store.failure = () => false;
  model.time += 30_000;
  await archive.tidy(signal);
  t.same(names(model), []);
  t.match(await registry.metrics(), /taskrun_archive_failing_runs 0\n/);
  t.equal(store.documents.size, 3);
});

void t.test("an archive that is away is tried few times in a pass, and nothing is removed", async (t) => {
  const model = clusterOf(50);
  const store = new MemoryStore();
  store.failure = () => true;
  const { archive } = historyOf(model, store);
  await archive.tidy(signal);
  t.ok(store.tries <= 8, `${store.tries} tries`);
  t.equal(names(model).length, 50);
});

void t.test("after giveUpSeconds of failures, and not before, runs are removed without an archive", async (t) => {
  const model = clusterOf(20);
  const store = new MemoryStore();
  store.failure = () => true;
  const { archive, registry } = historyOf(model, store, 600);
  await archive.tidy(signal);
  model.time += 599_000;
  await archive.tidy(signal);
  t.equal(names(model).length, 20);
  model.time += 400_000;
  await archive.tidy(signal);
  t.same(names(model), []);
  t.match(await registry.metrics(), /archive_writes_total\{result="given_up"\} 20\n/);
  addRun(model, "later");
  store.failure = ({ name }) => name === "later";
  await archive.tidy(signal);
  t.same(names(model), ["later"], "a run counts from its own first failure");
});

void t.test("killed before or after the deletion, a run is in the archive once", async (t) => {
  for (const when of ["before", "after"] as const) {
    const model = clusterOf(1);
    const root = await directory(t);
    model.onWrite = (at, what) => {
      if (at === when && what === "delete taskruns") throw new Error("killed");
    };
    await t.rejects(historyOf(model, new DirectoryStore(root)).archive.tidy(signal), /killed/);
    model.onWrite = () => undefined;
    await historyOf(model, new DirectoryStore(root)).archive.tidy(signal);
    t.same(names(model), []);
    t.equal((await readdir(join(root, "orchestrator", "taskruns", "run-0"))).length, 1, when);
  }
});

void t.test("a run that continues after it was archived is archived again as it ended then", async (t) => {
  const model = clusterOf(1);
  const store = new MemoryStore();
  model.onWrite = (at, what) => {
    if (at === "before" && what === "delete taskruns") throw new Error("killed");
  };
  await t.rejects(historyOf(model, store).archive.tidy(signal), /killed/);
  model.onWrite = () => undefined;
  model.change(TaskRuns, "run-0", (run) => {
    run.status = { ...run.status, phase: "Failed" };
  });
  await historyOf(model, store).archive.tidy(signal);
  t.match([...store.documents.values()], [{ run: { status: { phase: "Failed" } } }]);
  t.same(names(model), []);
});

void t.test("hundreds of runs are archived four at a time and a hundred in a pass", async (t) => {
  const model = clusterOf(350);
  const store = new MemoryStore();
  const { archive } = historyOf(model, store);
  const left: number[] = [];
  for (let pass = 0; pass < 4; pass++) {
    await archive.tidy(signal);
    left.push(names(model).length);
  }
  t.same(left, [250, 150, 50, 0]);
  t.equal(store.documents.size, 350);
  t.ok(store.mostActive <= 4, `${store.mostActive} at a time`);
});
