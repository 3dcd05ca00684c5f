/** A collector that stays away: what waits for it is bounded, the log has one line a minute, and the stop is quick. */
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { trace } from "@opentelemetry/api";
import { Registry } from "prom-client";
import t from "tap";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { freePorts } from "#src/cluster/ports.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { settle } from "#src/runtime/testing/clock.js";
import { Telemetry } from "#src/telemetry/telemetry.js";
import { eventually } from "../eventually.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const rounds = process.env.TEST_FULL === "1" ? 200 : 12;

for (const protocol of ["http", "grpc"] as const)
  t.test(`over ${protocol}, ${rounds * 1000} spans and lines leave memory as it was`, async (t) => {
    const [port = 0] = await freePorts(1);
    const warnings: object[] = [];
    const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
    const telemetry = new Telemetry({
      ...{ name: "my-operator", version: "1.2.3", logger, clock: systemClock },
      ...{ environment: {}, directory: "/nowhere" },
    });
    const operator = defaultConfiguration.telemetry.operator;
    const away = { ...operator, endpoint: `http://127.0.0.1:${port}`, protocol };
    await telemetry.apply(away, new Registry());
    const began = performance.now();
    const line = JSON.stringify({ level: "info", msg: "x".repeat(1000) });
    const used: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let count = 0; count < 1000; count++) {
        trace.getTracer("test").startSpan(`span ${count}`).end();
        telemetry.line(line);
      }
      // exports begin and fail in between
      for (let turn = 0; turn < 20; turn++) await settle();
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      used.push((heapUsed + arrayBuffers) / 1024 / 1024);
    }
    const stopping = performance.now();
    await telemetry.stop();
    const seconds = (performance.now() - stopping) / 1000;
    t.ok(seconds < 4, `the stop took ${seconds.toFixed(1)} s`);
    // the queues are full after a few rounds
    const [first = 0] = used.slice(5);
    const last = used.at(-1) ?? 0;
    t.ok(last - first < 8, `${first.toFixed(1)} MiB after 6 rounds, ${last.toFixed(1)} after ${rounds}`);
    const minutes = Math.floor((performance.now() - began) / 60_000);
    t.ok(warnings.length <= minutes + 1, `${warnings.length} lines in the log`);
    // OpenTelemetry's exporters try again even after their end, which a process that stops does not wait for; here the collector returns
    const collector = createServer((request, response) => void request.resume().on("end", () => response.end()));
    collector.listen(port, "127.0.0.1");
    t.teardown(() => {
      collector.closeAllConnections();
      collector.close();
    });
    await eventually("the last tries are over", () => !process.getActiveResourcesInfo().includes("Timeout"));
  });
