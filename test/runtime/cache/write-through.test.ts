/** What this process reads from its cache after its own writes, before any watch reports them. */
import t from "tap";
import { Cache } from "#src/runtime/cache/cache.js";
import { writeThrough } from "#src/runtime/cache/write-through.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { Client } from "#src/runtime/client/client.js";
import { Conflict } from "#src/runtime/client/errors.js";
import type { ConfigMap, Stored } from "#src/runtime/client/objects.js";
import type { Reader } from "#src/runtime/cache/reader.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { MemoryServer } from "../memory-server.js";

const key = { namespace: "ns", name: "a" };
const path = "/api/v1/namespaces/ns/configmaps/a";

/** The cache is never started: everything it shows comes from the writes. */
function begin(): { readonly server: MemoryServer; readonly client: Client; readonly reader: Reader<ConfigMap> } {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  const live = server.client({ clock });
  const cache = new Cache({ client: live, clock, random: () => 0, logger: silentLogger, freeze: true });
  const { reader } = cache.informer<ConfigMap>(ConfigMaps);
  return { server, client: writeThrough(live, cache), reader };
}

async function deleted(client: Client, object: Stored<ConfigMap>): Promise<void> {
  await client.delete(ConfigMaps, key, { preconditions: { uid: object.metadata.uid } });
}

t.test("create, update, apply and patch are visible at once; the caller's answer is a copy", async (t) => {
  const { client, reader } = begin();
  const data = (): unknown => reader.get(key)?.data;
  const created = await client.create<ConfigMap>(ConfigMaps, { metadata: key, data: { by: "create" } });
  t.same(data(), { by: "create" });
  created.data = { by: "the caller" };
  t.same(data(), { by: "create" });
  const { metadata } = created;
  await client.update<ConfigMap>(ConfigMaps, { metadata, data: { by: "update" } });
  t.same(data(), { by: "update" });
  await client.patch<ConfigMap>(ConfigMaps, key, { type: "merge", body: { data: { by: "patch" } } });
  t.same(data(), { by: "patch" });
  await client.apply<ConfigMap>(ConfigMaps, { metadata: key, data: { by: "apply" } });
  t.same(data(), { by: "apply" });
});

t.test("dry runs, failed writes, and subresources other than status change nothing in the cache", async (t) => {
  const { client, reader } = begin();
  await client.create<ConfigMap>(ConfigMaps, { metadata: { ...key, name: "dry" } }, { dryRun: true });
  t.equal(reader.get({ ...key, name: "dry" }), undefined);
  const object = await client.create<ConfigMap>(ConfigMaps, { metadata: key });
  const stale = { ...object, metadata: { ...object.metadata, resourceVersion: "1" }, data: { stale: "yes" } };
  await t.rejects(client.update<ConfigMap>(ConfigMaps, stale), Conflict);
  t.equal(reader.get(key)?.data, undefined);
  const patch = { type: "merge" as const, body: { data: { x: "1" } } };
  await client.patch<ConfigMap>(ConfigMaps, key, patch, { subresource: "scale" });
  t.equal(reader.get(key)?.data, undefined);
  await client.patch<ConfigMap>(ConfigMaps, key, patch, { subresource: "status" });
  t.same(reader.get(key)?.data, { x: "1" });
});

t.test("a dry run of a deletion hides nothing", async (t) => {
  const { client, reader } = begin();
  const object = await client.create<ConfigMap>(ConfigMaps, { metadata: key });
  await client.delete(ConfigMaps, key, { preconditions: { uid: object.metadata.uid }, dryRun: true });
  t.ok(reader.get(key));
});

t.test(
  "a deletion by UID hides the object; one without UID might have hit another, and waits for the watch",
  async (t) => {
    const { client, reader } = begin();
    await deleted(client, await client.create<ConfigMap>(ConfigMaps, { metadata: key }));
    t.equal(reader.get(key), undefined);
    const again = await client.create<ConfigMap>(ConfigMaps, { metadata: key });
    t.equal(reader.get(key)?.metadata.uid, again.metadata.uid, "a successor of the same name is visible");
    await client.delete(ConfigMaps, key);
    t.ok(reader.get(key), "without a UID only the watch can tell");
  },
);

t.test("an object that keeps finalizers after its deletion stays visible, as being deleted", async (t) => {
  const { server, client, reader } = begin();
  const object = await client.create<ConfigMap>(ConfigMaps, { metadata: { ...key, finalizers: ["test.io/hold"] } });
  await deleted(client, object);
  t.match(reader.get(key)?.metadata, {
    uid: object.metadata.uid,
    deletionTimestamp: String,
    finalizers: ["test.io/hold"],
  });
  t.ok(server.find(path));
  // a change that leaves the finalizer leaves the object
  await client.patch<ConfigMap>(ConfigMaps, key, { type: "merge", body: { data: { still: "here" } } });
  t.match(reader.get(key), { data: { still: "here" }, metadata: { deletionTimestamp: String } });
});

t.test("the write that removes the last finalizer of an object in deletion hides it", async (t) => {
  const { server, client, reader } = begin();
  const finalizers = ["test.io/one", "test.io/two"];
  await deleted(client, await client.create<ConfigMap>(ConfigMaps, { metadata: { ...key, finalizers } }));
  await client.patch<ConfigMap>(ConfigMaps, key, {
    type: "merge",
    body: { metadata: { finalizers: ["test.io/two"] } },
  });
  t.ok(reader.get(key), "one is left");
  await client.patch<ConfigMap>(ConfigMaps, key, { type: "merge", body: { metadata: { finalizers: [] } } });
  t.equal(reader.get(key), undefined);
  t.equal(server.find(path), undefined);
});

t.test("an object with a grace period stays visible until the watch reports its end", async (t) => {
  const { client, reader } = begin();
  await deleted(
    client,
    await client.create<ConfigMap>(ConfigMaps, { metadata: { ...key, deletionGracePeriodSeconds: 30 } }),
  );
  t.ok(reader.get(key));
});
