/** What must hold for a cache whatever happens to its connection, under a fake clock. */
import { deepStrictEqual } from "node:assert/strict";
import { getEventListeners } from "node:events";
import fc from "../../property.js";
import t, { type Test } from "tap";
import { Informer, type InformerOptions } from "#src/runtime/cache/informer.js";
import type { Change } from "#src/runtime/cache/store.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { apiError } from "#src/runtime/client/errors.js";
import { dropManagedFields } from "#src/runtime/cache/reflector.js";
import type { ConfigMap, Stored } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock, settle } from "#src/runtime/testing/clock.js";
import { FaultyServer, type Fault } from "./faulty-server.js";

t.test("a watch that ends leaves no listener on the signal that ends them all", async (t) => {
  const clock = new FakeClock();
  const server = new FaultyServer();
  const dependencies = { client: server.client(), clock, random: () => 0.5, logger: silentLogger };
  const informer = new Informer<ConfigMap>(ConfigMaps, { silence: 1e9 }, dependencies);
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  await settle();
  const before = getEventListeners(stop.signal, "abort").length;
  for (let round = 0; round < 3; round++) {
    server.inject("serverEnds");
    await clock.advance(30_000);
  }
  t.equal(server.watches, 4);
  t.equal(getEventListeners(stop.signal, "abort").length, before);
  stop.abort(new Error("stopped"));
  await running;
});

interface Subject {
  readonly clock: FakeClock;
  readonly server: FaultyServer;
  readonly informer: Informer<ConfigMap>;
  readonly history: Change<ConfigMap>[];
  readonly ended: string[];
  stop(): Promise<void>;
}

function begin(options: InformerOptions<ConfigMap> = {}, server = new FaultyServer()): Subject {
  const clock = new FakeClock();
  const ended: string[] = [];
  const informer = new Informer<ConfigMap>(ConfigMaps, options, {
    client: server.client(),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    freeze: true,
    observer: { listed: () => undefined, watchEnded: (_, reason) => ended.push(reason) },
  });
  const history: Change<ConfigMap>[] = [];
  informer.addHandler((change) => history.push(change));
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  return {
    clock,
    server,
    informer,
    history,
    ended,
    async stop() {
      stop.abort(new Error("stopped"));
      await settle();
      await running;
    },
  };
}

function truth(server: FaultyServer): [string, string | undefined][] {
  return [...server.objects.values()]
    .map(({ metadata }): [string, string | undefined] => [metadata.name, metadata.resourceVersion])
    .sort();
}

function cached(informer: Informer<ConfigMap>): [string, string | undefined][] {
  return informer.reader
    .list()
    .map(({ metadata }): [string, string | undefined] => [metadata.name, metadata.resourceVersion])
    .sort();
}

for (const streaming of [true, false]) {
  t.test(
    `a cache that ${streaming ? "streams its list" : "pages its list"} shows what was there and what comes`,
    async (t) => {
      const server = new FaultyServer();
      for (let index = 0; index < 10; index++) server.write(`before-${index}`, {});
      const subject = begin({ streaming }, server);
      await settle();
      t.ok(subject.informer.reader.hasSynced);
      server.write("after", { n: "1" });
      server.write("before-0", { n: "2" });
      server.remove("before-1");
      await settle();
      t.same(cached(subject.informer), truth(server));
      t.equal(server.lists, streaming ? 0 : 1);
      await subject.stop();
      t.equal(server.openWatches, 0);
      t.equal(subject.clock.pending, 0, "no timer is left");
    },
  );
}

t.test("a server that cannot stream lists is listed in pages", async (t) => {
  const server = new FaultyServer();
  server.write("one", {});
  server.inject("streamingRefused");
  const subject = begin({}, server);
  await settle();
  t.same(cached(subject.informer), truth(server));
  t.equal(server.lists, 1);
  await subject.stop();
});

for (const [what, sign] of [
  ["sends bookmarks", (server: FaultyServer) => server.bookmark()],
  ["ends the stream", (server: FaultyServer) => server.inject("serverEnds")],
  ["stays silent", () => undefined],
] as const) {
  t.test(`a server that passes over the wish for a streamed list, and ${what}, is listed in pages`, async (t) => {
    const server = new FaultyServer();
    server.knowsStreaming = false;
    server.write("one", {});
    const subject = begin({}, server);
    await settle();
    t.notOk(subject.informer.reader.hasSynced);
    sign(server);
    await subject.clock.advance(76_000);
    t.ok(subject.informer.reader.hasSynced);
    t.same(cached(subject.informer), truth(server));
    t.equal(server.lists, 1);
    await subject.stop();
    t.equal(server.openWatches, 0);
  });
}

t.test("after a restore from a backup the cache lists again, though no watch fails", async (t) => {
  for (const streaming of [true, false]) {
    const subject = begin({ streaming });
    const { server } = subject;
    server.write("kept", {});
    await settle();
    const { version } = server;
    server.write("lost", {});
    await settle();
    server.restore(version, ["kept"]);
    await subject.clock.advance(160_000);
    t.same(cached(subject.informer), truth(server));
    t.same(subject.ended, ["silence", "silence"]);
    server.write("after", {});
    await settle();
    t.same(cached(subject.informer), truth(server));
    await subject.stop();
  }
});

t.test("a list without a version removes nothing", async (t) => {
  const server = new FaultyServer();
  server.write("one", {});
  const client = server.client();
  let versions = true;
  const listPages = async function* (...args: Parameters<typeof client.listPages>) {
    if (versions) yield* client.listPages(...args);
    else yield { items: [], metadata: {} };
  } as typeof client.listPages;
  const subject = begin({ streaming: false }, Object.assign(server, { client: () => ({ ...client, listPages }) }));
  await settle();
  versions = false;
  server.compact();
  server.inject("goneInStream");
  await subject.clock.advance(10_000);
  t.same(cached(subject.informer), truth(server));
  t.ok(subject.ended.includes("error"));
  await subject.stop();
});

t.test("a list whose version is compacted between two pages is read again in one page", async (t) => {
  const server = new FaultyServer();
  for (const name of ["kept", "gone", "other"]) server.write(name, {});
  const client = server.client();
  const limits: (number | undefined)[] = [];
  const listPages = async function* (...args: Parameters<typeof client.listPages>) {
    limits.push(args[1]?.limit);
    if (args[1]?.limit === 0) {
      const items = [...server.objects.values()];
      yield { items, metadata: { resourceVersion: String(server.version) } };
      return;
    }
    for await (const page of client.listPages(args[0], { limit: 2 })) {
      yield page;
      server.remove("gone");
      throw apiError({ reason: "Expired" }, 410, { method: "GET", path: "/" });
    }
  } as typeof client.listPages;
  const subject = begin({ streaming: false }, Object.assign(server, { client: () => ({ ...client, listPages }) }));
  await settle();
  t.ok(subject.informer.reader.hasSynced);
  t.same(cached(subject.informer), truth(server));
  t.same(limits, [undefined, 0]);
  t.same([...assertConsistent(subject.history)].sort(), truth(server));
  await subject.stop();
});

t.test(
  "an index or a transform that throws keeps neither an object out of the cache nor a change from a handler",
  async (t) => {
    const fragile = (object: Stored<ConfigMap>): void => {
      if (object.data?.poison === "yes") throw new Error("unexpected data");
    };
    const subject = begin({
      indexes: {
        of: (object) => {
          fragile(object);
          return [object.metadata.name];
        },
      },
      transform: (object) => {
        fragile(object);
        return dropManagedFields(object);
      },
    });
    const { server, informer } = subject;
    await settle();
    server.write("bad", { poison: "yes" });
    server.write("good", {});
    await settle();
    t.same(cached(informer), truth(server));
    server.write("good", { poison: "yes" });
    server.write("bad", {});
    await settle();
    t.same(informer.reader.byIndex("of", "good"), []);
    t.equal(informer.reader.byIndex("of", "bad").length, 1);
    t.same(
      subject.history.map(({ type, object }) => `${type} ${object.metadata.name}`),
      ["added bad", "added good", "updated good", "updated bad"],
    );
    t.same(subject.ended, []);
    await subject.stop();
  },
);

t.test(
  "an object of this process that is deleted before the watch reports it is reported as added and deleted",
  async (t) => {
    const subject = begin({ streaming: false });
    const { server, informer } = subject;
    await settle();
    server.inject("goneAtOpen");
    server.inject("reset");
    server.write("mine", {});
    const mine = server.objects.get("mine");
    if (mine !== undefined) informer.store.assume(mine);
    server.remove("mine");
    server.compact();
    t.ok(informer.reader.get({ namespace: "ns", name: "mine" }));
    await subject.clock.advance(10_000);
    t.equal(informer.reader.get({ namespace: "ns", name: "mine" }), undefined);
    t.same(
      subject.history.map(({ type, object }) => `${type} ${object.metadata.name}`),
      ["added mine", "deleted mine"],
    );
    await subject.stop();
  },
);

t.test("a watch that the server ends is restarted from its last version, without a list", async (t) => {
  const subject = begin({ streaming: false });
  await settle();
  for (let round = 0; round < 5; round++) {
    await subject.clock.advance(60_000);
    subject.server.inject("serverEnds");
    subject.server.write(`while-away-${round}`, {});
    await settle();
  }
  t.equal(subject.server.lists, 1);
  t.same(subject.ended, Array(5).fill("timeout"));
  t.same(cached(subject.informer), truth(subject.server));
  await subject.stop();
});

t.test("bookmarks advance the version, so that a compaction needs no list", async (t) => {
  const subject = begin({ streaming: false });
  subject.server.write("quiet", {});
  await settle();
  // all that happens is elsewhere: only bookmarks tell how far the server is
  subject.server.bookmark();
  await settle();
  subject.server.compact();
  subject.server.inject("reset");
  await subject.clock.advance(31_000);
  t.equal(subject.server.lists, 1);
  subject.server.write("later", {});
  await settle();
  t.same(cached(subject.informer), truth(subject.server));
  await subject.stop();
});

t.test("a silent watch is restarted within 75 s", async (t) => {
  const subject = begin({ streaming: false });
  await settle();
  subject.server.inject("halfOpen");
  subject.server.write("unheard", {});
  await subject.clock.advance(74_000);
  t.equal(subject.informer.reader.get({ namespace: "ns", name: "unheard" }), undefined);
  await subject.clock.advance(2_000);
  t.ok(subject.informer.reader.get({ namespace: "ns", name: "unheard" }));
  t.same(subject.ended, ["silence"]);
  t.equal(subject.server.lists, 1);
  await subject.stop();
});

t.test("a watch with regular bookmarks does not count as dead", async (t) => {
  const subject = begin({ streaming: false });
  await settle();
  for (let minute = 0; minute < 10; minute++) {
    await subject.clock.advance(60_000);
    subject.server.bookmark();
    await settle();
  }
  t.same(subject.ended, []);
  await subject.stop();
});

t.test("after a 429, the retry waits as long as the server says", async (t) => {
  const subject = begin({ streaming: false });
  await settle();
  subject.server.inject("tooManyRequests");
  subject.server.inject("reset");
  await subject.clock.advance(1_000);
  const asked = subject.server.watches;
  await subject.clock.advance(5_900);
  t.equal(subject.server.watches, asked);
  await subject.clock.advance(2_000);
  t.ok(subject.server.watches > asked);
  await subject.stop();
});

t.test(
  "a server that fails for an hour is called about every half minute at most, and the cache recovers when it is back",
  async (t) => {
    const subject = begin({ streaming: false });
    await settle();
    for (let index = 0; index < 1000; index++) subject.server.inject(index === 0 ? "reset" : "internalError");
    await subject.clock.advance(3_600_000);
    const asked = subject.server.watches;
    t.ok(asked < 260, `${asked} times`);
    t.ok(asked > 100, `${asked} times`);
    await subject.stop();
  },
);

t.test("lists that all fail with 410 are retried with growing delays", async (t) => {
  const server = new FaultyServer();
  for (let index = 0; index < 1000; index++) server.inject("goneAtOpen");
  const subject = begin({ streaming: false }, server);
  await subject.clock.advance(60_000);
  t.ok(server.lists > 3 && server.lists < 15, `${server.lists} times`);
  await subject.stop();
});

t.test("watches that all end at once are restarted with growing delays", async (t) => {
  const server = new FaultyServer();
  const client = server.client();
  let watches = 0;
  // eslint-disable-next-line @typescript-eslint/require-await
  const watch = async function* () {
    watches++;
    yield* [];
  } as unknown as typeof client.watch;
  const subject = begin({ streaming: false }, Object.assign(server, { client: () => ({ ...client, watch }) }));
  await subject.clock.advance(60_000);
  t.ok(watches > 3 && watches < 15, `${watches} times`);
  await subject.stop();
});

t.test("a deletion and a recreation during a broken watch are both reported", async (t) => {
  const subject = begin({ streaming: false });
  subject.server.write("again", { n: "1" });
  subject.server.write("gone", {});
  await settle();
  subject.history.length = 0;
  subject.server.inject("goneAtOpen");
  subject.server.inject("reset");
  subject.server.remove("again");
  subject.server.write("again", { n: "2" });
  subject.server.remove("gone");
  subject.server.compact();
  await subject.clock.advance(31_000);
  t.same(subject.history.map(({ type, object }) => `${type} ${object.metadata.name}`).sort(), [
    "added again",
    "deleted again",
    "deleted gone",
  ]);
  t.same(cached(subject.informer), truth(subject.server));
  await subject.stop();
});

type Step =
  | { readonly do: "write"; readonly name: number }
  | { readonly do: "remove"; readonly name: number }
  | { readonly do: "fault"; readonly fault: Fault }
  | { readonly do: "compact" }
  | { readonly do: "outage"; readonly removed: number; readonly written: number }
  | { readonly do: "bookmark" }
  | { readonly do: "advance"; readonly by: number };

const faults: readonly Fault[] = [
  "reset",
  "halfOpen",
  "goneInStream",
  "goneAtOpen",
  "tooManyRequests",
  "internalError",
  "malformedLine",
  "serverEnds",
];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("write" as const), name: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), name: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("fault" as const), fault: fc.constantFrom(...faults) }) },
  { weight: 1, arbitrary: fc.constant({ do: "compact" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("outage" as const), removed: fc.nat(5), written: fc.nat(5) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "bookmark" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("advance" as const), by: fc.constantFrom(1, 500, 20_000, 80_000) }),
  },
);

/** The changes must be consistent: an object is added once, updated while it exists, and deleted once. */
function assertConsistent(history: readonly Change<ConfigMap>[]): Map<string, string> {
  const present = new Map<string, string>();
  for (const change of history) {
    const { name, resourceVersion } = change.object.metadata;
    const before = present.get(name);
    if (change.type === "added" && before !== undefined) throw new Error(`${name} was added twice`);
    if (change.type !== "added" && before === undefined)
      throw new Error(`${name} was ${change.type} before it was added`);
    if (change.type === "updated") {
      if (change.old.metadata.resourceVersion !== before) throw new Error(`${name} was updated from what it wasn't`);
      if (Number(resourceVersion) <= Number(before)) throw new Error(`${name} went back in time`);
    }
    if (change.type === "deleted") present.delete(name);
    else present.set(name, resourceVersion);
  }
  return present;
}

t.test(
  "after any faults the cache equals the server's state within the longest back-off plus 5 s, and its handlers received a consistent history",
  async (t: Test) => {
    const runs = process.env.TEST_FULL === "1" ? 3000 : 150;
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 60 }), async (streaming, steps) => {
        const subject = begin({ streaming });
        const { server, clock } = subject;
        for (const action of steps) {
          if (action.do === "write") server.write(`o${action.name}`, {});
          else if (action.do === "remove") server.remove(`o${action.name}`);
          else if (action.do === "fault") server.inject(action.fault);
          else if (action.do === "compact") server.compact();
          else if (action.do === "bookmark") server.bookmark();
          else if (action.do === "outage") {
            // what happens while nobody watches, and is forgotten before anybody does again
            server.inject("reset");
            await settle();
            server.remove(`o${action.removed}`);
            server.write(`o${action.written}`, {});
            server.compact();
          } else await clock.advance(action.by);
          await settle();
        }
        // faults that still wait for a call are over when they have met one; a dead watch is found out by its silence
        await clock.advance(75_000);
        for (const _ of steps) await clock.advance(35_000);
        deepStrictEqual(cached(subject.informer), truth(server));
        const told = assertConsistent(subject.history);
        deepStrictEqual([...told].sort(), truth(server));
        await subject.stop();
        deepStrictEqual(clock.pending, 0);
        deepStrictEqual(server.openWatches, 0);
      }),
      { numRuns: runs },
    );
    t.pass(`${runs} runs`);
  },
);
