import { SpanStatusCode, type Span } from "@opentelemetry/api";

/** The instrumentation scope of spans unless the program names its own. */
export const defaultTracerName = "controller-runtime";

/** Marks a span as failed, with the error as its exception. */
export function recordFailure(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
