import t from "tap";
import { Cache } from "#src/runtime/cache/cache.js";
import { writeThrough } from "#src/runtime/cache/write-through.js";
import type { Client } from "#src/runtime/client/client.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { FaultyServer } from "./faulty-server.js";

function makeCache(): { readonly cache: Cache; readonly writer: Client } {
  const client = new FaultyServer().client();
  const cache = new Cache({ client, clock: new FakeClock(), random: () => 0, logger: silentLogger });
  let version = 100;
  const create = (_: unknown, { metadata, ...rest }: KubernetesObject): unknown =>
    Promise.resolve({ ...rest, metadata: { ...metadata, uid: "1", resourceVersion: String(++version) } });
  return { cache, writer: writeThrough({ ...client, create } as Client, cache) };
}

t.test(
  "a write in a namespace that is not watched stays out of the cache, which would never see its changes",
  async (t) => {
    const { cache, writer } = makeCache();
    const { reader } = cache.informer(ConfigMaps, { namespaces: ["mine"] });
    await writer.create(ConfigMaps, { metadata: { namespace: "mine", name: "a" } });
    await writer.create(ConfigMaps, { metadata: { namespace: "other", name: "a" } });
    t.ok(reader.get({ namespace: "mine", name: "a" }));
    t.equal(reader.get({ namespace: "other", name: "a" }), undefined);
    t.equal(reader.list().length, 1);
  },
);

t.test("each version of a resource has an informer of its own", async (t) => {
  const { cache, writer } = makeCache();
  const widgets = { group: "example.com", kind: "Widget", plural: "widgets", namespaced: true };
  const [v1, v2] = [resourceType({ ...widgets, version: "v1" }), resourceType({ ...widgets, version: "v2" })];
  const old = cache.informer(v1);
  t.not(cache.informer(v2), old);
  t.equal(cache.informer(v1), old);
  t.throws(() => cache.informer(v1, {}), /widgets.example.com: the informer exists already/);
  await writer.create(v2, { metadata: { namespace: "ns", name: "a" } });
  t.equal(cache.reader(v1).list().length, 0);
  t.equal(cache.reader(v2).list().length, 1);
  t.same(cache.unsynced, ["widgets.example.com", "widgets.example.com"]);
});
