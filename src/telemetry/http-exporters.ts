/** The exporters over HTTP. Loaded only when one is used. */
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { Exporters } from "./exporters.js";
import type { CollectorFiles } from "./files.js";
import type { Destination } from "./settings.js";

/** Variables of OpenTelemetry apply to what these options do not set. */
function options(
  { url, hasOwnHeaders }: Destination,
  { headers, authorities: ca, certificate: cert, key }: CollectorFiles,
): ConstructorParameters<typeof OTLPTraceExporter>[0] {
  const tls = { ...(ca !== undefined && { ca }), ...(cert !== undefined && key !== undefined && { cert, key }) };
  return {
    url,
    ...(!hasOwnHeaders && { headers: { ...headers } }),
    ...(Object.keys(tls).length > 0 && { httpAgentOptions: { keepAlive: true, ...tls } }),
  };
}

export const httpExporters: Exporters = {
  traces: (destination, files) => new OTLPTraceExporter(options(destination, files)),
  metrics: (destination, files) => new OTLPMetricExporter(options(destination, files)),
  logs: (destination, files) => new OTLPLogExporter(options(destination, files)),
};
