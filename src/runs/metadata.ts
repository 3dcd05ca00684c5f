/** Labels, annotations and finalizers by which the engine recognizes the objects it made. */
import type { KubernetesObject } from "../runtime/client/objects.js";
import { controllingOwner } from "../runtime/controller/owner.js";

/** Labels of Jobs, their pods, and ConfigMaps. */
export const runLabels = {
  /** Number of the attempt. */
  attempt: "orchestrator.io/run",
  /** UID of the run. Unlike its name or task id, it is never reused. */
  ownerUID: "orchestrator.io/owner-uid",
  managedBy: "app.kubernetes.io/managed-by",
} as const;

export const managedBy = "agent-orchestrator";

/** Annotations of Jobs, pods, ConfigMaps and claims: what a restarted manager needs and the status may not record yet. */
export const runAnnotations = {
  cause: "orchestrator.io/cause",
  retryAttempt: "orchestrator.io/retry-attempt",
  contextVersion: "orchestrator.io/context-version",
  /** Name of the run, on its pods: the run to reconcile when a pod changes. */
  runName: "orchestrator.io/run-name",
  /** Kind of the run, on its pods. */
  runKind: "orchestrator.io/run-kind",
  /** On a Job that is stopped because its pod cannot start: `Reason: clause`. */
  givenUp: "orchestrator.io/given-up",
  /** On a Job in a queue: `true` while its Workload is not active, because the run is suspended. */
  heldInQueue: "orchestrator.io/held-in-queue",
  /** On a Job whose pods have a gateway: `true`. */
  gateway: "orchestrator.io/gateway",
  /** On a Job: `kept` if the log of its agent is in the archive, `lost` if it could not be read. */
  transcript: "orchestrator.io/transcript",
  /** SHA-256 of a ConfigMap's data. */
  digest: "orchestrator.io/content-digest",
  /** On a claim: the identity whose agents work in it. */
  identity: "orchestrator.io/workspace-identity",
  /** On a claim: the trust level of its namespace when it was created, or first used. */
  trustLevel: "orchestrator.io/workspace-trust-level",
  /** On a claim: since when nothing needs it; RFC 3339. The start of an attempt removes it. */
  idleSince: "orchestrator.io/workspace-idle-since",
} as const;

/** On each Job: keeps it until its outcome is in the status. See docs/adr/006-exactly-once.md. */
export const recordedFinalizer = "orchestrator.io/recorded";

/** Set by the API server on a Job while its pods are deleted before it. */
export const foregroundFinalizer = "foregroundDeletion";

/** Whether the orchestrator created an object that runs share. */
export function isManaged({ metadata }: KubernetesObject): boolean {
  return metadata?.labels?.[runLabels.managedBy] === managedBy;
}

/** Whether a claim exists that the orchestrator did not create. */
export function isForeignClaim(claim: KubernetesObject | undefined): boolean {
  return claim !== undefined && !isManaged(claim);
}

/** UID of the controlling owner. */
export function ownerUID(object: KubernetesObject): string | undefined {
  return controllingOwner(object)?.uid;
}

/** Kind of the run that a Job or pod was made for. */
export function runKindOf(object: KubernetesObject): string | undefined {
  return object.metadata?.annotations?.[runAnnotations.runKind] ?? controllingOwner(object)?.kind;
}

/** Name of the run that a Job or pod was made for; of a run, its own. */
export function runNameOf(object: KubernetesObject): string | undefined {
  return (
    object.metadata?.annotations?.[runAnnotations.runName] ?? controllingOwner(object)?.name ?? object.metadata?.name
  );
}
