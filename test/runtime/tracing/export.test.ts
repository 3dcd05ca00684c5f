/** Spans on their way to a collector, and where they come from. */
import { createServer, type Server } from "node:http";
import { context, trace } from "@opentelemetry/api";
import t, { type Test } from "tap";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { NotFound } from "#src/runtime/client/errors.js";
import { systemClock, type Clock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { traced } from "#src/runtime/tracing/client.js";
import { startTracing, type Tracing } from "#src/runtime/tracing/export.js";
import { MemoryServer } from "../memory-server.js";
import { until } from "../turns.js";

interface Collector {
  readonly url: string;
  readonly received: { readonly path: string; readonly body: string }[];
}

async function collector(t: Test, responds = true): Promise<Collector> {
  const received: { path: string; body: string }[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      // names are plain text in protocol buffers
      received.push({ path: request.url ?? "", body: Buffer.concat(chunks).toString("latin1") });
      if (responds) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, received };
}

async function begin(
  t: Test,
  env: Record<string, string>,
  { clock = systemClock, logger = silentLogger }: { clock?: Clock; logger?: typeof silentLogger } = {},
): Promise<Tracing> {
  const tracing = await startTracing({ name: "my-operator", version: "1.2.3", logger, env, clock });
  if (tracing === undefined) throw new Error("tracing is off");
  t.teardown(() => tracing.stop());
  return tracing;
}

function span(name: string): void {
  trace.getTracer("test").startSpan(name).end();
}

t.test("without an endpoint, or when it is disabled, tracing is off", async (t) => {
  const off: Record<string, string>[] = [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "true" },
  ];
  for (const env of off) {
    t.equal(await startTracing({ name: "my-operator", version: "1", logger: silentLogger, env }), undefined);
  }
  t.notOk(trace.getTracer("test").startSpan("off").isRecording());
});

t.test("spans arrive under the program's name, the last ones at the stop; then tracing is off again", async (t) => {
  const { url, received } = await collector(t);
  const logged: object[] = [];
  const logger = { ...silentLogger, info: (fields: object) => void logged.push(fields) };
  const endpoint = url.replace("//", "//user:secret@");
  const clock = new FakeClock();
  const tracing = await begin(t, { OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}/` }, { clock, logger });
  t.same(logged, [{ url: `${url}/v1/traces` }], "no credentials are logged");
  span("the last one");
  t.equal(received.length, 0);
  await tracing.stop();
  t.match(received, [{ path: "/v1/traces", body: /my-operator.*1\.2\.3.*the last one/s }]);
  t.equal(clock.pending, 0);
  t.notOk(trace.getTracer("test").startSpan("late").isRecording());
  t.equal(trace.getSpan(context.active()), undefined);
});

t.test("OpenTelemetry's variables decide: the endpoint of traces, the service's name, and the sample", async (t) => {
  const { url, received } = await collector(t);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/mine` };
  const named = await begin(t, { ...env, OTEL_SERVICE_NAME: "their-name" });
  span("one");
  await named.stop();
  t.match(received, [{ path: "/mine", body: "their-name" }]);
  t.notMatch(received[0]?.body, "my-operator");
  received.length = 0;
  const none = await begin(t, { ...env, OTEL_TRACES_SAMPLER_ARG: "0" });
  span("two");
  await none.stop();
  t.equal(received.length, 0);
  const invalid = await begin(t, { ...env, OTEL_TRACES_SAMPLER_ARG: "most" });
  span("three");
  await invalid.stop();
  t.equal(received.length, 1, "an unreadable fraction samples all");
});

t.test("a collector that does not respond delays the stop by three seconds, and no more", async (t) => {
  process.env.OTEL_EXPORTER_OTLP_TIMEOUT = "200";
  t.teardown(() => delete process.env.OTEL_EXPORTER_OTLP_TIMEOUT);
  const { url, received } = await collector(t, false);
  const clock = new FakeClock();
  const tracing = await begin(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url }, { clock });
  span("one");
  let over = false;
  const stopped = tracing.stop().then(() => (over = true));
  await until("the span is sent", () => received.length === 1);
  await clock.advance(2_999);
  t.notOk(over);
  await clock.advance(1);
  t.ok(over);
  await stopped;
  t.equal(clock.pending, 0);
});

t.test("calls within a span are its children, with what they were about; others make none", async (t) => {
  const { url, received } = await collector(t);
  const tracing = await begin(t, { OTEL_EXPORTER_OTLP_ENDPOINT: url });
  const clock = new FakeClock();
  const server = new MemoryServer(clock);
  const client = traced(server.client({ clock }), "my-scope");
  const key = { namespace: "ns", name: "a" };
  await client.create(ConfigMaps, { metadata: { namespace: "ns", name: "outside" } });
  const tracer = trace.getTracer("test");
  await tracer.startActiveSpan("the reconcile", async (parent) => {
    await client.create(ConfigMaps, { metadata: key });
    await client.get(ConfigMaps, key);
    await client.list(ConfigMaps, { namespace: "ns" });
    await client.update(ConfigMaps, { metadata: key });
    await client.apply(ConfigMaps, { metadata: key });
    await client.patch(ConfigMaps, key, { type: "merge", body: {} }, { subresource: "status" });
    await client.delete(ConfigMaps, key);
    await t.rejects(client.get(ConfigMaps, { namespace: "ns", name: "absent" }), NotFound);
    await client.raw({ method: "GET", path: "/api/v1/namespaces/ns/configmaps?secret=1" });
    parent.end();
  });
  await tracing.stop();
  const body = received.map((each) => each.body).join("");
  const verbs = ["create", "get", "list", "update", "apply", "patch", "delete"].map((verb) => `${verb} configmaps`);
  for (const text of ["my-scope", "the reconcile", ...verbs, "k8s.object.name", "absent", "NotFound", "status"]) {
    t.match(body, text);
  }
  t.notMatch(body, "outside");
  t.notMatch(body, "secret=1", "queries are not recorded");
});
