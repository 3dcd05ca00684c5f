/** A real OpenTelemetry collector that passes on what it receives as JSON. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import type { Pki } from "#src/cluster/pki.js";
import { freePorts } from "#src/cluster/ports.js";
import { eventually } from "../eventually.js";
import { goProgram } from "../go-program.js";
import { collector } from "./collector.js";

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly links: readonly string[];
}

export interface ReceivedLog {
  readonly text: string;
  readonly eventName?: string;
  readonly traceId?: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Which of the collector's receivers it came through. */
export type Via = "grpc" | "http";

export interface RealCollector {
  /** Endpoint by receiver, as host:port. */
  readonly endpoints: Readonly<Record<Via, string>>;
  spans(via?: Via): readonly ReceivedSpan[];
  logs(via: Via): readonly ReceivedLog[];
  /** Names of metrics. */
  metrics(via: Via): ReadonlySet<string>;
}

/** The program, built once. */
export const collectorProgram = (t: Test): Promise<string> =>
  goProgram("tools/otel-collector", (line) => t.comment(line));

/** @param pki makes it listen with TLS, and demand a client certificate; it has a server certificate `collector` */
export async function realCollector(t: Test, pki?: Pki): Promise<RealCollector> {
  const program = await collectorProgram(t);
  const sink = await collector(t);
  const [grpc = 0, http = 0] = await freePorts(2);
  const file = join(mkdtempSync(join(tmpdir(), "collector-")), "collector.yaml");
  writeFileSync(file, JSON.stringify(configuration(sink.url, grpc, http, pki)));
  const child = spawn(program, ["--config", `file:${file}`], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  t.teardown(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  for (const port of [grpc, http])
    await eventually("the collector listens", () => {
      if (child.exitCode !== null) throw new Error(`the collector ended: ${log}`);
      return isOpen(port);
    });
  const bodies = (path: string, via?: Via): unknown[] =>
    sink.received
      .filter((each) => each.path === path && (via === undefined || each.headers["x-via"] === via))
      .map(({ body }) => JSON.parse(Buffer.from(body, "latin1").toString("utf8")) as unknown);
  return {
    endpoints: { grpc: `127.0.0.1:${grpc}`, http: `127.0.0.1:${http}` },
    spans: (via) => bodies("/v1/traces", via).flatMap((body) => spansOf(body as Traces)),
    logs: (via) => bodies("/v1/logs", via).flatMap((body) => logsOf(body as Logs)),
    metrics: (via) => new Set(bodies("/v1/metrics", via).flatMap((body) => metricsOf(body as Metrics))),
  };
}

function configuration(sink: string, grpc: number, http: number, pki?: Pki): object {
  const tls = pki && {
    tls: {
      ...{ cert_file: pki.certificate("collector"), key_file: pki.key("collector") },
      client_ca_file: pki.clientCa,
    },
  };
  const exporter = (via: Via): object => ({
    ...{ endpoint: sink, encoding: "json", compression: "none", headers: { "x-via": via } },
    sending_queue: { enabled: false },
  });
  const signals = ["traces", "metrics", "logs"];
  const pipelines = (["grpc", "http"] as const).flatMap((via) =>
    signals.map((signal) => [`${signal}/${via}`, { receivers: [`otlp/${via}`], exporters: [`otlp_http/${via}`] }]),
  );
  return {
    receivers: {
      "otlp/grpc": { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}`, ...tls } } },
      "otlp/http": { protocols: { http: { endpoint: `127.0.0.1:${http}`, ...tls } } },
    },
    exporters: { "otlp_http/grpc": exporter("grpc"), "otlp_http/http": exporter("http") },
    service: { telemetry: { metrics: { level: "none" } }, pipelines: Object.fromEntries(pipelines) as object },
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}
interface Resource {
  readonly resource?: { readonly attributes?: readonly Attribute[] };
}
interface Traces {
  readonly resourceSpans?: readonly (Resource & {
    readonly scopeSpans?: readonly {
      readonly spans?: readonly (Pick<ReceivedSpan, "name" | "traceId" | "spanId" | "parentSpanId"> & {
        readonly attributes?: readonly Attribute[];
        readonly links?: readonly { readonly spanId: string }[];
      })[];
    }[];
  })[];
}
interface Logs {
  readonly resourceLogs?: readonly {
    readonly scopeLogs?: readonly {
      readonly logRecords?: readonly {
        readonly body?: Attribute["value"];
        readonly eventName?: string;
        readonly traceId?: string;
        readonly attributes?: readonly Attribute[];
      }[];
    }[];
  }[];
}
interface Metrics {
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics?: readonly { readonly metrics?: readonly { readonly name: string }[] }[];
  }[];
}

function attributesOf(list: readonly Attribute[] = []): Record<string, string> {
  return Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ""]));
}

function spansOf({ resourceSpans = [] }: Traces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = attributesOf(resource?.attributes)["service.name"] ?? "";
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map(({ attributes, links = [], ...span }) => ({
        ...span,
        ...{ service, attributes: attributesOf(attributes), links: links.map(({ spanId }) => spanId) },
      })),
    );
  });
}

function logsOf({ resourceLogs = [] }: Logs): ReceivedLog[] {
  return resourceLogs.flatMap(({ scopeLogs = [] }) =>
    scopeLogs.flatMap(({ logRecords = [] }) =>
      logRecords.map(({ body, attributes, ...record }) => ({
        ...record,
        ...{ text: body?.stringValue ?? "", attributes: attributesOf(attributes) },
      })),
    ),
  );
}

function metricsOf({ resourceMetrics = [] }: Metrics): string[] {
  return resourceMetrics.flatMap(({ scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ metrics = [] }) => metrics.map(({ name }) => name)),
  );
}
