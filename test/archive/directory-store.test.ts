/** Documents in a directory: whole, once for each version, and in their place. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { archivePath } from "#src/archive/archive-store.js";
import { decodeArchivedRun, encodeArchivedRun } from "#src/archive/archived-run.js";
import { maxDocumentBytes } from "#src/archive/document.js";
import { DirectoryStore } from "#src/archive/directory-store.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

const signal = new AbortController().signal;
const key = { namespace: "team-a", plural: "taskruns", name: "auth-1", uid: "0c7f" };

async function directory(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "archive-"));
  t.teardown(async () => rm(path, { recursive: true }));
  return path;
}

async function documentOf(resourceVersion: string, note = ""): Promise<Buffer> {
  const metadata = { name: "auth-1", uid: "0c7f", resourceVersion };
  const run = { apiVersion: "orchestrator.io/v1", kind: "TaskRun", metadata, spec: { note } };
  return encodeArchivedRun({ formatVersion: 1, run, events: [] });
}

void t.test("the first document of a version stays, and one of another version replaces it", async (t) => {
  const root = await directory(t);
  const store = new DirectoryStore(root);
  const noteOf = async (): Promise<unknown> =>
    (await decodeArchivedRun(await readFile(join(root, archivePath(key))))).run.spec;
  await store.put(key, "1", await documentOf("1", "first"), signal);
  await store.put(key, "1", await documentOf("1", "again"), signal);
  t.same(await noteOf(), { note: "first" });
  await store.put(key, "2", await documentOf("2", "later"), signal);
  t.same(await noteOf(), { note: "later" });
  t.same(await readdir(dirname(join(root, archivePath(key)))), ["0c7f.json.gz"], "and no temporary file");
});

void t.test("a document that was cut off is replaced", async (t) => {
  const root = await directory(t);
  const path = join(root, archivePath(key));
  const whole = await documentOf("1");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, whole.subarray(0, 20));
  await new DirectoryStore(root).put(key, "1", whole, signal);
  t.same(await readFile(path), whole);
});

void t.test("a volume that is not mounted is an error, and no new directory", async (t) => {
  const root = join(await directory(t), "missing");
  await t.rejects(new DirectoryStore(root).put(key, "1", await documentOf("1"), signal), { code: "ENOENT" });
});

void t.test("a write to a volume that hangs ends after 60 s, and what hangs leaves nothing behind", async (t) => {
  const root = await directory(t);
  const clock = new FakeClock();
  const store = new DirectoryStore(root, clock);
  // a read of a pipe hangs until somebody writes, as one of a volume that is away
  const pipe = join(root, archivePath({ ...key, uid: "pipe" }));
  await mkdir(dirname(pipe), { recursive: true });
  execFileSync("mkfifo", [pipe]);
  const document = await documentOf("1");
  const hanging = store.put({ ...key, uid: "pipe" }, "1", document, signal);
  const waiting = store.put({ ...key, uid: "waiting" }, "1", document, signal);
  const results = Promise.allSettled([hanging, waiting]);
  await clock.advance(60_000);
  for (const result of await results) {
    t.equal(result.status, "rejected");
    if (result.status === "rejected") t.match(String(result.reason), /took more than 60 s to write a document/);
  }
  t.equal(clock.pending, 0);
  const later = store.put(key, "1", document, signal);
  // the read that hangs finds nothing, and would write
  await writeFile(pipe, "");
  await later;
  t.same(
    (await readdir(dirname(pipe))).sort(),
    ["0c7f.json.gz", "pipe.json.gz"],
    "nothing of those that were given up",
  );
  t.ok((await stat(pipe)).isFIFO(), "and nothing is replaced");
});

void t.test("no name leads out of the archive", (t) => {
  for (const uid of ["..", ".", "", "a/b", "../x"]) t.throws(() => archivePath({ ...key, uid }), /cannot be part/);
  t.equal(archivePath(key), "team-a/taskruns/auth-1/0c7f.json.gz");
  t.end();
});

void t.test("nothing beyond the bound is decompressed or parsed", async (t) => {
  await t.rejects(decodeArchivedRun(gzipSync(Buffer.alloc(maxDocumentBytes + 1, " "))), /too large/);
  await t.rejects(decodeArchivedRun(gzipSync("[".repeat(1000))), /not gzip-compressed JSON/);
  await t.rejects(decodeArchivedRun(Buffer.from("{}")), /not gzip-compressed JSON/);
  await t.rejects(decodeArchivedRun(gzipSync('{"formatVersion":2}')), /read it with a later version/);
});
