/** One export: the SDK's parts for the signals that the settings name. Loaded only for an export, with the SDK. */
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from "@opentelemetry/resources";
import * as logsSdk from "@opentelemetry/sdk-logs";
import * as metricsSdk from "@opentelemetry/sdk-metrics";
import type { Registry } from "prom-client";
import { exportersFor } from "./exporters.js";
import type { FailureLog } from "./failure-log.js";
import type { CollectorFiles } from "./files.js";
import { recordOfEvent, recordOfLine } from "./log-records.js";
import { metricBridge } from "./metric-bridge.js";
import type { Destination, ExportSettings } from "./settings.js";
import type { Clock } from "../runtime/clock.js";
import type { EventRecorder } from "../runtime/events/recorder.js";
import { startProvider } from "../runtime/tracing/provider.js";

export interface ExportOptions {
  readonly settings: ExportSettings;
  readonly files: CollectorFiles;
  readonly resource: Resource;
  readonly registry: Registry;
  readonly failures: FailureLog;
  readonly clock: Clock;
  /** Instrumentation scope of metrics and logs. */
  readonly scope: string;
}

/** An export that runs. */
export interface Export {
  /** Exports a line of the log, if the settings say so. */
  line(line: string): void;
  /** Exports an Event, if the settings say so. */
  readonly event: EventRecorder["event"];
  /** Sends what is left; takes as long as the collector does. Never rejects. */
  stop(): Promise<void>;
  /** Ends what would act on the process, at once. */
  disable(): void;
}

/** The resource of all signals: the program and its attributes, which OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME override. */
export function resourceOf(
  attributes: Readonly<Record<string, string>>,
  { serviceName }: Pick<ExportSettings, "serviceName">,
): Resource {
  return defaultResource()
    .merge(resourceFromAttributes(attributes))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(serviceName === undefined ? {} : { "service.name": serviceName }));
}

/** Milliseconds of one export of metrics; the interval may be less. */
const metricTimeout = 10_000;
/** Bounds of one log record, so that a queue of them has a bound, too. */
const logRecordLimits = { attributeCountLimit: 64, attributeValueLengthLimit: 4096 };

export async function startExport(options: ExportOptions): Promise<Export> {
  const { traces, metrics, logs } = options.settings.destinations;
  const [provider, reader, records] = await Promise.all([
    traces && startTraces(options, traces),
    metrics && startMetrics(options, metrics),
    logs && startLogs(options, logs),
  ]);
  const { log, events } = options.settings;
  return {
    line: (line) => {
      if (log && records !== undefined) records.emit(recordOfLine(line));
    },
    event: (regarding, event) => {
      if (events) records?.emit(recordOfEvent(regarding, event));
    },
    disable: () => provider?.disable(),
    stop: async () => {
      await Promise.allSettled([provider?.stop(), reader?.shutdown(), records?.stop()]);
    },
  };
}

async function startTraces({ settings, files, resource, failures }: ExportOptions, destination: Destination) {
  const exporter = failures.follow("traces", (await exportersFor(destination)).traces(destination, files));
  return startProvider({ resource, exporter, ratio: settings.sampleRatio });
}

async function startMetrics(options: ExportOptions, destination: Destination) {
  const { settings, files, resource, failures, registry, clock, scope } = options;
  const startTime = clock.now() - process.uptime() * 1000;
  const interval = settings.metricInterval;
  const reader = new metricsSdk.PeriodicExportingMetricReader({
    exporter: failures.follow("metrics", (await exportersFor(destination)).metrics(destination, files)),
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(interval, metricTimeout),
    metricProducers: [metricBridge({ sdk: metricsSdk, registry, resource, scope, startTime, now: () => clock.now() })],
  });
  // nothing else measures by it: it only gives the reader its resource
  return new metricsSdk.MeterProvider({ resource, readers: [reader] });
}

async function startLogs({ files, resource, failures, scope }: ExportOptions, destination: Destination) {
  const exporter = failures.follow("logs", (await exportersFor(destination)).logs(destination, files));
  const provider = new logsSdk.LoggerProvider({
    ...{ resource, logRecordLimits },
    processors: [new logsSdk.BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger(scope);
  return {
    emit: (record: ReturnType<typeof recordOfLine>): void => {
      if (record !== undefined) logger.emit(record);
    },
    stop: () => provider.shutdown(),
  };
}
