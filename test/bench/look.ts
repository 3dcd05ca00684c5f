/** The cost of one reconcile without writes (observe, assess and plan), and of one decision about all slots, on filled caches. */
import type { Figures } from "./main.js";
import { exampleRun } from "../runs/model-cluster.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { taskRunKind } from "../kinds/task-runs.js";
import {
  dependencyIndex,
  ownerIndex,
  ownerNameIndex,
  podIndex,
  workspaceIndex,
  type Index,
} from "#src/runs/indexes.js";
import { Live } from "#src/runs/live.js";
import { observe, type RunReaders } from "#src/runs/observe.js";
import { plan } from "#src/runs/plan/plan.js";
import { SlotBook } from "#src/runs/slot-book.js";
import { Store } from "#src/runtime/cache/store.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import type { KubernetesObject, Stored } from "#src/runtime/client/objects.js";

const namespace = "orchestrator";
const now = Date.parse("2024-07-02T10:00:00Z");

function store<T extends KubernetesObject>(...indexes: readonly Index<T>[]): Store<T> {
  const made = new Store<T>();
  for (const { name, of } of indexes) made.addIndex(name, of);
  return made;
}

/** @returns the runs, each of which depends on the next ones, and their caches */
function chain(count: number, dependencies: number): RunReaders<TaskRun> {
  const runs = store<TaskRun>(dependencyIndex, workspaceIndex(taskRunKind));
  for (let index = 0; index < count; index++) {
    const next = Math.min(dependencies, count - 1 - index);
    const dependsOn = Array.from({ length: next }, (_, step) => `run-${index + step + 1}`);
    const run = exampleRun({ taskId: index + 1, serviceName: `service-${index}`, dependsOn });
    const stored: Stored<TaskRun> = {
      ...run,
      apiVersion: `${TaskRuns.group}/${TaskRuns.version}`,
      metadata: { ...run.metadata, name: `run-${index}`, namespace, uid: `uid-${index}`, resourceVersion: "1" },
    };
    runs.put(stored);
  }
  runs.markSynced();
  return {
    runs,
    jobs: store(ownerIndex, ownerNameIndex),
    files: store(ownerIndex),
    workspaces: store(),
    pods: store(podIndex),
  };
}

/** Processor milliseconds and allocated MiB of one reconcile of the first of 2,000 runs that each depend on the next 64. */
export function lookSuite(): Promise<Figures> {
  const readers = chain(2000, 64);
  const look = (): void => {
    const observed = observe(taskRunKind, readers, { namespace, name: "run-0" }, new Live<TaskRun>());
    if (observed === undefined) throw new Error("no run-0");
    plan(taskRunKind, observed, defaultConfiguration, now);
  };
  const looks = 20;
  for (let warm = 0; warm < looks; warm++) look();
  const allocated = (): number => process.memoryUsage().heapUsed / 2 ** 20;
  const processor = process.cpuUsage();
  let mebibytes = 0;
  for (let index = 0; index < looks; index++) {
    const before = allocated();
    look();
    // a garbage collection during a reconcile hides its allocation, so the largest value counts
    mebibytes = Math.max(mebibytes, allocated() - before);
  }
  const { user, system } = process.cpuUsage(processor);
  return Promise.resolve({
    "look.dependencies.cpuMs": (user + system) / 1000 / looks,
    "look.dependencies.allocatedMiB": mebibytes,
    "look.slots.cpuMs": slotDecision(),
  });
}

/** Processor milliseconds of one decision about the slots of 10,000 waiting runs. */
function slotDecision(): number {
  const concurrency = { ...defaultConfiguration.concurrency, total: 40, namespacePercent: 50 };
  let time = 0;
  const clock = new FakeClock(now);
  const configuration = { ...defaultConfiguration, concurrency };
  const book = new SlotBook({ configuration: () => configuration, clock });
  book.add({ kind: taskRunKind, readers: chain(10_000, 0), enqueue: () => undefined });
  const decisions = 20;
  for (let index = -5; index < decisions; index++) {
    const before = process.cpuUsage();
    book.wake(undefined);
    const { user, system } = process.cpuUsage(before);
    if (index >= 0) time += user + system;
  }
  return time / 1000 / decisions;
}
