/**
 * The OpenTelemetry SDK for traces, loaded only for an export. Its packages are imported here, and this file when it is needed: the names
 * of a CommonJS package that is itself imported dynamically would be missing in the bundle.
 */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import type { Resource } from "@opentelemetry/resources";
import * as sdk from "@opentelemetry/sdk-trace";
import { nextSpanId } from "./traceparent.js";

export interface ProviderOptions {
  readonly resource: Resource;
  readonly exporter: sdk.SpanExporter;
  /** Fraction of the traces without a remote parent that is sampled, 0 to 1. */
  readonly ratio: number;
}

/** Traces that are being exported. */
export interface Provider {
  /** Exports the remaining spans and turns tracing off. Never rejects; takes as long as the exporter does. */
  stop(): Promise<void>;
  /** Turns tracing off at once. */
  disable(): void;
}

/** Makes the exporter the destination of all spans. A span takes the identifier under {@link nextSpanId} if the context has one. */
export function startProvider({ resource, exporter, ratio }: ProviderOptions): Provider {
  const contexts = new AsyncLocalStorageContextManager().enable();
  const random = new sdk.RandomIdGenerator();
  const provider = new sdk.TracerProvider({
    resource,
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
    idGenerator: {
      generateTraceId: () => random.generateTraceId(),
      generateSpanId: () => {
        const wanted = context.active().getValue(nextSpanId);
        return typeof wanted === "string" ? wanted : random.generateSpanId();
      },
    },
  });
  context.setGlobalContextManager(contexts);
  trace.setGlobalTracerProvider(provider);
  let isOn = true;
  const disable = (): void => {
    if (!isOn) return;
    isOn = false;
    trace.disable();
    context.disable();
    contexts.disable();
  };
  return {
    disable,
    stop: async () => {
      await provider.shutdown().catch(() => undefined);
      disable();
    },
  };
}
