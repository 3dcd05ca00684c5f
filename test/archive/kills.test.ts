/** History's process is killed at every step between a finished run and its document: nothing is lost, nothing is there twice. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { decodeArchivedRun } from "#src/archive/archived-run.js";
import { exampleRun } from "../runs/model-cluster.js";
import type { Task } from "./archiving-process.js";
import { accessKey, s3Server } from "./s3-server.js";

const program = fileURLToPath(new URL("archiving-process.js", import.meta.url));

/** Every step takes a process each; without TEST_FULL every fifth, from another one each time. */
const stride = process.env.TEST_FULL === "1" ? 1 : 5;

/** An API server with finished TaskRuns, which can be read and deleted. */
class RunServer {
  readonly runs = new Map<string, object>();
  deletions = 0;

  fill(...names: string[]): void {
    for (const name of names) {
      const status = { phase: "Succeeded", observedRetryAttempt: 1, completionTime: "2026-01-01T00:00:00Z" };
      const metadata = { name, namespace: "ns", uid: `uid-${name}`, resourceVersion: "1" };
      this.runs.set(name, { ...exampleRun({}), metadata, status });
    }
  }

  async start(t: Test): Promise<string> {
    const server = createServer((request, response) => {
      const name = new URL(request.url ?? "", "http://x").pathname.split("/").at(-1) ?? "";
      const answer = (status: number, body: object): void => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      };
      request.resume().on("end", () => {
        const run = this.runs.get(name);
        if (name === "taskruns") answer(200, { kind: "TaskRunList", metadata: {}, items: [...this.runs.values()] });
        else if (name === "events") answer(200, { kind: "EventList", metadata: {}, items: [] });
        else if (run === undefined) answer(404, { kind: "Status", code: 404, reason: "NotFound" });
        else {
          if (request.method === "DELETE" && this.runs.delete(name)) this.deletions++;
          answer(200, run);
        }
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

/** Runs a pass. Returns the number of its steps; undefined if it was killed. */
async function pass(task: Task): Promise<number | undefined> {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    env: { ...process.env, ...accessKey, NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal === "SIGKILL") return undefined;
  if (code !== 0) throw new Error(`the pass ended with ${String(code)}`);
  return Number(out);
}

async function killEverywhere(t: Test, archive: Task["archive"], root: string): Promise<void> {
  const api = new RunServer();
  const server = await api.start(t);
  api.fill("measured");
  const steps = (await pass({ server, archive })) ?? 0;
  t.ok(steps >= 6, `${steps} steps`);
  let written = 1;
  for (let dieAt = 1 + Math.floor(Math.random() * stride); dieAt <= steps; dieAt += stride) {
    const name = `killed-at-${dieAt}`;
    api.fill(name);
    t.equal(await pass({ server, archive, dieAt }), undefined, `killed at step ${dieAt}`);
    const path = join(root, "ns", "taskruns", name, `uid-${name}.json.gz`);
    if (!api.runs.has(name)) await decodeArchivedRun(readFileSync(path));
    await pass({ server, archive });
    written++;
    t.notOk(api.runs.has(name), "the next pass removes the run");
    t.equal((await decodeArchivedRun(readFileSync(path))).run.metadata.uid, `uid-${name}`);
    t.strictSame(readdirSync(join(root, "ns", "taskruns", name)), [`uid-${name}.json.gz`], "and nothing else is left");
  }
  t.equal(readdirSync(join(root, "ns", "taskruns")).length, written, "a document for each run");
  t.equal(api.deletions, written);
}

t.test("with a directory", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "archive-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  await killEverywhere(t, { directory }, directory);
});

t.test("with an S3 server", async (t) => {
  const { endpoint, bucket, directory } = await s3Server(t);
  const s3 = { endpoint, bucket, region: "us-east-1", prefix: "kept/", pathStyle: true };
  await killEverywhere(t, { s3 }, join(directory, "kept"));
});
