import { traceparentAnnotation } from "../../api/trace.js";
import { isObject, member, withMembers, type JsonObject } from "../../runtime/schema/json.js";
import { isTraceparent } from "../../runtime/tracing/traceparent.js";
import type { AdmissionRequest } from "../../runtime/webhook/admission.js";
import type { AnyRun } from "../kind.js";

/**
 * The run with the trace of the request that created it. A valid value of the request itself stays; any other is replaced, or removed
 * if the request belongs to no trace. After the creation, the stored value stays. Returns the object itself if nothing changes.
 */
export function withTrace<R extends AnyRun>(
  object: R,
  { operation, oldObject, traceparent }: Pick<AdmissionRequest<R>, "operation" | "oldObject" | "traceparent">,
): R {
  const metadata: unknown = object.metadata;
  if (!isObject(metadata)) return object;
  const given = member(metadata, "annotations") ?? {};
  if (!isObject(given)) return object;
  const own = given[traceparentAnnotation];
  const created = isTraceparent(own) ? own : traceparent;
  const wanted = operation === "CREATE" ? created : oldObject?.metadata?.annotations?.[traceparentAnnotation];
  if (own === wanted) return object;
  const { [traceparentAnnotation]: _replaced, ...others } = given;
  const annotations = wanted === undefined ? others : { ...others, [traceparentAnnotation]: wanted };
  const next: unknown = withMembers(object as unknown as JsonObject, {
    metadata: withMembers(metadata, { annotations }),
  });
  return next as R; // as well-formed as the object was
}
