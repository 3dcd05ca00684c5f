/** The kind Delivery: one event from outside, and what was decided about it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { DeliverySpec, DeliveryStatus } from "./generated/delivery.js";

export type { DeliverySpec, DeliveryStatus } from "./generated/delivery.js";

export interface Delivery extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: DeliverySpec;
  status?: DeliveryStatus;
}

export const Deliveries = resourceType<Delivery>({
  group: "orchestrator.io",
  version: "v1",
  kind: "Delivery",
  plural: "deliveries",
  namespaced: true,
});

/** Annotation that requests another decision. Each new value does once. */
export const redeliverAnnotation = "orchestrator.io/redeliver";

/** The name of an event's Delivery: the same for every repetition of the event. */
export function deliveryName({ source, id }: Pick<DeliverySpec, "source" | "id">): string {
  return `${source}-${id.toLowerCase()}`;
}

/** Whether nothing more is done about it, unless another decision is requested. */
export function isFinished({ status }: Pick<Delivery, "status">): boolean {
  return status?.phase === "Done" || status?.phase === "Ignored" || status?.phase === "Failed";
}

/** The page of the issue or pull request that an event is about. */
export function subjectUrl({ repository, subject }: Pick<DeliverySpec, "repository" | "subject">): string {
  const { host = "", owner = "", name = "" } = repository ?? {};
  return `https://${host}/${owner}/${name}/${subject?.kind === "Issue" ? "issues" : "pull"}/${subject?.number ?? 0}`;
}
