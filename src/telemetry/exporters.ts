/** The exporters of OpenTelemetry for each signal and protocol. Only what is used is loaded. */
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { CollectorFiles } from "./files.js";
import type { Destination } from "./settings.js";

interface Options {
  readonly url: string;
}

/** Options of every exporter over HTTP. Variables of OpenTelemetry apply to what they do not set. */
function httpOptions({ url, hasOwnHeaders }: Destination, { headers, authorities: ca, certificate: cert, key }: CollectorFiles) {
  const tls = { ...(ca !== undefined && { ca }), ...(cert !== undefined && key !== undefined && { cert, key }) };
  return {
    url,
    ...(!hasOwnHeaders && { headers: { ...headers } }),
    ...(Object.keys(tls).length > 0 && { httpAgentOptions: { keepAlive: true, ...tls } }),
  };
}

/** Options of every exporter over gRPC. */
async function grpcOptions(
  { url, hasOwnHeaders }: Destination,
  { headers, authorities, certificate, key }: CollectorFiles,
) {
  const { credentials, Metadata } = await import("@grpc/grpc-js");
  const metadata = new Metadata();
  if (!hasOwnHeaders) for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const isOwn = url.startsWith("https:") && (authorities ?? certificate) !== undefined;
  return {
    url,
    metadata,
    ...(isOwn && { credentials: credentials.createSsl(authorities ?? null, key ?? null, certificate ?? null) }),
  };
}

async function create<E>(
  destination: Destination,
  files: CollectorFiles,
  http: () => Promise<new (options: Options) => E>,
  grpc: () => Promise<new (options: Options) => E>,
): Promise<E> {
  if (destination.protocol === "http") return new (await http())(httpOptions(destination, files));
  return new (await grpc())(await grpcOptions(destination, files));
}

/** @throws Error if a package is not installed */
export function traceExporter(destination: Destination, files: CollectorFiles): Promise<SpanExporter> {
  return create<SpanExporter>(
    destination,
    files,
    async () => (await import("@opentelemetry/exporter-trace-otlp-proto")).OTLPTraceExporter,
    async () => (await import("@opentelemetry/exporter-trace-otlp-grpc")).OTLPTraceExporter,
  );
}

/** @throws Error if a package is not installed */
export function metricExporter(destination: Destination, files: CollectorFiles): Promise<PushMetricExporter> {
  return create<PushMetricExporter>(
    destination,
    files,
    async () => (await import("@opentelemetry/exporter-metrics-otlp-proto")).OTLPMetricExporter,
    async () => (await import("@opentelemetry/exporter-metrics-otlp-grpc")).OTLPMetricExporter,
  );
}

/** @throws Error if a package is not installed */
export function logExporter(destination: Destination, files: CollectorFiles): Promise<LogRecordExporter> {
  return create<LogRecordExporter>(
    destination,
    files,
    async () => (await import("@opentelemetry/exporter-logs-otlp-proto")).OTLPLogExporter,
    async () => (await import("@opentelemetry/exporter-logs-otlp-grpc")).OTLPLogExporter,
  );
}
