/** The cache against a real API server behind an unreliable connection, and an etcd that compacts its history. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Agent, request } from "undici";
import type { Cluster } from "#src/cluster/index.js";
import { Informer, type InformerOptions } from "#src/runtime/cache/informer.js";
import type { ServerAccess } from "#src/runtime/client/access.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { BrokenCable } from "./broken-cable.js";
import { eventually } from "../eventually.js";
import { adminClient, ownCluster, testNamespace } from "./cluster.js";

const full = process.env.TEST_FULL === "1";

let cluster: Cluster;
let direct: HttpClient;
t.before(async () => {
  cluster = await ownCluster(t);
  direct = await adminClient(t, cluster);
});

interface Subject {
  readonly informer: Informer<ConfigMap>;
  readonly cable: BrokenCable;
  readonly ended: string[];
  lists: number;
}

/** An informer of one namespace that connects to the server through a `BrokenCable`. */
async function begin(t: Test, namespace: string, options: InformerOptions<ConfigMap> = {}): Promise<Subject> {
  const access = await kubeconfigAccess({ file: cluster.kubeconfig });
  const connection = await access.connection();
  const cable = await BrokenCable.open(new URL(connection.server));
  const throughCable: ServerAccess = {
    ...access,
    connection: (() => {
      const changed = Promise.resolve({ ...connection, server: `https://127.0.0.1:${cable.port}` });
      return () => changed;
    })(),
  };
  const client = new HttpClient({ access: throughCable, timeout: 5_000 });
  const ended: string[] = [];
  const subject: Subject = { cable, ended, lists: 0, informer: undefined as never };
  const informer = new Informer<ConfigMap>(
    ConfigMaps,
    { namespaces: [namespace], backoff: { initial: 100, max: 2_000 }, ...options },
    {
      client,
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
      freeze: true,
      observer: {
        listed: () => {
          subject.lists++;
        },
        watchEnded: (_, reason) => ended.push(reason),
      },
    },
  );
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
    await client.close();
    await cable.close();
  });
  await informer.waitForSync(AbortSignal.timeout(30_000));
  return Object.assign(subject, { informer });
}

/** The cache equals the server's state, object by object and version by version. */
async function isTrue({ informer }: Subject, namespace: string): Promise<boolean> {
  const { items } = await direct.list(ConfigMaps, { namespace });
  const key = ({ metadata }: (typeof items)[number]): string => `${metadata.name} ${metadata.resourceVersion}`;
  return informer.reader.list().map(key).sort().join() === items.map(key).sort().join();
}

async function write(namespace: string, name: string, data: Record<string, string>): Promise<void> {
  await direct.apply(ConfigMaps, { metadata: { namespace, name }, data });
}

t.test("the cache continues without a new list after each connection reset", async (t) => {
  const namespace = await testNamespace(t, direct);
  const subject = await begin(t, namespace);
  for (let round = 0; round < (full ? 50 : 5); round++) {
    subject.cable.reset();
    await write(namespace, `round-${round}`, {});
    await eventually("the cache is true", () => isTrue(subject, namespace), 7_000);
  }
  t.equal(subject.lists, 1);
});

t.test("a silently cut connection is detected by its silence", async (t) => {
  const namespace = await testNamespace(t, direct);
  // the server sends bookmarks about once a minute, which is too slow for a test
  const subject = await begin(t, namespace, { silence: full ? 75_000 : 3_000 });
  subject.cable.cut();
  await write(namespace, "unheard", {});
  subject.cable.mend();
  t.notOk(await isTrue(subject, namespace));
  await eventually("the cache is true again", () => isTrue(subject, namespace), full ? 82_000 : 10_000);
  t.match(subject.ended, ["silence"]);
  t.equal(subject.lists, 1);
});

t.test("a new list replaces history that etcd has compacted", async (t) => {
  const namespace = await testNamespace(t, direct);
  const subject = await begin(t, namespace);
  await write(namespace, "kept", {});
  await write(namespace, "removed", {});
  await eventually("the cache is true", () => isTrue(subject, namespace));
  for (let round = 0; round < (full ? 50 : 1); round++) {
    // disconnected while objects change and the history is compacted, also in the API server's watch cache
    subject.cable.cut();
    await write(namespace, `round-${round}`, {});
    await direct.delete(ConfigMaps, { namespace, name: "removed" });
    await compact();
    await cluster.restartComponent("kube-apiserver");
    await eventually("the server is back", () =>
      write(namespace, "removed", { round: String(round) }).then(() => true),
    );
    subject.cable.mend();
    subject.cable.reset();
    await eventually("the cache is true", () => isTrue(subject, namespace), 10_000);
  }
  t.ok(subject.ended.includes("gone") || subject.ended.includes("error"));
});

/** Compacts the history of etcd up to now. */
async function compact(): Promise<void> {
  const file = (name: string): string => readFileSync(join(cluster.directory, "pki", name), "utf8");
  const port = cluster.state().components.find(({ name }) => name === "etcd")?.port ?? 0;
  const dispatcher = new Agent({
    connect: { ca: file("etcd-ca.crt"), cert: file("etcd-client.crt"), key: file("etcd-client.key") },
  });
  const call = async (path: string, body: object): Promise<{ header?: { revision?: string } }> => {
    const answer = await request(`https://127.0.0.1:${port}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      dispatcher,
    });
    return (await answer.body.json()) as { header?: { revision?: string } };
  };
  const { header } = await call("/v3/kv/range", { key: Buffer.from("a").toString("base64") });
  await call("/v3/kv/compaction", { revision: header?.revision, physical: true });
  await dispatcher.close();
}

t.test("changes of ten thousand objects leave nothing in memory, however slowly they are read", async (t) => {
  const namespace = await testNamespace(t, direct);
  const count = full ? 10_000 : 500;
  const names = Array.from({ length: count }, (_, index) => `object-${index}`);
  const inTurns = async (work: (name: string) => Promise<unknown>): Promise<void> => {
    const queue = [...names];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let name = queue.pop(); name !== undefined; name = queue.pop()) await work(name);
      }),
    );
  };
  await inTurns((name) => direct.create(ConfigMaps, { metadata: { namespace, name }, data: { n: "0" } }));
  const subject = await begin(t, namespace, { transform: slowly });
  await Promise.all([
    inTurns((name) => direct.patch(ConfigMaps, { namespace, name }, { type: "merge", body: { data: { n: "1" } } })),
    (async () => {
      for (let round = 0; round < 3; round++) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        subject.cable.reset();
      }
    })(),
  ]);
  await eventually("the cache is true", () => isTrue(subject, namespace), 60_000);
  t.ok(
    subject.informer.reader
      .list()
      .every(({ data, metadata }) => metadata.name === "kube-root-ca.crt" || data?.n === "1"),
  );
});

/** A slow reader of objects, so that the connection applies back-pressure. */
function slowly<T>(object: T): T {
  const until = performance.now() + 0.2;
  while (performance.now() < until);
  return object;
}
