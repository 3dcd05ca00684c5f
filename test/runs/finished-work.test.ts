/** Runs that history removed, and that are created again: by GitOps, which is not paid for twice, and by people. */
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { Archive } from "#src/runs/archive.js";
import { Ledger } from "#src/runs/ledger.js";
import { ConfigMaps, Jobs } from "#src/runtime/client/builtin.js";
import { silentLogger } from "#src/runtime/logger.js";

const signal = new AbortController().signal;

/** A cluster, its manager, and a repository with one manifest that is synced to it. */
class Repository {
  readonly cluster = new ModelCluster();
  readonly manager = new Manager(this.cluster);

  constructor() {
    this.restart();
  }

  /** Another process leads, which knows what is stored. */
  restart(): void {
    this.manager.ledger = new Ledger({
      client: this.cluster.client(),
      namespace: "orchestrator",
      capacity: () => 50_000,
    });
  }

  /** Creates what is missing, and lets the operator do what it does. */
  async sync(spec: Partial<TaskRun["spec"]> = {}): Promise<TaskRun["status"]> {
    if (this.cluster.get(TaskRuns, runName) === undefined) this.cluster.create(TaskRuns, exampleRun(spec));
    await this.manager.reconcile();
    return this.cluster.get(TaskRuns, runName)?.status;
  }

  /** History removes what has ended. */
  async tidy(): Promise<void> {
    const { cluster, manager } = this;
    const archive = new Archive<TaskRun>({
      ...{ kind: taskRunKind, client: cluster.client(), runs: cluster.readers().runs, logger: silentLogger },
      ...(manager.ledger !== undefined && { ledger: manager.ledger }),
      clock: { now: () => cluster.time, monotonic: () => cluster.time, after: () => ({ cancel: () => undefined }) },
      rules: () => ({ keepPerService: 0, rememberedRuns: 50_000, archive: { transcriptKiB: 0, log: false } }),
    });
    await archive.tidy(signal);
    await this.removed();
  }

  async delete(): Promise<void> {
    this.cluster.delete(TaskRuns, runName);
    await this.removed();
  }

  /** Lets a deletion end: the Job controller and the garbage collector do their part. */
  async removed(): Promise<void> {
    for (let round = 0; round < 5 && this.isThere; round++) {
      await this.manager.reconcile();
      this.cluster.settle();
    }
  }

  get isThere(): boolean {
    return this.cluster.get(TaskRuns, runName)?.metadata.deletionTimestamp !== undefined;
  }

  /** Lets an attempt of a run end, and history remove the run. */
  async finish(exitCode = 0, spec: Partial<TaskRun["spec"]> = {}): Promise<void> {
    await this.sync(spec);
    await this.manager.work(exitCode);
    await this.tidy();
    if (this.cluster.get(TaskRuns, runName) !== undefined) throw new Error("history did not remove the run");
  }
}

const noRetries = { retry: { maxRetries: 0 } };

t.test("a hundred syncs of a run that history removed start no Job, across restarts", async (t) => {
  const repository = new Repository();
  await repository.finish();
  const { cluster, manager } = repository;
  manager.slotDecision = { granted: false, reason: "WaitingForSlot", limit: "perWorkspace", message: "full" };
  for (let sync = 0; sync < 100; sync++) {
    if (sync % 10 === 0) repository.restart();
    t.match(await repository.sync(), { phase: "Succeeded", workCompleted: true, attempts: 0 });
    await repository.tidy();
    t.ok(cluster.get(TaskRuns, runName), "history does not remove it again, or every sync would create it again");
  }
  t.equal(cluster.jobsCreated.length, 1);
  t.same(cluster.all(Jobs), []);
  t.same(
    cluster.all(ConfigMaps).map(({ metadata }) => metadata.name),
    ["orchestrator-ledger-1"],
  );
});

t.test("it ends as it ended before, and says when and how to run it again", async (t) => {
  for (const [exitCode, phase, succeeded] of [
    [0, "Succeeded", "True"],
    [1, "Failed", "False"],
  ] as const) {
    const repository = new Repository();
    const before = new Date(repository.cluster.time).toISOString().replace(".000Z", "Z");
    await repository.finish(exitCode, noRetries);
    repository.cluster.time += 86_400_000;
    const status = await repository.sync(noRetries);
    t.match(status, { phase, completionTime: before, observedRetryAttempt: 1, observedGeneration: 1 });
    t.equal(
      status?.message,
      `A run of this name with the same spec ended as ${phase} at ${before}, and history removed it, so nothing is started. ` +
        `To run it again, raise spec.retryAttempt: kubectl patch taskruns.orchestrator.io ${runName} -n orchestrator --type merge -p '{"spec":{"retryAttempt":2}}'`,
    );
    t.match(
      status?.conditions?.find(({ type }) => type === "Succeeded"),
      { status: succeeded, reason: "AlreadyDone" },
    );
    t.match(repository.manager.events.at(-1), { reason: "AlreadyDone" });
  }
});

t.test("a cancelled run stays cancelled, though the manifest does not cancel it", async (t) => {
  const repository = new Repository();
  await repository.sync();
  repository.cluster.change(TaskRuns, runName, ({ spec }) => (spec.cancel = true));
  await repository.manager.reconcile();
  repository.cluster.settle();
  await repository.manager.reconcile();
  await repository.manager.reconcile();
  t.equal(repository.manager.phase, "Cancelled");
  await repository.tidy();
  t.match(await repository.sync(), { phase: "Cancelled", attempts: 0 });
  repository.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  t.match(await repository.sync(), { phase: "Running" }, "unless somebody requests another attempt");
});

t.test("a changed spec starts an attempt, and so does the one before it", async (t) => {
  const repository = new Repository();
  await repository.finish();
  const changed = { markdownFiles: [{ filename: "task.md", content: "# Another", fileType: "task" as const }] };
  t.match(await repository.sync(changed), { phase: "Running" });
  await repository.manager.work(0);
  await repository.tidy();
  t.match(await repository.sync(), { phase: "Running" }, "only the last end of a name is remembered");
});

t.test("a raised retryAttempt starts an attempt, in the manifest and on the object", async (t) => {
  const repository = new Repository();
  await repository.finish();
  await repository.sync();
  repository.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  t.match(await repository.sync(), { phase: "Running", attempts: 1 });
  await repository.manager.work(0);
  await repository.tidy();
  t.match(await repository.sync(), { phase: "Succeeded", attempts: 0 }, "the manifest's own attempt was before that");
  await repository.delete();
  await repository.finish();
  t.match(await repository.sync({ retryAttempt: 2 }), { phase: "Running" });
});

t.test("what a person deletes and applies again runs again", async (t) => {
  const repository = new Repository();
  await repository.finish();
  await repository.sync();
  await repository.delete();
  t.match(await repository.sync(), { phase: "Running" }, "a run that ended as before");
  await repository.manager.work(0);
  await repository.delete();
  t.match(await repository.sync(), { phase: "Running" }, "a run that has ended");
  await repository.delete();
  t.match(await repository.sync(), { phase: "Running" }, "a run that was running");
  t.same(
    repository.cluster.all(ConfigMaps).filter(({ metadata }) => metadata.name.startsWith("orchestrator-ledger")),
    [],
  );
});

t.test("a suspended manifest and one with unmet dependencies end as before, too", async (t) => {
  const repository = new Repository();
  await repository.finish();
  t.match(await repository.sync({ suspend: true }), { phase: "Succeeded", attempts: 0 });
});

t.test("nothing starts while the ledger cannot be read", async (t) => {
  const repository = new Repository();
  await repository.finish();
  const { ledger } = repository.manager;
  if (ledger === undefined) throw new Error("no ledger");
  repository.restart();
  const client = repository.cluster.client();
  const broken = { ...client, list: () => Promise.reject(new Error("the API server is away")) };
  repository.manager.ledger = new Ledger({ client: broken, namespace: "orchestrator", capacity: () => 50_000 });
  await t.rejects(repository.sync(), /away/);
  t.equal(repository.cluster.jobsCreated.length, 1);
  repository.restart();
  t.match(await repository.sync(), { phase: "Succeeded", attempts: 0 });
});

t.test("a crash between the ledger and the removal leaves the run, and the next pass removes it", async (t) => {
  const repository = new Repository();
  await repository.sync();
  await repository.manager.work(0);
  repository.cluster.onWrite = (when, what) => {
    if (when === "before" && what === "delete taskruns") throw new Error("killed");
  };
  await t.rejects(repository.tidy());
  t.ok(repository.cluster.get(TaskRuns, runName));
  repository.cluster.onWrite = () => undefined;
  repository.restart();
  await repository.tidy();
  t.match(await repository.sync(), { phase: "Succeeded", attempts: 0 });
  t.equal(repository.cluster.jobsCreated.length, 1);
});

t.test("a run whose end cannot be remembered stays", async (t) => {
  const repository = new Repository();
  await repository.sync();
  await repository.manager.work(0);
  repository.cluster.onWrite = (when, what) => {
    if (when === "before" && what === "create configmaps") throw new Error("quota");
  };
  await t.rejects(repository.tidy(), /quota/);
  t.ok(repository.cluster.get(TaskRuns, runName));
});

t.test("a run that was restored from a backup says why it is suspended", async (t) => {
  const repository = new Repository();
  const { metadata, ...run } = exampleRun({ suspend: true });
  const labels = { ...metadata?.labels, "velero.io/restore-name": "nightly-1" };
  repository.cluster.create(TaskRuns, { ...run, metadata: { ...metadata, name: runName, labels } });
  t.match(await repository.sync(), {
    phase: "Pending",
    message: /^Suspended, because restore nightly-1 created the run without its status.*Set spec\.suspend to false/,
  });
  repository.cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = false));
  t.match(await repository.sync(), { phase: "Running" });
});

t.test("the beginning and the end of a suspension get an Event each", async (t) => {
  const repository = new Repository();
  const { manager, cluster } = repository;
  const reasons = (): string[] => manager.events.splice(0).map(({ reason }) => reason);
  await repository.sync({ suspend: true });
  t.same(reasons(), ["Suspended"]);
  await repository.sync();
  t.same(reasons(), [], "once");
  cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = false));
  await repository.sync();
  t.same(reasons(), ["JobCreated", "Resumed"]);
  cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = true));
  await repository.sync();
  t.same(reasons(), ["Suspended"], "of an attempt, too");
  cluster.change(TaskRuns, runName, ({ spec }) => (spec.suspend = false));
  await repository.sync();
  t.match(manager.events, [
    { type: "Normal", reason: "Resumed", note: /^No longer suspended\. Attempt 1 is starting/ },
  ]);
});
