/** The exporters of OpenTelemetry for each signal. Only the protocol that is used is loaded. */
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { CollectorFiles } from "./files.js";
import type { Destination } from "./settings.js";

type Create<E> = (destination: Destination, files: CollectorFiles) => E;

/** Creates the exporter of each signal. */
export interface Exporters {
  readonly traces: Create<SpanExporter>;
  readonly metrics: Create<PushMetricExporter>;
  readonly logs: Create<LogRecordExporter>;
}

/** Imported like this, since the names of a package that is itself imported dynamically would be missing in the bundle. */
export async function exportersFor({ protocol }: Destination): Promise<Exporters> {
  return protocol === "http"
    ? (await import("./http-exporters.js")).httpExporters
    : (await import("./grpc-exporters.js")).grpcExporters;
}
