/** Environment variables for the telemetry that agents send themselves. Pure. */
import type { Configuration } from "../configuration/configuration.js";

/** What identifies the work in an agent's telemetry. */
export interface TelemetryIdentity {
  readonly service: string;
  readonly namespace: string;
  readonly taskId?: number;
  readonly agent: string | undefined;
  readonly attempt: number;
  /** Without user and password. */
  readonly repository: string | undefined;
  /** Step of a workflow, such as implementation. */
  readonly step?: string | undefined;
}

/**
 * The variables of the OpenTelemetry specification and of Claude Code
 * (https://code.claude.com/docs/en/monitoring-usage). NODE_ENV is deliberately not set to production: npm would then skip
 * the dev dependencies that projects are built and tested with.
 */
export function telemetryEnvironment(work: TelemetryIdentity, { telemetry }: Configuration): Record<string, string> {
  // no updates, and no usage statistics for the vendor
  const always = { DISABLE_AUTOUPDATER: "1", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
  const { enabled, otlpEndpoint, otlpInsecure } = telemetry;
  const metrics = telemetry.metricsEndpoint ?? otlpEndpoint;
  const logs = telemetry.logsEndpoint ?? otlpEndpoint;
  if (!enabled || (metrics ?? logs) === undefined) return always;
  const url = (endpoint: string): string =>
    endpoint.includes("://") ? endpoint : `${otlpInsecure ? "http" : "https"}://${endpoint}`;
  return present({
    ...always,
    CLAUDE_CODE_ENABLE_TELEMETRY: "1",
    OTEL_METRICS_EXPORTER: metrics && "otlp",
    OTEL_LOGS_EXPORTER: logs && "otlp",
    ...(telemetry.traces && otlpEndpoint !== undefined && tracing),
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint && url(otlpEndpoint),
    OTEL_EXPORTER_OTLP_PROTOCOL: protocolName(telemetry.otlpProtocol),
    OTEL_EXPORTER_OTLP_INSECURE: String(otlpInsecure),
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: telemetry.metricsEndpoint && url(telemetry.metricsEndpoint),
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: telemetry.metricsProtocol && protocolName(telemetry.metricsProtocol),
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: telemetry.logsEndpoint && url(telemetry.logsEndpoint),
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: telemetry.logsProtocol && protocolName(telemetry.logsProtocol),
    OTEL_SERVICE_NAME: serviceName(work, telemetry),
    OTEL_SERVICE_VERSION: telemetry.serviceVersion,
    OTEL_RESOURCE_ATTRIBUTES: attributes(work, telemetry),
    OTEL_METRIC_EXPORT_INTERVAL: telemetry.metricsExportInterval,
    OTEL_METRIC_EXPORT_TIMEOUT: telemetry.metricsExportTimeout,
    OTEL_LOGS_EXPORT_INTERVAL: telemetry.logsExportInterval,
    OTEL_BLRP_EXPORT_TIMEOUT: telemetry.logsExportTimeout,
    OTEL_METRICS_INCLUDE_SESSION_ID: telemetry.includeSessionId,
    OTEL_METRICS_INCLUDE_ACCOUNT_UUID: telemetry.includeAccountUuid,
    OTEL_METRICS_INCLUDE_VERSION: telemetry.includeVersion,
    OTEL_LOG_USER_PROMPTS: telemetry.logUserPrompts && "1",
    OTEL_LOG_LEVEL: telemetry.logLevel,
  });
}

/** Claude Code's traces, which are a beta: https://code.claude.com/docs/en/monitoring-usage */
const tracing = { OTEL_TRACES_EXPORTER: "otlp", CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: "1" };

const serviceName = (work: TelemetryIdentity, telemetry: Configuration["telemetry"]): string =>
  `${telemetry.serviceName}-${work.service}`;

const protocolName = (protocol: "grpc" | "http"): string => (protocol === "grpc" ? "grpc" : "http/protobuf");

function attributes(work: TelemetryIdentity, telemetry: Configuration["telemetry"]): string {
  const values = present({
    ...telemetry.customAttributes,
    "service.name": serviceName(work, telemetry),
    "service.version": telemetry.serviceVersion,
    "service.namespace": work.namespace,
    "task.id": work.taskId,
    "agent.name": work.agent,
    "run.attempt": work.attempt,
    repository: work.repository,
    step: work.step,
    team: telemetry.teamName,
    department: telemetry.department,
    environment: telemetry.environment,
    cost_center: telemetry.costCenter,
    "cluster.name": telemetry.clusterName,
  });
  return (
    Object.entries(values)
      // half of a surrogate pair, as \ud800 in YAML, has no encoding
      .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
      .join(",")
  );
}

/** Drops undefined values, and turns the others into text. */
function present(values: Readonly<Record<string, string | number | boolean | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
