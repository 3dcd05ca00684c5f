/** Trace context as text: https://www.w3.org/TR/trace-context/#traceparent-header, version 00. */
import {
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanContext,
} from "@opentelemetry/api";

const grammar = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/;
/** Characters of every valid value. */
const length = 55;

/** Whether the value is a `traceparent` of version 00: lower case, no identifier of zeros, no unknown flags. */
export function isTraceparent(value: unknown): value is string {
  return typeof value === "string" && value.length === length && grammar.test(value);
}

/** The span that a `traceparent` names; undefined if the value is not valid. */
export function parseTraceparent(value: unknown): SpanContext | undefined {
  if (!isTraceparent(value)) return undefined;
  const [, traceId = "", spanId = "", flags = "00"] = value.split("-");
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** The `traceparent` that names a span. */
function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

/** The `traceparent` of a span; undefined if it belongs to no trace. */
export function traceparentOf(span: Span): string | undefined {
  const known = span.spanContext();
  return isSpanContextValid(known) ? formatTraceparent(known) : undefined;
}

/** The context in which new spans are children of the one that the `traceparent` names; without a valid one, they begin a trace. */
export function contextOf(traceparent: unknown): Context {
  const parent = parseTraceparent(traceparent);
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** In the active context: the identifier of the next span, 16 hexadecimal digits. See {@link startProvider}. */
export const nextSpanId = createContextKey("span ID");
