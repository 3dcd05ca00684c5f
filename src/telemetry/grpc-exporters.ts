/** The exporters over gRPC. Loaded only when one is used. */
import { credentials, Metadata } from "@grpc/grpc-js";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import type { Exporters } from "./exporters.js";
import type { CollectorFiles } from "./files.js";
import type { Destination } from "./settings.js";

/** Variables of OpenTelemetry apply to what these options do not set. */
function options(
  { url, hasOwnHeaders }: Destination,
  { headers, authorities, certificate, key }: CollectorFiles,
): ConstructorParameters<typeof OTLPTraceExporter>[0] {
  const metadata = new Metadata();
  if (!hasOwnHeaders) for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const isOwn = url.startsWith("https:") && (authorities ?? certificate) !== undefined;
  return {
    url,
    metadata,
    ...(isOwn && { credentials: credentials.createSsl(authorities ?? null, key ?? null, certificate ?? null) }),
  };
}

export const grpcExporters: Exporters = {
  traces: (destination, files) => new OTLPTraceExporter(options(destination, files)),
  metrics: (destination, files) => new OTLPMetricExporter(options(destination, files)),
  logs: (destination, files) => new OTLPLogExporter(options(destination, files)),
};
