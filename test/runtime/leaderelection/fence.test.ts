import { getEventListeners } from "node:events";
import t from "tap";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { CallOptions, Client } from "#src/runtime/client/client.js";
import { fenced } from "#src/runtime/leaderelection/fence.js";
import { FakeClock, settle } from "#src/runtime/testing/clock.js";
import { MemoryServer } from "../memory-server.js";

const key = { namespace: "ns", name: "a" };
const object = { metadata: key };
const path = "/api/v1/namespaces/ns/configmaps/a";

const writes: readonly [string, (client: Client, options?: CallOptions) => Promise<unknown>][] = [
  ["create", (client, options) => client.create(ConfigMaps, { metadata: { ...key, name: "b" } }, options)],
  ["update", (client, options) => client.update(ConfigMaps, object, options)],
  ["apply", (client, options) => client.apply(ConfigMaps, object, options)],
  ["patch", (client, options) => client.patch(ConfigMaps, key, { type: "merge", body: {} }, options)],
  ["delete", (client, options) => client.delete(ConfigMaps, key, options)],
  ["raw PUT", (client, options) => client.raw({ method: "PUT", path, body: object, ...options })],
];

function begin(fence: () => AbortSignal): { readonly server: MemoryServer; readonly client: Client } {
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  server.put(path, {});
  return { server, client: fenced(server.client({ clock }), fence) };
}

for (const [name, write] of writes) {
  t.test(`${name}: passes while the fence is open, and leaves nothing on its signals`, async (t) => {
    const tenure = new AbortController();
    const own = new AbortController();
    const { server, client } = begin(() => tenure.signal);
    let sent = 0;
    await write(client, { signal: own.signal, beforeSend: () => sent++ });
    t.equal(server.requests.length, 1);
    t.equal(sent, 1, "the caller's own beforeSend is called too");
    for (const { signal } of [tenure, own]) t.equal(getEventListeners(signal, "abort").length, 0);
  });

  t.test(`${name}: a closed fence fails the call, and nothing is sent`, async (t) => {
    const { server, client } = begin(() => {
      throw new Error("not the leader");
    });
    await t.rejects(write(client), { message: "not the leader" });
    t.equal(server.requests.length, 0);
  });

  t.test(`${name}: a fence that closes while the call waits for its connection stops the request`, async (t) => {
    let asked = 0;
    const tenure = new AbortController();
    const { server, client } = begin(() => {
      if (++asked > 1) throw new Error("not the leader any more");
      return tenure.signal;
    });
    await t.rejects(write(client), { message: "not the leader any more" });
    t.equal(server.requests.length, 0);
    t.equal(asked, 2);
  });

  t.test(`${name}: a write in progress ends with the tenure, and with the caller's own signal`, async (t) => {
    for (const which of ["tenure", "own"] as const) {
      const signals = { tenure: new AbortController(), own: new AbortController() };
      const { server, client } = begin(() => signals.tenure.signal);
      server.intercept = () => new Promise(() => undefined);
      const rejected = t.rejects(write(client, { signal: signals.own.signal }), { message: `${which} is over` });
      await settle();
      t.equal(server.requests.length, 1);
      signals[which].abort(new Error(`${which} is over`));
      await rejected;
    }
  });
}

t.test("reads are not fenced", async (t) => {
  const { server, client } = begin(() => {
    throw new Error("a read was fenced");
  });
  await client.get(ConfigMaps, key);
  await client.list(ConfigMaps);
  for await (const page of client.listPages(ConfigMaps)) t.equal(page.items.length, 1);
  await client.raw({ method: "GET", path });
  const watch = client.watch(ConfigMaps);
  const first = watch.next();
  await settle();
  server.put("/api/v1/namespaces/ns/configmaps/b", {});
  t.match((await first).value, { type: "ADDED" });
  await watch.return(undefined);
  t.equal(client.fieldManager, "test");
});
