/**
 * Events that come again, late or out of order. GitHub does not order webhooks. An App and a webhook of the repository send the same event
 * under ids of their own, and recovery brings events hours later. Pure.
 */
import { redeliverAnnotation, type Delivery, type DeliverySpec } from "../api/delivery.js";
import { byCreation } from "../runtime/client/creation-order.js";
import type { Stored } from "../runtime/client/objects.js";
import { judge, type Rule } from "./rules.js";

type Events = readonly Stored<Delivery>[];

/**
 * The same text for the same event, whichever webhook brought it. Undefined if the payload does not say when its subject was changed: then
 * nothing distinguishes a repetition from a second event of the kind.
 */
export function eventIdentity(spec: DeliverySpec): string | undefined {
  if (spec.subject?.updatedAt === undefined) return undefined;
  const { source, event, action, repository, subject, label, revision, conclusion, check, comment } = spec;
  const { host, owner, name } = repository ?? {};
  const { kind, number, updatedAt } = subject;
  const parts = [source, event, action, host, owner, name, kind, number, updatedAt, label, revision, conclusion];
  return JSON.stringify([...parts, check?.name, check?.url, comment?.url].map((part) => part ?? ""));
}

/**
 * The Delivery that the same event has already, if that is to decide about it. One that has failed is no reason not to try again.
 *
 * @param sameSubject Deliveries about the same issue or pull request
 */
export function earlierDelivery(delivery: Stored<Delivery>, sameSubject: Events): Stored<Delivery> | undefined {
  const identity = eventIdentity(delivery.spec);
  if (identity === undefined || isRequested(delivery)) return undefined;
  return sameSubject.find(
    (other) =>
      other.metadata.name !== delivery.metadata.name &&
      other.status?.phase !== "Failed" &&
      other.status?.reason !== "Repeated" &&
      (other.status?.phase !== undefined || byCreation(other, delivery) < 0) &&
      eventIdentity(other.spec) === identity,
  );
}

/** Actions of `pull_request` each of which says in which state the pull request is now. */
const states: ReadonlySet<string> = new Set(["opened", "reopened", "ready_for_review", "synchronize", "closed"]);

/** After one of these, a label that was set before says nothing about the pull request as it is now. */
const endLabels: ReadonlySet<string> = new Set(["synchronize", "closed"]);

/**
 * A Delivery that makes an event late: about a later state of the pull request, or the closing of the issue or pull request. It may come
 * while the event waits for a live run.
 *
 * @param sameSubject Deliveries about the same issue or pull request
 */
export function overtaking(
  delivery: Stored<Delivery>,
  sameSubject: Events,
  rules: readonly Rule[],
): Stored<Delivery> | undefined {
  if (delivery.spec.subject?.updatedAt === undefined || isRequested(delivery)) return undefined;
  return laterState(delivery, sameSubject, rules) ?? laterClosing(delivery, sameSubject, rules);
}

/** The closing after an event of any kind, unless it was opened again. */
function laterClosing(
  { spec }: Stored<Delivery>,
  sameSubject: Events,
  rules: readonly Rule[],
): Stored<Delivery> | undefined {
  const after = (time: string, action: string): Events =>
    sameSubject.filter(
      ({ spec: other }) =>
        (other.event === "pull_request" || other.event === "issues") &&
        other.action === action &&
        (other.subject?.updatedAt ?? "") > time,
    );
  const closings = after(spec.subject?.updatedAt ?? "", "closed");
  return closings.find(
    (closing) =>
      isActedOn(closing.spec, rules) && after(closing.spec.subject?.updatedAt ?? "", "reopened").length === 0,
  );
}

/**
 * A Delivery about a later state of the pull request, for which a rule exists. What the late event asked for is either done already or no longer
 * wanted. Without a rule for the later state nothing else would be done, so that the late event counts.
 */
function laterState(
  delivery: Stored<Delivery>,
  sameSubject: Events,
  rules: readonly Rule[],
): Stored<Delivery> | undefined {
  const { spec } = delivery;
  const at = spec.subject?.updatedAt;
  if (spec.event !== "pull_request" || at === undefined) return undefined;
  const { action = "", label } = spec;
  const isLabel = action === "labeled" || action === "unlabeled";
  if (!isLabel && !states.has(action)) return undefined;
  return sameSubject.find(({ spec: other }) => {
    const otherAt = other.subject?.updatedAt;
    if (other.event !== "pull_request" || otherAt === undefined) return false;
    const later = other.action ?? "";
    // times are whole seconds, and nothing comes before the opening
    const isLater = otherAt > at || (otherAt === at && action === "opened" && later !== "opened");
    if (!isLater) return false;
    if (isLabel && other.label === label && (later === "labeled" || later === "unlabeled")) return true;
    return (isLabel ? endLabels : states).has(later) && isActedOn(other, rules);
  });
}

function isActedOn(event: DeliverySpec, rules: readonly Rule[]): boolean {
  const { rule } = judge(event, rules);
  return rule !== undefined && rule.then.action !== "ignore";
}

/** A person has requested this decision: order does not matter then. */
function isRequested({ metadata }: Stored<Delivery>): boolean {
  return metadata.annotations?.[redeliverAnnotation] !== undefined;
}
