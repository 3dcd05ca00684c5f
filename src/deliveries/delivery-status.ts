/** The status of a Delivery: written as a whole, and only if it changes. */
import { setCondition } from "../api/conditions.js";
import { Deliveries, isFinished, type Delivery, type DeliveryStatus } from "../api/delivery.js";
import type { Client } from "../runtime/client/client.js";
import type { Stored } from "../runtime/client/objects.js";

/**
 * Writes the status unless it is that already.
 *
 * @param next replaces the status of a decision, or the parts that it has of one that is being carried out
 * @param now RFC 3339
 * @throws Conflict if the Delivery has another version: everything is read again
 */
export async function writeStatus(
  client: Pick<Client, "patch">,
  delivery: Stored<Delivery>,
  next: DeliveryStatus,
  now: string,
  signal: AbortSignal,
): Promise<void> {
  const before = delivery.status ?? {};
  const message = (next.message ?? "").slice(0, 4_096);
  const isNew = next.phase === "Decided" || before.phase === undefined || isFinished(delivery);
  const merged: DeliveryStatus = isNew
    ? { conditions: before.conditions ?? [], ...next, message }
    : { ...before, ...next, message };
  const status = { ...merged, conditions: conditionsOf(merged, now) };
  if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(before))) return;
  const { uid, resourceVersion, namespace = "", name } = delivery.metadata;
  const cleared = Object.fromEntries(Object.keys(before).map((key) => [key, null]));
  const body = { metadata: { uid, resourceVersion }, status: { ...cleared, ...status } };
  await client.patch(Deliveries, { namespace, name }, { type: "merge", body }, { subresource: "status", signal });
}

function conditionsOf(
  { phase, reason = "Pending", message = "", conditions = [] }: DeliveryStatus,
  now: string,
): NonNullable<DeliveryStatus["conditions"]> {
  const isDecided = phase !== undefined;
  const isComplete = phase === "Done" || phase === "Ignored";
  const status = (holds: boolean): "True" | "False" => (holds ? "True" : "False");
  const decided = setCondition(conditions, { type: "Decided", status: status(isDecided), reason, message }, now);
  return [...setCondition(decided, { type: "Complete", status: status(isComplete), reason, message }, now)];
}

function sorted(status: DeliveryStatus): unknown {
  return Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1));
}
