/** `cacheload <count>`: fills a cache with TaskRuns from a watch, and prints the costs as JSON. */
import { cachedRuns, indexByWork, workIndex } from "#src/admission/index.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { Informer } from "#src/runtime/cache/informer.js";
import type { Client, WatchEvent } from "#src/runtime/client/client.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { PriorityQueue } from "#src/runtime/queue/queue.js";
import { taskRunOf } from "./measure.js";

const count = Number(process.argv[2] ?? 10_000);

/** One line of a watch as text, so that the measurement includes parsing. */
function line(index: number, version: number): string {
  const object = taskRunOf(2_400, index) as { metadata: Record<string, unknown> };
  object.metadata.uid = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  object.metadata.resourceVersion = String(version);
  object.metadata.creationTimestamp = "2026-01-01T00:00:00Z";
  object.metadata.managedFields = [
    {
      manager: "kubectl",
      operation: "Apply",
      apiVersion: "orchestrator.io/v1",
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: Object.fromEntries(Array.from({ length: 30 }, (_, field) => [`f:field${field}`, {}])),
    },
  ];
  return JSON.stringify(object);
}

/** The objects as a streaming list, followed by one change of each. */
async function* events(): AsyncGenerator<WatchEvent<TaskRun>> {
  for (let index = 0; index < count; index++) {
    yield { type: "ADDED", object: JSON.parse(line(index, index + 1)) as Stored<TaskRun> };
  }
  yield { type: "BOOKMARK", resourceVersion: String(count), initialEventsEnd: true };
  await new Promise<void>((resolve) => (resume = resolve));
  for (let index = 0; index < count; index++) {
    yield { type: "MODIFIED", object: JSON.parse(line(index, count + index + 1)) as Stored<TaskRun> };
  }
  await new Promise<void>(() => undefined);
}

let resume = (): void => undefined;
const client = { watch: events } as unknown as Client;
const collect = (globalThis as { gc?: () => void }).gc ?? ((): void => undefined);

collect();
const before = process.memoryUsage().heapUsed;
const informer = new Informer<TaskRun>(
  TaskRuns,
  { indexes: { [workIndex]: indexByWork(admittedTaskRun) } },
  { client, clock: systemClock, random: Math.random, logger: silentLogger },
);
const stop = new AbortController();
void informer.start(stop.signal);
await informer.waitForSync(stop.signal);
collect();
const heap = process.memoryUsage().heapUsed - before;

const queue = new PriorityQueue({ clock: systemClock, random: Math.random });
let seen = 0;
const all = new Promise<void>((resolve) => {
  informer.addHandler(({ type, object }) => {
    if (type !== "updated") return;
    queue.add(`${object.metadata.namespace ?? ""}/${object.metadata.name}`);
    if (++seen === count) resolve();
  });
});
const drain = (async () => {
  for (let done = 0; done < count; done++) {
    const item = await queue.get();
    if (item !== undefined) queue.done(item.key);
  }
})();
const started = performance.now();
resume();
await all;
await drain;
const seconds = (performance.now() - started) / 1000;
collect();
process.stdout.write(
  JSON.stringify({
    heapBytesPerObject: heap / count,
    jsonBytesPerObject: line(0, 1).length,
    eventsPerSecond: count / seconds,
    rssMiB: process.memoryUsage().rss / 2 ** 20,
    cached: cachedRuns(informer.reader).byWork("ns-0", "service-0/1").length,
  }),
  () => process.exit(),
);
