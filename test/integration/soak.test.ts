/** Churn for half an hour (`npm run test:full`; seconds otherwise): state of deleted objects must not accumulate. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { silentLogger } from "#src/runtime/logger.js";
import { Manager } from "#src/runtime/manager/manager.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";

const full = process.env.TEST_FULL === "1";
const duration = full ? 30 * 60_000 : 12_000;
const samples = full ? 30 : 10;
const leastObjects = full ? 10_000 : 100;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

t.test("heap, handles, queue and cache do not grow under churn", async (t) => {
  const cluster = await testCluster(t);
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const manager = new Manager({
    access: await kubeconfigAccess({ file: cluster.kubeconfig }),
    name: "soak",
    version: "0",
    logger: silentLogger,
    probes: { host: "127.0.0.1", port: 0 },
  });
  const informer = manager.cache.informer(ConfigMaps, {
    namespaces: [namespace],
    indexes: { colour: ({ metadata }) => [metadata.labels?.colour ?? "none"] },
  });
  // the controller labels each object; one in ten reconciles fails, so that back-off state is also created
  let reconciles = 0;
  manager
    .controller({
      name: "soak",
      backoff: { initial: 5, max: 50 },
      bucket: { ratePerSecond: 1_000, burst: 1_000 },
      reconciler: {
        async reconcile({ name }, { signal }) {
          const object = informer.reader.get({ namespace, name });
          if (object === undefined || object.metadata.labels?.colour !== undefined) return {};
          if (++reconciles % 10 === 0) throw new Error("now and then");
          const patch = {
            type: "merge",
            body: { metadata: { labels: { colour: `colour-${reconciles % 7}` } } },
          } as const;
          await manager.client.patch(ConfigMaps, { namespace, name }, patch, { signal }).catch((error: unknown) => {
            if (!(error instanceof NotFound)) throw error;
          });
          manager.events.event(object, { type: "Normal", reason: "Coloured", action: "Colour", note: name });
          return {};
        },
      },
    })
    .for(informer);
  const stop = new AbortController();
  const running = manager.start(stop.signal);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
  });
  await informer.waitForSync(stop.signal);

  let made = 0;
  // a busy machine takes longer to create as many
  const churn = async (until: number, least: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (performance.now() < until || made < least) {
          const key = { namespace, name: `object-${made++}` };
          await client.create(ConfigMaps, { metadata: key, data: { text: "x".repeat(2_000) } });
          await client.delete(ConfigMaps, key);
        }
      }),
    );
  };
  const heaps: number[] = [];
  const resources: number[] = [];
  const start = performance.now();
  for (let sample = 1; sample <= samples; sample++) {
    await churn(start + (duration * sample) / samples, (leastObjects * sample) / samples);
    collect();
    heaps.push(process.memoryUsage().heapUsed / 2 ** 20);
    resources.push(process.getActiveResourcesInfo().length);
  }
  t.comment(
    `${made} objects, ${reconciles} reconciles, heap in MiB: ${heaps.map((heap) => heap.toFixed(1)).join(" ")}`,
  );
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  // the first third fills pools, series of Events and caches of the engine
  const third = Math.floor(samples / 3);
  const early = mean(heaps.slice(third, 2 * third));
  const late = mean(heaps.slice(-third));
  t.ok(late < early * 1.05 + 1, `from ${early.toFixed(1)} to ${late.toFixed(1)} MiB`);
  // a pending request or timer also counts; a leak is in every following sample
  const [most, fewest] = [Math.max(...resources.slice(third, 2 * third)), Math.min(...resources.slice(-third))];
  t.ok(fewest <= most + 1, `handles: ${resources.join(" ")}`);
});
