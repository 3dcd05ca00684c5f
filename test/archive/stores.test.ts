/** What every store promises: of a directory, and of a bucket on a real S3-compatible server. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { ArchiveKey, ArchiveStore } from "#src/archive/archive-store.js";
import { decodeArchivedRun, encodeArchivedRun } from "#src/archive/archived-run.js";
import { DirectoryStore } from "#src/archive/directory-store.js";
import { S3Store } from "#src/archive/s3-store.js";
import { accessKey, s3Server } from "./s3-server.js";

const signal = new AbortController().signal;

Object.assign(process.env, accessKey);

/** A store, and the directory with its files below the archive's root. */
interface Opened {
  readonly store: ArchiveStore;
  readonly directory: string;
}

const stores: Readonly<Record<string, (t: Test) => Promise<Opened>>> = {
  directory: (t) => {
    const directory = mkdtempSync(join(tmpdir(), "archive-"));
    t.teardown(() => rmSync(directory, { recursive: true }));
    return Promise.resolve({ store: new DirectoryStore(directory), directory });
  },
  "S3 server": async (t) => {
    const { endpoint, bucket, directory } = await s3Server(t);
    const store = new S3Store({ endpoint, bucket, region: "us-east-1", prefix: "kept/", pathStyle: true });
    t.teardown(() => store.close());
    return { store, directory: join(directory, "kept") };
  },
};

const keyOf = (name: string, uid: string, plural = "taskruns", namespace = "team-a"): ArchiveKey => {
  return { namespace, plural, name, uid };
};

async function documentOf({ name, uid }: ArchiveKey, resourceVersion: string, note = ""): Promise<Buffer> {
  const run = {
    ...{ apiVersion: "orchestrator.io/v1", kind: "TaskRun", metadata: { name, uid, resourceVersion }, spec: { note } },
  };
  return encodeArchivedRun({ formatVersion: 1, run, events: [] });
}

for (const [title, open] of Object.entries(stores))
  void t.test(title, async (t) => {
    const { store, directory } = await open(t);
    const put = async (key: ArchiveKey, version = "1", note = ""): Promise<void> =>
      store.put(key, version, await documentOf(key, version, note), signal);
    const noteOf = async (key: ArchiveKey): Promise<unknown> => {
      const document = await store.get(key, signal);
      return document && ((await decodeArchivedRun(document)).run.spec as { note: string }).note;
    };

    const first = keyOf("auth-1", "u1");
    t.same(await store.list({ namespace: "team-a", plural: "taskruns" }, { limit: 10 }, signal), { entries: [] });
    t.equal(await noteOf(first), undefined, "what was never written");
    await put(first, "1", "first");
    await put(first, "1", "again");
    t.equal(await noteOf(first), "first", "a version is written once");
    await put(first, "2", "later");
    t.equal(await noteOf(first), "later", "another version replaces it");
    await Promise.all([put(first, "3", "a"), put(first, "3", "b")].map((each) => each.catch(() => undefined)));
    t.match(await noteOf(first), /^[ab]$/, "two writers leave one whole document");

    const others = [
      ...[keyOf("auth-1", "u0"), keyOf("auth-2", "u2"), keyOf("auth-10", "u3"), keyOf("auth", "u4")],
      ...[keyOf("auth-1", "u5", "coderuns"), keyOf("auth-1", "u6", "taskruns", "team-b")],
    ];
    for (const key of others) await put(key);
    writeFileSync(join(directory, "team-a/taskruns/auth-1/u9.json.gz.x.tmp"), "a file of a killed process");
    const uidsOf = async (name: string | undefined, limit: number): Promise<string[]> => {
      const uids: string[] = [];
      for (let after: string | undefined = ""; after !== undefined;) {
        const selection = { namespace: "team-a", plural: "taskruns", ...(name !== undefined && { name }) };
        const page = await store.list(selection, { limit, ...(after !== "" && { after }) }, signal);
        t.ok(page.entries.length <= limit);
        for (const { writtenAt, bytes } of page.entries) {
          t.ok(Math.abs(Date.parse(writtenAt) - Date.now()) < 600_000);
          t.ok(bytes > 50);
        }
        uids.push(...page.entries.map(({ uid }) => uid));
        after = page.next;
      }
      return uids;
    };
    for (const limit of [1, 2, 3, 100]) {
      t.same((await uidsOf(undefined, limit)).sort(), ["u0", "u1", "u2", "u3", "u4"], `pages of ${limit}`);
      t.same(await uidsOf("auth-1", limit), ["u0", "u1"], "in the order of their paths");
      t.same(await uidsOf("absent", limit), []);
    }
    await t.rejects(store.list({ namespace: "..", plural: "taskruns" }, { limit: 1 }, signal), /cannot be part/);
    await t.rejects(store.get(keyOf("../../etc", "u1"), signal), /cannot be part/);
    await t.rejects(async () => store.get(keyOf("a", "u1"), AbortSignal.abort(new Error("enough"))), /enough|abort/i);
  });
