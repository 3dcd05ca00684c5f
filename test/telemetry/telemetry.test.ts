/** Traces, metrics, log and Events on their way to a collector, and a collector that fails. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trace } from "@opentelemetry/api";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import t, { type Test } from "tap";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { createLogger } from "#src/cli/service.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import type { Configured } from "#src/telemetry/settings.js";
import { Telemetry, type TelemetryOptions } from "#src/telemetry/telemetry.js";
import { until } from "../runtime/turns.js";
import { collector } from "./collector.js";

const off = defaultConfiguration.telemetry.operator;
const to = (endpoint: string, more: Partial<Configured> = {}): Configured => ({ ...off, endpoint, ...more });

function telemetryFor(t: Test, options: Partial<TelemetryOptions> = {}): Telemetry {
  const telemetry = new Telemetry({
    ...{ name: "my-operator", version: "1.2.3", logger: silentLogger, clock: new FakeClock() },
    ...{ environment: {}, directory: "/nowhere", ...options },
  });
  t.teardown(() => telemetry.stop());
  return telemetry;
}

function registry(): Registry {
  const registers = [new Registry()];
  new Counter({ name: "things_total", help: "Things", labelNames: ["kind"], registers }).inc({ kind: "seen" }, 3);
  new Gauge({ name: "level", help: "Level", registers }).set(7);
  new Histogram({ name: "wait_seconds", help: "Waits", buckets: [1, 5], registers }).observe(2);
  return registers[0] ?? new Registry();
}

t.test(
  "each signal arrives under the program's name, with what the files say, the last of it at the stop",
  async (t) => {
    const { url, received, of } = await collector(t);
    const directory = mkdtempSync(join(tmpdir(), "telemetry-"));
    writeFileSync(join(directory, "headers"), "# comment\nX-Tenant: team-a\n");
    const telemetry = telemetryFor(t, { directory, attributes: { "k8s.pod.name": "pod-1" } });
    await telemetry.apply(to(url), registry());
    const span = trace.getTracer("test").startSpan("the span");
    trace.getTracer("test").startActiveSpan("the active one", (active) => {
      telemetry.line(
        JSON.stringify({ level: "warn", time: "2026-01-01T00:00:00.000Z", msg: "the line", job: "a-job" }),
      );
      active.end();
    });
    telemetry.line("not JSON");
    telemetry.event(
      { kind: "TaskRun", metadata: { namespace: "ns", name: "run-1" } },
      { type: "Warning", reason: "RunFailed", action: "RecordOutcome", note: "the note" },
    );
    span.end();
    await telemetry.stop();
    for (const path of ["/v1/traces", "/v1/metrics", "/v1/logs"])
      t.match(of(path), /my-operator.*1\.2\.3|1\.2\.3.*my-operator/s);
    t.ok(received.every(({ headers }) => headers["x-tenant"] === "team-a"));
    t.match(of("/v1/traces"), "the span");
    for (const text of ["things_total", "level", "wait_seconds", "pod-1"]) t.match(of("/v1/metrics"), text);
    for (const text of ["the line", "a-job", "the note", "k8s.event.reason", "RunFailed", "run-1"])
      t.match(of("/v1/logs"), text);
    const line = of("/v1/logs");
    const id = Buffer.from(span.spanContext().traceId, "hex").toString("latin1");
    t.notMatch(line, id, "a line belongs to the span that is active, and to no other");
    const after = received.length;
    telemetry.line("{}");
    t.notOk(trace.getTracer("test").startSpan("late").isRecording());
    t.equal(received.length, after);
  },
);

t.test("a change of the configuration takes effect: signals, collector, and none", async (t) => {
  const [first, second] = [await collector(t), await collector(t)];
  const telemetry = telemetryFor(t);
  await telemetry.apply(off, registry());
  t.notOk(trace.getTracer("test").startSpan("off").isRecording());
  await telemetry.apply(to(first.url, { signals: ["traces"] }), registry());
  trace.getTracer("test").startSpan("one").end();
  telemetry.line('{"msg":"unwanted"}');
  await telemetry.apply(to(second.url, { signals: ["events"] }), registry());
  t.same(
    first.received.map(({ path }) => path),
    ["/v1/traces"],
  );
  telemetry.line('{"msg":"unwanted"}');
  telemetry.event({ kind: "TaskRun" }, { type: "Normal", reason: "R", action: "A", note: "wanted" });
  await telemetry.apply(off, registry());
  t.same(
    second.received.map(({ path }) => path),
    ["/v1/logs"],
  );
  t.match(second.of("/v1/logs"), "wanted");
  t.notMatch(second.of("/v1/logs"), "unwanted");
});

t.test("a collector that refuses costs one line a minute, without what was sent", async (t) => {
  const { url, received } = await collector(t, () => 400);
  const clock = new FakeClock();
  const warnings: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  const telemetry = telemetryFor(t, { clock, logger });
  const round = async (): Promise<void> => {
    await telemetry.apply(to(url), registry());
    trace.getTracer("test").startSpan("hidden-name").end();
    telemetry.line('{"msg":"hidden-name"}');
    await telemetry.stop();
  };
  await round();
  await round();
  t.equal(received.length, 6);
  t.equal(warnings.length, 1);
  await clock.advance(60_000);
  await round();
  t.equal(warnings.length, 2);
  t.match(warnings[1], { failed: { traces: Number, metrics: Number } });
  t.notMatch(JSON.stringify(warnings), "hidden-name");
});

t.test("a collector that does not answer delays the stop by three seconds, and no more", async (t) => {
  process.env.OTEL_EXPORTER_OTLP_TIMEOUT = "200";
  t.teardown(() => delete process.env.OTEL_EXPORTER_OTLP_TIMEOUT);
  const { url, received } = await collector(t, () => undefined);
  const clock = new FakeClock();
  const telemetry = telemetryFor(t, { clock });
  await telemetry.apply(to(url, { signals: ["logs"] }), registry());
  telemetry.line('{"msg":"one"}');
  let over = false;
  const stopped = telemetry.stop().then(() => (over = true));
  await until("the line is sent", () => received.length === 1);
  await clock.advance(2_999);
  t.notOk(over);
  await clock.advance(1);
  await stopped;
  t.equal(clock.pending, 0);
});

t.test("files that are not valid turn the export off, with their place and without their content", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "telemetry-"));
  const errors: unknown[] = [];
  const logger = {
    ...silentLogger,
    error: (fields: object) => void errors.push((fields as { err: Error }).err.message),
  };
  const telemetry = telemetryFor(t, { directory, logger });
  writeFileSync(join(directory, "headers"), "a: b\nsecret without a colon\n");
  await telemetry.apply(to("http://127.0.0.1:1"), registry());
  writeFileSync(join(directory, "headers"), "");
  writeFileSync(join(directory, "tls.crt"), "x");
  await telemetry.apply(to("http://127.0.0.1:1"), registry());
  t.match(errors, [/headers, line 2: must be "name: value"/, /both tls.crt and tls.key/]);
  t.notMatch(errors.join(), "secret");
});

t.test(
  "the log's lines have the identifiers of the active span, and are exported as they are written: redacted",
  async (t) => {
    const { url, of } = await collector(t);
    const telemetry = telemetryFor(t);
    await telemetry.apply(to(url), registry());
    const lines: string[] = [];
    const logger = createLogger("info", (line) => {
      lines.push(line);
      telemetry.line(line);
    });
    const span = trace.getTracer("test").startActiveSpan("active", (active) => {
      logger.info({ token: "top-secret" }, "inside");
      active.end();
      return active.spanContext();
    });
    logger.info("outside");
    const [inside = "", outside = ""] = lines;
    t.match(JSON.parse(inside), { msg: "inside", trace_id: span.traceId, span_id: span.spanId });
    t.notMatch(outside, "trace_id");
    await telemetry.stop();
    t.match(of("/v1/logs"), Buffer.from(span.spanId, "hex").toString("latin1"));
    t.match(of("/v1/logs"), "inside");
    t.notMatch(of("/v1/logs"), "top-secret");
  },
);
