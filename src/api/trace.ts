/** The trace that a run belongs to: W3C trace context from the request that created it to its agents. */
import { createHash } from "node:crypto";
import type { KubernetesObject } from "../runtime/client/objects.js";
import { isTraceparent } from "../runtime/tracing/traceparent.js";

/** Annotation with the `traceparent` of the request that created the run. Admission writes it at creation, and nobody can change it. */
export const traceparentAnnotation = "orchestrator.io/traceparent";

/** The `traceparent` of a run; undefined without a valid one. */
export function traceparentOf({ metadata }: KubernetesObject): string | undefined {
  const value = metadata?.annotations?.[traceparentAnnotation];
  return isTraceparent(value) ? value : undefined;
}

/** Identifier of the span of an attempt. It follows from the attempt: the agent learns it before the span exists. */
export function attemptSpanId({ metadata }: KubernetesObject, number: number): string {
  return createHash("sha256")
    .update(`${metadata?.uid ?? ""}/${number}`)
    .digest("hex")
    .slice(0, 16);
}

/** The `traceparent` of an attempt, for its agent; undefined if the run belongs to no trace. */
export function attemptTraceparent(run: KubernetesObject, number: number): string | undefined {
  const parts = traceparentOf(run)?.split("-");
  if (parts === undefined) return undefined;
  const [version = "", trace = "", , flags = ""] = parts;
  return [version, trace, attemptSpanId(run, number), flags].join("-");
}
