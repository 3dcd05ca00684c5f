import { context, SpanKind, trace, type Attributes } from "@opentelemetry/api";
import type { Client } from "../client/client.js";
import { ApiError } from "../client/errors.js";
import { resourceName, type ResourceType } from "../client/resource.js";
import { defaultTracerName, recordFailure } from "./spans.js";

/**
 * A client whose calls are spans, as children of the active span: that of the reconcile that makes them. Without a
 * recording span (no exporter is configured, or the trace is not sampled) a call costs one check more.
 *
 * @param tracerName instrumentation scope of the spans. Default `controller-runtime`.
 */
export function traced(client: Client, tracerName = defaultTracerName): Client {
  const inSpan = spans(tracerName);
  return {
    fieldManager: client.fieldManager,
    get: (type, key, options) =>
      inSpan(
        "get",
        () => attributesOf(type, key, options),
        () => client.get(type, key, options),
      ),
    list: (type, options) =>
      inSpan(
        "list",
        () => attributesOf(type, options ?? {}),
        () => client.list(type, options),
      ),
    // these last as long as their reader reads: such a span would say nothing about the server
    listPages: (type, options) => client.listPages(type, options),
    watch: (type, options) => client.watch(type, options),
    create: (type, object, options) =>
      inSpan(
        "create",
        () => attributesOf(type, object.metadata, options),
        () => client.create(type, object, options),
      ),
    update: (type, object, options) =>
      inSpan(
        "update",
        () => attributesOf(type, object.metadata, options),
        () => client.update(type, object, options),
      ),
    apply: (type, object, options) =>
      inSpan(
        "apply",
        () => attributesOf(type, object.metadata, options),
        () => client.apply(type, object, options),
      ),
    patch: (type, key, patch, options) =>
      inSpan(
        "patch",
        () => attributesOf(type, key, options),
        () => client.patch(type, key, patch, options),
      ),
    delete: (type, key, options) =>
      inSpan(
        "delete",
        () => attributesOf(type, key),
        () => client.delete(type, key, options),
      ),
    raw: (request) =>
      inSpan(
        request.method.toLowerCase(),
        () => ({ "url.path": request.path.split("?", 1)[0] ?? "" }),
        () => client.raw(request),
      ),
  };
}

function attributesOf(
  type: ResourceType,
  key: { readonly namespace?: string | undefined; readonly name?: string | undefined } | undefined,
  { subresource }: { readonly subresource?: string } = {},
): Attributes {
  return {
    "k8s.resource": resourceName(type),
    ...(key?.namespace !== undefined && { "k8s.namespace.name": key.namespace }),
    ...(key?.name !== undefined && { "k8s.object.name": key.name }),
    ...(subresource !== undefined && { "k8s.subresource": subresource }),
  };
}

/** Wraps calls in spans, if the active span is recording. */
function spans(
  tracerName: string,
): <R>(verb: string, attributes: () => Attributes, call: () => Promise<R>) => Promise<R> {
  return async <R>(verb: string, attributes: () => Attributes, call: () => Promise<R>): Promise<R> => {
    if (trace.getActiveSpan()?.isRecording() !== true) return call();
    const known = attributes();
    const resource = known["k8s.resource"];
    // not kept: a reconfigured export has tracers of its own
    const span = trace.getTracer(tracerName).startSpan(typeof resource === "string" ? `${verb} ${resource}` : verb, {
      kind: SpanKind.CLIENT,
      attributes: { ...known, "k8s.verb": verb },
    });
    try {
      return await context.with(trace.setSpan(context.active(), span), call);
    } catch (error) {
      // a NotFound or a Conflict is often what the caller wanted to know: the caller decides whether that is an error
      if (error instanceof ApiError) span.setAttribute("http.response.status_code", error.code);
      recordFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  };
}
