/** What archived runs leave in memory. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t, { type Test } from "tap";
import { accessKey, s3Server } from "./s3-server.js";
import type { ArchiveStore } from "#src/archive/archive-store.js";
import { DirectoryStore } from "#src/archive/directory-store.js";
import { S3Store } from "#src/archive/s3-store.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { Archive } from "#src/runs/archive.js";
import { RunArchiver } from "#src/runs/run-archiver.js";
import type { Client } from "#src/runtime/client/client.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { exampleRun } from "../runs/model-cluster.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Runs that exist at a time, and how often. */
const batch = 200;
const batches = process.env.TEST_FULL === "1" ? 50 : 6;

/** @param directory where the documents are @param most MiB that the memory may grow by */
async function archiveAll(t: Test, store: ArchiveStore, directory: string, most: number): Promise<void> {
  const runs = new Map<string, Stored<TaskRun>>();
  // a cluster that remembers nothing
  const client = {
    get: (_: unknown, { name }: { readonly name: string }) => Promise.resolve(runs.get(name)),
    list: () => Promise.resolve({ items: [], metadata: {} }),
    delete: (_: unknown, { name }: { readonly name: string }) => {
      runs.delete(name);
      return Promise.resolve();
    },
  } as unknown as Client;
  const shared = { kind: taskRunKind, client, clock: systemClock, logger: silentLogger };
  const archiver = new RunArchiver<TaskRun>({ ...shared, store: () => store, giveUpSeconds: () => undefined });
  const rules = { archive: { transcriptKiB: 0, log: false }, rememberedRuns: 0, keepPerService: 0 };
  const cache = { hasSynced: true, get: () => undefined, list: () => [...runs.values()], byIndex: () => [] };
  const history = new Archive<TaskRun>({ ...shared, runs: cache, archiver, rules: () => rules });
  const used: number[] = [];
  for (let number = 0; number < batches; number++) {
    for (let index = 0; index < batch; index++) {
      const name = `run-${number}-${index}`;
      const metadata = { name, namespace: "ns", uid: `uid-${number}-${index}`, resourceVersion: "1" };
      const status = { phase: "Succeeded", observedRetryAttempt: 1, completionTime: "2026-01-01T00:00:00Z" } as const;
      runs.set(name, { ...exampleRun({}), metadata, status });
    }
    while (runs.size > 0) await history.tidy(new AbortController().signal);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    used.push((heapUsed + arrayBuffers) / 1024 / 1024);
  }
  t.equal(readdirSync(join(directory, "ns", "taskruns")).length, batch * batches);
  // the first ones also load code
  const [before = 0] = used.slice(2);
  const last = used.at(-1) ?? 0;
  t.ok(
    last - before < most,
    `${before.toFixed(1)} MiB after ${3 * batch} runs, ${last.toFixed(1)} after ${batch * batches}`,
  );
}

const title = `${batch * batches} runs are archived and removed, and leave nothing in memory`;

t.test(`${title}: in a directory`, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "archive-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  await archiveAll(t, new DirectoryStore(directory), directory, 4);
});

t.test(`${title}: in a bucket`, async (t) => {
  Object.assign(process.env, accessKey);
  const { endpoint, bucket, directory } = await s3Server(t);
  const store = new S3Store({ endpoint, bucket, region: "us-east-1", pathStyle: true });
  t.teardown(() => store.close());
  await archiveAll(t, store, directory, 8);
});
