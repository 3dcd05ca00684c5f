/**
 * One pass of history and archive in a process of its own, which dies by SIGKILL at a given step: before a change of the file
 * system, and before each write to a socket and each read from one. The test beside it starts it.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import type * as FileSystem from "node:fs/promises";
import type * as Net from "node:net";
import { taskRunKind } from "../kinds/task-runs.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { openStore } from "#src/archive/open-store.js";
import { Archive } from "#src/runs/archive.js";
import { RunArchiver } from "#src/runs/run-archiver.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";

/** What the test passes as the only argument, as JSON. */
export interface Task {
  readonly server: string;
  readonly archive: Parameters<typeof openStore>[0];
  /** The step before which the process dies. Absent: it lives. */
  readonly dieAt?: number;
}

const { server, archive: place, dieAt } = JSON.parse(process.argv[2] ?? "") as Task;
let steps = 0;

/** Counts only while the pass works. */
let isWorking = false;

function step(): void {
  if (!isWorking) return;
  steps++;
  if (steps === dieAt) process.kill(process.pid, "SIGKILL");
}

const require = createRequire(import.meta.url);
const files = require("node:fs/promises") as Record<string, (...args: unknown[]) => Promise<unknown>>;
for (const name of ["mkdir", "open", "rename", "rm"] satisfies (keyof typeof FileSystem)[]) {
  const original = files[name];
  files[name] = async (...args) => {
    step();
    const result = await original?.(...args);
    step();
    if (name === "open") watch(result as FileSystem.FileHandle);
    return result;
  };
}
syncBuiltinESMExports();

function watch(file: FileSystem.FileHandle): void {
  const methods = file as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const name of ["writeFile", "sync", "close"]) {
    const original = methods[name]?.bind(file);
    methods[name] = async (...args) => {
      step();
      return original?.(...args);
    };
  }
}

const { Socket } = require("node:net") as typeof Net;
const sockets = Socket.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
for (const name of ["_write", "_writev", "push"]) {
  const original = sockets[name];
  sockets[name] = function (...args) {
    step();
    return original?.apply(this, args);
  };
}

const connection = { server, tls: {} };
const client = new HttpClient({
  access: { namespace: "ns", connection: () => Promise.resolve(connection), headers: () => Promise.resolve({}) },
});
const { items } = await client.list(TaskRuns, { namespace: "ns" });
const shared = { kind: taskRunKind, client, clock: systemClock, logger: silentLogger };
const store = openStore(place);
const runs = { hasSynced: true, get: () => undefined, list: () => items, byIndex: () => [] };
const archiver = new RunArchiver<TaskRun>({ ...shared, store: () => store, giveUpSeconds: () => undefined });
const rules = { archive: { transcriptKiB: 0, log: false }, rememberedRuns: 0, keepPerService: 0 };
isWorking = true;
await new Archive<TaskRun>({ ...shared, runs, archiver, rules: () => rules }).tidy(new AbortController().signal);
isWorking = false;
store?.close?.();
await client.close();
process.stdout.write(`${steps}\n`);
