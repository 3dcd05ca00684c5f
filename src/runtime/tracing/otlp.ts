/** What an export over HTTP needs of OpenTelemetry. Loaded only for an export, as provider.ts is. */
export { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
export { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
export { startProvider } from "./provider.js";
