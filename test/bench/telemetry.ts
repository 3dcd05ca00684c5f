/** The processor time of a reconcile with three API calls and one line of log, with and without an export of telemetry. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Registry } from "prom-client";
import { pino } from "pino";
import type { Figures } from "./main.js";
import { median } from "./measure.js";
import { MemoryServer } from "../runtime/memory-server.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { systemClock as clock } from "#src/runtime/clock.js";
import { Controller } from "#src/runtime/controller/controller.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { traced } from "#src/runtime/tracing/client.js";
import { Telemetry } from "#src/telemetry/telemetry.js";

const reconciles = 2_000;
const rounds = 5;

/** A collector in a process of its own, whose work does not count. */
const sink =
  'const s = require("node:http").createServer((q, r) => { q.resume(); q.on("end", () => r.end()); }); s.listen(0, "127.0.0.1", () => console.log(s.address().port));';

/** Processor microseconds of one reconcile. */
async function round(telemetry: Telemetry, registry: Registry): Promise<number> {
  const server = new MemoryServer(clock);
  const client = traced(server.client({ clock }));
  const key = { namespace: "ns", name: "one" };
  await client.create(ConfigMaps, { metadata: key });
  const logger = pino({ hooks: { streamWrite: (line) => (telemetry.line(line), line) } }, { write: () => undefined });
  let left = reconciles;
  const stop = new AbortController();
  const controller = new Controller({
    ...{ name: "bench", clock, random: Math.random, logger: silentLogger, metrics: new RuntimeMetrics(registry) },
    maxConcurrentReconciles: 1,
    reconciler: {
      reconcile: async () => {
        for (let call = 0; call < 3; call++) await client.get(ConfigMaps, key);
        logger.info({ phase: "Running" }, "reconciled");
        if (--left === 0) stop.abort();
        return {};
      },
    },
  });
  for (let index = 0; index < reconciles; index++) controller.enqueue({ namespace: "ns", name: `run-${index}` });
  const before = process.cpuUsage();
  await controller.start(stop.signal);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / reconciles;
}

/** Microseconds of processor time without an export, with all signals over HTTP, and their ratio. */
export async function telemetrySuite(): Promise<Figures> {
  const child = spawn(process.execPath, ["-e", sink], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const endpoint = `http://127.0.0.1:${line.toString().trim()}`;
  const { operator } = defaultConfiguration.telemetry;
  const [without, exported, sampled]: number[][] = [[], [], []];
  for (let index = 0; index <= rounds; index++) {
    for (const [times, configured] of [
      [without, operator],
      [exported, { ...operator, endpoint }],
      [sampled, { ...operator, endpoint, sampleRatio: 0.1 }],
    ] as const) {
      const registry = new Registry();
      const telemetry = new Telemetry({
        ...{ name: "bench", version: "0", logger: silentLogger, clock, environment: {}, directory: "/nowhere" },
      });
      await telemetry.apply(configured, registry);
      const microseconds = await round(telemetry, registry);
      await telemetry.stop();
      // the first round warms up
      if (index > 0) times?.push(microseconds);
    }
  }
  child.kill();
  const [none, all, tenth] = [without, exported, sampled].map((times) => median(times ?? []));
  return {
    "telemetry.off.cpuMicroseconds": none ?? 0,
    "telemetry.all.cpuMicroseconds": all ?? 0,
    "telemetry.all.ratio": (all ?? 0) / (none ?? 1),
    "telemetry.tenth.ratio": (tenth ?? 0) / (none ?? 1),
  };
}
