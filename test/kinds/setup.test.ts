/** How a kind is connected to the manager: what its controller watches, what wakes waiting runs, and its background work. */
import t, { type Test } from "tap";
import { ApiServer } from "../operator/api-server.js";
import { metricOf, scene, type Scene } from "../operator/running.js";
import { exampleRun } from "../runs/model-cluster.js";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { NamespaceScope } from "#src/configuration/namespaces.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { codeRunKind } from "#src/kinds/coderun/coderun.js";
import { setUpBudgets } from "#src/kinds/budgets.js";
import { cacheRuns, setUpKind, type ConnectedKind, type SharedSetup } from "#src/kinds/setup.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { taskRunKind } from "./task-runs.js";
import { sharedCaches } from "#src/operator/caches.js";
import { Ledger } from "#src/runs/ledger.js";
import { SlotBook } from "#src/runs/slot-book.js";
import { ConfigMaps, Jobs, Namespaces, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import type { Job, KubernetesObject, Namespace, ObjectMeta, Pod, Stored } from "#src/runtime/client/objects.js";
import { formatKey } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { formatTime } from "#src/runtime/clock.js";
import type { Controller } from "#src/runtime/controller/controller.js";
import { Manager, type ManagerOptions } from "#src/runtime/manager/manager.js";
import { TemplateSource } from "#src/templates/source.js";

const team = "team-a";
const apiVersion = "orchestrator.io/v1";

/** Records what is reconciled, by `controller namespace/name`. */
class RecordingManager extends Manager {
  reconciled: string[] = [];
  /** False: a reconcile is recorded and does nothing, so that nothing but the test changes an object. */
  readonly #isActive: boolean;

  constructor(options: ManagerOptions, isActive: boolean) {
    super(options);
    this.#isActive = isActive;
  }

  override controller(options: Parameters<Manager["controller"]>[0]): Controller {
    const { name, reconciler } = options;
    return super.controller({
      ...options,
      reconciler: {
        reconcile: (request, context) => {
          this.reconciled.push(`${name} ${formatKey(request)}`);
          return this.#isActive ? reconciler.reconcile(request, context) : Promise.resolve({});
        },
      },
    });
  }
}

interface Connected extends Scene<RecordingManager> {
  readonly configuration: ConfigurationSource;
  readonly taskRuns: ConnectedKind;
  readonly codeRuns: ConnectedKind;
  readonly shared: SharedSetup;
  /** Starts the manager and resolves when its controllers have handled what exists. */
  readonly started: (adds: number) => Promise<void>;
  /** Makes one change; the result is what it made the controllers reconcile. */
  readonly after: (change: () => void, adds?: number) => Promise<string[]>;
}

async function connected(t: Test, yaml = "", isActive = false): Promise<Connected> {
  const made = await scene(t, (options) => new RecordingManager(options, isActive));
  const { manager } = made;
  const configuration = new ConfigurationSource({});
  if (!configuration.update(yaml).accepted) throw new Error(`not accepted: ${yaml}`);
  const templates = new TemplateSource();
  const taskRuns = cacheRuns(manager.cache, taskRunKind, admittedTaskRun, {});
  const codeRuns = cacheRuns(manager.cache, codeRunKind(templates), admittedCodeRun, {});
  const { serviceAccounts: _, ...caches } = sharedCaches(manager.cache, {});
  const namespaces = manager.cache.informer<Namespace>(Namespaces, { metadataOnly: true }).reader;
  const shared: SharedSetup = {
    ...{ ...caches, manager, configuration },
    tenants: new NamespaceScope({ choice: () => configuration.current().namespaces, namespaces }),
    ledger: new Ledger({
      client: manager.client,
      namespace: "orchestrator",
      capacity: () => configuration.current().history.rememberedRuns,
    }),
    budgets: setUpBudgets({ manager, configuration, watchNamespaces: undefined, namespace: "orchestrator" }),
    slots: new SlotBook({ configuration: () => configuration.current(), clock: manager.clock }),
    authorizer: { isAllowed: () => Promise.resolve(true) },
    namespaceFacts: (name) => ({ name, isOperators: false }),
    serviceAccountExists: () => true,
    ensureSynced: () => undefined,
  };
  const kinds = {
    taskRuns: setUpKind(shared, taskRuns, [codeRuns.runs.reader]),
    codeRuns: setUpKind(shared, codeRuns, [taskRuns.runs.reader]),
  };
  const adds = async (): Promise<number> => (await metricOf(manager, "workqueue_adds_total")) ?? 0;
  const quiet = (least: number): Promise<unknown> =>
    made.until(`${least} keys were added and are done`, async () => {
      if ((await adds()) < least) return false;
      const busy = ["workqueue_depth", "controller_runtime_active_workers"].map((name) => metricOf(manager, name));
      return (await Promise.all(busy)).every((count) => count === 0);
    });
  return {
    ...{ ...made, ...kinds, configuration, shared },
    started: async (least) => {
      // otherwise the first reconcile does, and here not every one does anything
      await shared.ledger.load(new AbortController().signal);
      made.start();
      await quiet(least);
    },
    after: async (change, least = 1) => {
      const before = await adds();
      manager.reconciled = [];
      change();
      await quiet(before + least);
      return [...new Set(manager.reconciled)].sort();
    },
  };
}

/** A TaskRun as it is after admission. */
function taskRun(name: string, spec: Partial<TaskRun["spec"]> = {}, namespace = team): TaskRun {
  const { metadata, ...run } = exampleRun({ serviceName: name, ...spec });
  return { ...run, metadata: { ...metadata, name, namespace } };
}

function codeRun(name: string): CodeRun {
  const spec = { taskId: 1, service: name, repositoryUrl: "a/b", docsRepositoryUrl: "a/b", githubApp: "Rex" };
  return { metadata: { namespace: team, name }, spec };
}

/** Metadata of a Job or pod that was made for a run. */
function madeFor(kind: string, { metadata }: Stored<KubernetesObject>, name: string): ObjectMeta {
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
  return {
    ...{ namespace: team, name, ownerReferences: [owner] },
    labels: {
      "orchestrator.io/owner-uid": metadata.uid,
      "orchestrator.io/run": "1",
      "app.kubernetes.io/managed-by": "agent-orchestrator",
    },
    annotations: { "orchestrator.io/run-name": metadata.name, "orchestrator.io/run-kind": kind },
  };
}

const complete: NonNullable<Job["status"]> = { conditions: [{ type: "Complete", status: "True" }] };
const key = (name: string): { readonly namespace: string; readonly name: string } => ({ namespace: team, name });
const touch = ({ metadata }: KubernetesObject): void =>
  void Object.assign(metadata ?? {}, { annotations: { ...metadata?.annotations, touched: "yes" } });
const task = (name: string): string => `taskrun ${team}/${name}`;

t.test("every change of a run reconciles it, and its dependents unless it is new", async (t) => {
  const { api, started, after } = await connected(t);
  for (const run of [taskRun("first"), taskRun("second", { dependsOn: ["first"] })]) api.create(TaskRuns, run);
  // it waits for no slot, so that nothing but the table reconciles it
  api.create(TaskRuns, taskRun("other", { suspend: true }));
  await started(3);
  t.same(await after(() => api.create(TaskRuns, taskRun("third", { dependsOn: ["first"] }))), [task("third")]);
  const all = [task("first"), task("second"), task("third")];
  t.same(await after(() => api.change(TaskRuns, key("first"), touch), 3), all);
  t.same(await after(() => api.change(TaskRuns, key("first"), ({ metadata }) => (metadata.finalizers = [])), 3), all);
  t.same(await after(() => api.remove(TaskRuns, key("first")), 3), all);
});

t.test("every change of a Job reconciles its owner, of its own kind only", async (t) => {
  const { api, started, after } = await connected(t);
  const first = api.create(TaskRuns, taskRun("first"));
  const play = api.create(CodeRuns, codeRun("play"));
  await started(2);
  const job: Job = { metadata: madeFor("TaskRun", first, "first-run-1") };
  t.same(await after(() => api.create(Jobs, job)), [task("first")]);
  t.same(await after(() => api.change(Jobs, key("first-run-1"), touch)), [task("first")]);
  t.same(await after(() => api.remove(Jobs, key("first-run-1"))), [task("first")]);
  t.same(await after(() => api.create(Jobs, { metadata: madeFor("CodeRun", play, "play") })), [`coderun ${team}/play`]);
});

t.test("every change of a pod reconciles its run, also without a Job", async (t) => {
  const { api, started, after } = await connected(t);
  const first = api.create(TaskRuns, taskRun("first"));
  await started(1);
  const { ownerReferences: _, ...metadata } = madeFor("TaskRun", first, "pod");
  t.same(await after(() => api.create(Pods, { metadata })), [task("first")]);
  t.same(await after(() => api.change(Pods, key("pod"), (pod) => (pod.status = { phase: "Running" }))), [
    task("first"),
  ]);
  t.same(await after(() => api.remove(Pods, key("pod"))), [task("first")]);
});

t.test("the deletion of a claim reconciles the runs that use it", async (t) => {
  const { api, started, after } = await connected(t);
  for (const run of [taskRun("first"), taskRun("beside", { serviceName: "first" }), taskRun("other")])
    api.create(TaskRuns, run);
  const { workspace } = taskRunKind.names(taskRun("first"), 1);
  api.create(PersistentVolumeClaims, { metadata: key(workspace) });
  await started(3);
  t.same(await after(() => api.remove(PersistentVolumeClaims, key(workspace)), 2), [task("beside"), task("first")]);
});

/** What ends an attempt's hold on its slots: the objects to create before, and the change. */
const ends: readonly {
  readonly title: string;
  readonly make: (api: ApiServer, run: Stored<TaskRun>) => void;
  readonly end: (api: ApiServer) => void;
}[] = [
  {
    title: "its Job completes",
    make: (api, run) => void api.create(Jobs, { metadata: madeFor("TaskRun", run, "job") }),
    end: (api) => api.change(Jobs, key("job"), (job) => (job.status = complete)),
  },
  {
    title: "its Job is deleted",
    make: (api, run) => void api.create(Jobs, { metadata: madeFor("TaskRun", run, "job") }),
    end: (api) => api.remove(Jobs, key("job")),
  },
  {
    title: "its last pod ends",
    make: (api, run) => void api.create(Pods, { metadata: madeFor("TaskRun", run, "pod") }),
    end: (api) => api.change(Pods, key("pod"), (pod: Pod) => (pod.status = { phase: "Failed" })),
  },
  {
    title: "its last pod is deleted",
    make: (api, run) => void api.create(Pods, { metadata: madeFor("TaskRun", run, "pod") }),
    end: (api) => api.remove(Pods, key("pod")),
  },
];

for (const { title, make, end } of ends)
  t.test(`when an attempt frees its slots, because ${title}, waiting runs of every kind are reconciled`, async (t) => {
    const { api, started, after } = await connected(t, "concurrency: { total: 2 }");
    const running = api.create(TaskRuns, taskRun("running"));
    api.change(TaskRuns, key("running"), (run) => (run.status = { phase: "Running", runs: [{ number: 1 }] } as never));
    make(api, running);
    api.create(TaskRuns, taskRun("waiting"));
    api.create(CodeRuns, codeRun("waiting-too"));
    await started(3);
    const reconciled = await after(() => end(api), 3);
    t.same(reconciled, [`coderun ${team}/waiting-too`, task("running"), task("waiting")]);
  });

t.test("when a run gives up its place in the queue, the one behind it is reconciled", async (t) => {
  const { api, clock, started, after } = await connected(t, "concurrency: { total: 1 }");
  for (const name of ["next", "behind", "last"]) {
    api.create(TaskRuns, taskRun(name));
    clock.advanceSync(1_000);
  }
  await started(3);
  const suspend = (): void => api.change(TaskRuns, key("next"), ({ spec }) => (spec.suspend = true));
  t.same(await after(suspend, 2), [task("behind"), task("next")]);
  api.change(TaskRuns, key("behind"), ({ metadata }) => (metadata.finalizers = []));
  const remove = (): void => api.remove(TaskRuns, key("behind"));
  t.same((await after(remove, 2)).includes(task("last")), true);
});

t.test("runs of unmanaged namespaces take no slots", async (t) => {
  const { api, clock, started, after, shared } = await connected(
    t,
    `{ concurrency: { total: 1 }, namespaces: { names: [${team}] } }`,
  );
  api.create(TaskRuns, taskRun("older", {}, "unmanaged"));
  clock.advanceSync(1_000);
  api.create(TaskRuns, taskRun("newer"));
  await started(2);
  t.same(await after(() => shared.slots.wake(undefined)), [task("newer")]);
});

t.test("all runs of a kind are enqueued at once, or those of a namespace", async (t) => {
  const { api, started, after, taskRuns, codeRuns } = await connected(t);
  for (const namespace of [team, "team-b"]) api.create(TaskRuns, taskRun("run", {}, namespace));
  api.create(CodeRuns, codeRun("play"));
  await started(3);
  t.same(await after(() => taskRuns.enqueueAll(), 2), [task("run"), "taskrun team-b/run"]);
  t.same(await after(() => taskRuns.enqueueAll("team-b")), ["taskrun team-b/run"]);
  t.same(await after(() => codeRuns.enqueueAll()), [`coderun ${team}/play`]);
});

t.test("a namespace with many runs keeps those of another waiting for one of them at most", async (t) => {
  const { api, manager, started, after, taskRuns } = await connected(t);
  for (let index = 0; index < 15; index++) api.create(TaskRuns, taskRun(`run-${index}`));
  api.create(TaskRuns, taskRun("run", {}, "team-b"));
  await started(16);
  await after(() => taskRuns.enqueueAll(), 16);
  const place = manager.reconciled.indexOf("taskrun team-b/run");
  t.ok(place === 0 || place === 1, `it is number ${place} of ${manager.reconciled.length}`);
});

t.test("the cache of runs drops what nothing reads from it", async (t) => {
  const { api, manager, started } = await connected(t);
  const run = taskRun("first");
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}", kept: "yes" };
  api.create(TaskRuns, { ...run, metadata: { ...run.metadata, annotations, managedFields: [{}] } });
  await started(1);
  const [cached] = manager.cache.reader(TaskRuns).list();
  t.same(cached?.metadata.annotations, { kept: "yes" });
  t.equal(cached?.metadata.managedFields, undefined);
  t.ok(cached?.spec.markdownFiles.every(({ content }) => content === ""));
});

t.test("the shared caches drop what nothing reads from them", async (t) => {
  const { api, manager, started } = await connected(t);
  const run = api.create(TaskRuns, taskRun("first"));
  const metadata = { ...madeFor("TaskRun", run, "made"), managedFields: [{}] };
  api.create(Jobs, { metadata, spec: { backoffLimit: 0, template: { spec: { containers: [] } } } });
  api.create(Pods, { metadata, spec: { containers: [] }, status: { phase: "Running" } });
  api.create(Pods, { metadata: { namespace: team, name: "of-others" } });
  api.create(ConfigMaps, { metadata, data: { a: "b" } });
  await started(1);
  const cached = <T extends KubernetesObject>(type: ResourceType<T>): Stored<T>[] => manager.cache.reader(type).list();
  t.match(cached(Jobs), [{ spec: { backoffLimit: 0, template: undefined }, metadata: { managedFields: undefined } }]);
  t.equal(cached(Pods).length, 1, "pods of others are not cached");
  t.match(cached(Pods), [{ spec: undefined, status: { phase: "Running" }, metadata: { managedFields: undefined } }]);
  t.match(cached(ConfigMaps), [{ data: undefined, metadata: { managedFields: undefined } }]);
});

/** A finished TaskRun. */
function finished(api: ApiServer, name: string, completionTime: string, namespace = team): void {
  const run = taskRun(name, {}, namespace);
  api.create(TaskRuns, { ...run, metadata: { ...run.metadata, finalizers: [] } });
  api.change(TaskRuns, { namespace, name }, (each) => {
    each.status = { phase: "Succeeded", observedRetryAttempt: 1, completionTime };
  });
}

t.test("a change of history takes effect at once", async (t) => {
  const { api, clock, until, configuration, started } = await connected(t);
  finished(api, "old", "2026-01-01T00:00:00Z");
  await started(1);
  await clock.advance(60_000);
  t.ok(api.get(TaskRuns, key("old")), "it is kept for ever");
  const before = clock.now();
  configuration.update("{ history: { keepSeconds: 60 } }");
  await until("it is removed", () => api.get(TaskRuns, key("old")) === undefined);
  t.ok(clock.now() - before < 10_000, `after ${clock.now() - before} ms`);
});

t.test("history is tidied every 30 seconds, also after an error, in managed namespaces only", async (t) => {
  const { api, clock, until, lines, started } = await connected(
    t,
    `{ history: { keepSeconds: 60 }, namespaces: { names: [${team}] } }`,
  );
  const now = formatTime(clock.now());
  finished(api, "old", now);
  finished(api, "old", now, "unmanaged");
  let refused = 0;
  api.fault = ({ method }) => (method === "DELETE" && refused++ === 0 ? ApiServer.error(403, "Forbidden") : undefined);
  await started(2);
  t.ok(api.get(TaskRuns, key("old")), "its time is not over");
  await clock.advance(60_000);
  await until("an error is logged", () => lines.some(({ message }) => message.startsWith("taskruns-history failed")));
  t.ok(api.get(TaskRuns, key("old")));
  await clock.advance(30_000);
  await until("it is removed", () => api.get(TaskRuns, key("old")) === undefined);
  t.ok(api.get(TaskRuns, { namespace: "unmanaged", name: "old" }));
  t.equal(refused, 2);
});

t.test("orphans are searched for at the configured interval, also after an error", async (t) => {
  const { api, clock, until, lines, configuration, started } = await connected(t, "orphanSweepSeconds: 600");
  api.create(TaskRuns, taskRun("first"));
  await started(1);
  const gone = { metadata: { name: "gone", uid: "gone", resourceVersion: "1" } };
  const orphan = (): void => void api.create(Jobs, { metadata: madeFor("TaskRun", gone, "orphan") });
  const isThere = (): boolean => api.get(Jobs, key("orphan")) !== undefined;
  let refused = 0;
  api.fault = ({ method }) => (method === "DELETE" && refused++ === 0 ? ApiServer.error(403, "Forbidden") : undefined);
  orphan();
  await clock.advance(500_000);
  t.ok(isThere(), "its time has not come");
  await clock.advance(100_000);
  const message = "taskruns-orphans failed; retrying in 600 s";
  await until("an error is logged", () => lines.some((line) => line.message === message));
  t.ok(isThere());
  configuration.update("orphanSweepSeconds: 60");
  await clock.advance(600_000);
  await until("it is deleted", () => !isThere());
  orphan();
  await clock.advance(60_000);
  await until("the new interval is in force", () => !isThere());
});

t.test("the Job of a run that no longer exists is deleted as soon as it is reconciled", async (t) => {
  const { api, until, started, manager } = await connected(t, "", true);
  const gone = { metadata: { name: "gone", uid: "gone", resourceVersion: "1" } };
  api.create(TaskRuns, taskRun("first"));
  // after the sweep at the start
  await started(1);
  await until("another run runs", () => api.get(TaskRuns, key("first"))?.status?.phase === "Running");
  api.create(Jobs, { metadata: madeFor("TaskRun", gone, "orphan") });
  await until("it is deleted", () => api.get(Jobs, key("orphan")) === undefined);
  t.ok(manager.reconciled.includes(task("gone")));
});

t.test("metrics count the runs of a kind by phase, and its reconciles", async (t) => {
  const { api, manager, until, started } = await connected(t, "", true);
  finished(api, "done", "2026-01-01T00:00:00Z");
  await started(1);
  t.equal(await metricOf(manager, "taskrun_phase", { phase: "Succeeded" }), 1);
  t.equal(await metricOf(manager, "coderun_phase", { phase: "Succeeded" }), 0);
  api.create(TaskRuns, taskRun("first"));
  await until("it runs", () => api.get(TaskRuns, key("first"))?.status?.phase === "Running");
  t.equal(await metricOf(manager, "taskrun_phase", { phase: "Running" }), 1);
  t.ok(((await metricOf(manager, "taskrun_reconciliations_total", { result: "success" })) ?? 0) > 0);
});
