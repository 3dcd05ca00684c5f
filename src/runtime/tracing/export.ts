import { sleep, systemClock, type Clock } from "../clock.js";
import type { Logger } from "../logger.js";

/** What the spans say about the program, and where their configuration comes from. */
export interface TracingOptions {
  /** `service.name` of all spans, unless OTEL_SERVICE_NAME is set. */
  readonly name: string;
  /** `service.version` of all spans. */
  readonly version: string;
  readonly logger: Logger;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/** A running export of spans. */
export interface Tracing {
  /** Sends the remaining spans, for at most 3 seconds, and ends the export. Never rejects. */
  stop(): Promise<void>;
}

/** Milliseconds that the last spans may take: the process is ending. */
const flushTimeout = 3_000;

/**
 * Exports spans by OTLP over HTTP if OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names a collector;
 * otherwise it does nothing and loads nothing. The exporter reads OpenTelemetry's other OTEL_EXPORTER_OTLP_* variables
 * itself; OTEL_TRACES_SAMPLER_ARG is the fraction of traces that is sampled, 0 to 1, default 1. OTEL_SDK_DISABLED=true
 * turns tracing off.
 *
 * @returns undefined if tracing is off, or the exporter's packages are not installed, which the log says.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { env = process.env, logger, clock = systemClock } = options;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || endpoint === "" || env.OTEL_SDK_DISABLED === "true") return undefined;
  const library = await loadLibrary(logger);
  if (library === undefined) return undefined;
  const { OTLPTraceExporter, defaultResource, resourceFromAttributes, startProvider } = library;
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? `${endpoint.replace(/\/$/, "")}/v1/traces`;
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG ?? "1");
  const provider = startProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        "service.name": env.OTEL_SERVICE_NAME ?? options.name,
        "service.version": options.version,
      }),
    ),
    exporter: new OTLPTraceExporter({ url }),
    ratio: Number.isFinite(ratio) ? ratio : 1,
  });
  logger.info({ url: withoutCredentials(url) }, "exporting traces");
  return {
    async stop() {
      const flushed = new AbortController();
      // a collector that does not respond must not keep the program from ending
      await Promise.race([provider.stop(), sleep(clock, flushTimeout, flushed.signal)]);
      flushed.abort();
      provider.disable();
    },
  };
}

/** What is loaded only for an export. Undefined, with a line in the log, where it is not installed: programs work without traces. */
async function loadLibrary(logger: Logger) {
  try {
    return await import("./otlp.js");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const packages = ["sdk-trace", "exporter-trace-otlp-proto", "context-async-hooks", "resources"];
    const names = packages.map((name) => `@opentelemetry/${name}`).join(" ");
    logger.error({ err: error }, `traces are not exported, since packages are missing: npm install ${names}`);
    return undefined;
  }
}

/** The URL without user, password and query, which may give access to the collector. */
export function withoutCredentials(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
