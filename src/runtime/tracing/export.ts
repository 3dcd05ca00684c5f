import { context, trace } from "@opentelemetry/api";
import type { Logger } from "../logger.js";

export interface TracingOptions {
  /** `service.name` of all spans, unless OTEL_SERVICE_NAME says otherwise. */
  readonly name: string;
  readonly version: string;
  readonly logger: Logger;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Spans that are being exported. */
export interface Tracing {
  /** Sends what is left, for some seconds at most, and ends it. Never fails. */
  stop(): Promise<void>;
}

/** How long the last spans may take: the process is ending. */
const flushTimeout = 3_000;

/**
 * Sends spans by OTLP over HTTP where OTEL_EXPORTER_OTLP_ENDPOINT (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) says where to; else it
 * does nothing and loads nothing. The exporter reads OpenTelemetry's other OTEL_EXPORTER_OTLP_* variables itself;
 * OTEL_TRACES_SAMPLER_ARG is the part of traces that is kept, 0 to 1, default all.
 *
 * @returns undefined where tracing is off.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { env = process.env, logger } = options;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || endpoint === "" || env.OTEL_SDK_DISABLED === "true") return undefined;
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { defaultResource, resourceFromAttributes }] =
    await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-proto"),
      import("@opentelemetry/context-async-hooks"),
      import("@opentelemetry/resources"),
    ]);
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? `${endpoint.replace(/\/$/, "")}/v1/traces`;
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG ?? "1");
  const contexts = new AsyncLocalStorageContextManager().enable();
  const provider = new sdk.TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        "service.name": env.OTEL_SERVICE_NAME ?? options.name,
        "service.version": options.version,
      }),
    ),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(Number.isFinite(ratio) ? ratio : 1) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
  });
  context.setGlobalContextManager(contexts);
  trace.setGlobalTracerProvider(provider);
  logger.info({ url: shown(url) }, "traces are exported");
  return {
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, flushTimeout)));
      // a collector that isn't there must not keep the operator from ending
      await Promise.race([
        provider.shutdown().catch((err: unknown) => logger.debug({ err }, "last spans were lost")),
        late,
      ]);
      clearTimeout(timer);
      trace.disable();
      context.disable();
      contexts.disable();
    },
  };
}

/** Where to, without what gives access to it. */
function shown(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
