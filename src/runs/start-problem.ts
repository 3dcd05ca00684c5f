/**
 * Finds what keeps the pod of an attempt from starting, in words that a person can act on. Pure. What becomes of the attempt depends
 * on the reason alone (src/api/reasons.ts).
 */
import { prepareContainer } from "../api/names.js";
import { isPodLive, type ObjectIdentity, type Observed, type OwnedJob } from "./observed.js";
import { podsOf } from "./outcome.js";
import type { AgentRun } from "./run.js";
import type { StartProblemReason } from "../api/reasons.js";
import { printable } from "../printable.js";
import type { Job, PersistentVolumeClaim, Pod, Stored } from "../runtime/client/objects.js";

export interface StartProblem {
  readonly reason: StartProblemReason;
  /** Without a full stop. */
  readonly clause: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** The image that cannot be pulled. */
  readonly image?: string;
  /** The workspace is what is not ready. */
  readonly isWorkspace: boolean;
}

export interface Diagnosis {
  readonly startProblem?: StartProblem;
  /** Objects whose warning Events would explain the problem, and have not been read in this reconcile. */
  readonly readWarningsOf: readonly ObjectIdentity[];
  /** Milliseconds since the epoch: when a problem may begin to count, or change unobserved. */
  readonly recheckAt?: number;
}

type Warnings = ReadonlyMap<string, readonly string[]>;

/**
 * Milliseconds that a start may take before it is reported as a problem: volumes, scheduling and pulls take time. Users learn of it within
 * 20 s.
 */
export const startGracePeriod = 10_000;

/** Milliseconds between reads of Events, which are not watched. */
const eventInterval = 60_000;

/** Reasons of waiting containers that do not pass by themselves. Reasons that alternate map to one of them. */
const persistentReasons: Readonly<Record<string, StartProblemReason>> = {
  ErrImagePull: "ImagePullBackOff",
  ImagePullBackOff: "ImagePullBackOff",
  InvalidImageName: "InvalidImageName",
  ErrImageNeverPull: "ErrImageNeverPull",
  CreateContainerConfigError: "CreateContainerConfigError",
  CreateContainerError: "CreateContainerError",
  RunContainerError: "RunContainerError",
  CrashLoopBackOff: "SidecarFailing",
  PostStartHookError: "SidecarFailing",
};

const imageReasons: ReadonlySet<string> = new Set(["ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"]);

/** The kubelet's messages about a Secret or ConfigMap, mounted or in variables, that is missing or lacks the key. */
const missingReference =
  /(?:secret|configmap) "[^"]+" not found|couldn't find key \S+ in (?:secret|configmap) \S+|references non-existent (?:secret|config) key: \S+|(?:secret|configmap) \S+ not registered/i;

/** The API server's words for a pod that it does not admit. */
const creationReasons = [
  [/serviceaccount "[^"]+" not found/i, "ServiceAccountMissing"],
  [/exceeded quota/i, "QuotaExceeded"],
] as const;

/** The words of the volume controller for a claim that it cannot provision. */
const claimReasons = [[/storageclass\S* "[^"]+" not found/i, "StorageClassMissing"]] as const;

/** The scheduler's words for a claim that does not exist. */
const missingClaim = /persistentvolumeclaim "[^"]+" not found/i;

const noProblem: Diagnosis = { readWarningsOf: [] };

/** @param now milliseconds since the epoch */
export function diagnose<R extends AgentRun>(
  { job }: OwnedJob,
  { pods, next, warnings }: Pick<Observed<R>, "pods" | "next" | "warnings">,
  now: number,
): Diagnosis {
  const own = podsOf(job, pods);
  const pod = own.findLast(isPodLive);
  if (pod !== undefined) return diagnosePod(pod, next.workspace, warnings, now);
  if (own.length > 0 || isSuspended(job)) return noProblem;
  const since = timeOf(job.status?.startTime ?? job.metadata.creationTimestamp, now);
  if (since + startGracePeriod > now) return recheck(since + startGracePeriod);
  const notes = warnings.get(job.metadata.uid);
  if (notes === undefined) return readWarningsOf(job.metadata);
  // without a warning, the Job controller has only not got to it yet
  if (notes[0] === undefined) return recheck(now + eventInterval);
  const clause = `Job ${job.metadata.name} has no pod yet: ${notes[0]}`;
  return {
    readWarningsOf: [],
    startProblem: { reason: reasonIn(notes[0], creationReasons) ?? "PodNotCreated", clause, since, isWorkspace: false },
    recheckAt: now + eventInterval,
  };
}

/** Also until the Job controller sees that it no longer is: the time since it was created says nothing then. */
function isSuspended({ spec, status }: Stored<Job>): boolean {
  return (
    spec?.suspend === true ||
    status?.conditions?.some(({ type, status }) => type === "Suspended" && status === "True") === true
  );
}

function reasonIn(
  note: string,
  reasons: readonly (readonly [RegExp, StartProblemReason])[],
): StartProblemReason | undefined {
  return reasons.find(([pattern]) => pattern.test(note))?.[1];
}

function recheck(recheckAt: number): Diagnosis {
  return { readWarningsOf: [], recheckAt };
}

function readWarningsOf({ name, uid }: ObjectIdentity): Diagnosis {
  return { readWarningsOf: [{ name, uid }] };
}

function diagnosePod(
  pod: Stored<Pod>,
  workspace: Stored<PersistentVolumeClaim> | undefined,
  warnings: Warnings,
  now: number,
): Diagnosis {
  const created = timeOf(pod.metadata.creationTimestamp, now);
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const since = Math.max(timeOf(scheduled?.lastTransitionTime, created), preparedAt(pod));
  const container = waitingContainer(pod);
  const isUnschedulable = scheduled?.status === "False" && scheduled.reason === "Unschedulable";
  if (container === undefined && !isUnschedulable && !isBeingCreated(pod)) return noProblem;
  if (since + startGracePeriod > now) return recheck(since + startGracePeriod);
  if (container !== undefined)
    return {
      readWarningsOf: [],
      startProblem: { ...container, since, isWorkspace: false },
    };
  return isUnschedulable
    ? diagnoseScheduling(pod, scheduled.message ?? "no node fits", workspace, warnings, since, now)
    : diagnoseCreation(pod, warnings, since, now);
}

/** When the container before the agent's ended, which may have cloned for long; 0 without such a time. */
function preparedAt({ status }: Stored<Pod>): number {
  const prepared = status?.initContainerStatuses?.find(({ name }) => name === prepareContainer);
  return timeOf(prepared?.state?.terminated?.finishedAt, 0);
}

/** The scheduler found no node, perhaps because the workspace is not bound. */
function diagnoseScheduling(
  pod: Stored<Pod>,
  message: string,
  workspace: Stored<PersistentVolumeClaim> | undefined,
  warnings: Warnings,
  since: number,
  now: number,
): Diagnosis {
  const clause = `pod ${pod.metadata.name} cannot be scheduled: ${message}`;
  if (missingClaim.test(message)) {
    return { readWarningsOf: [], startProblem: { reason: "WorkspaceMissing", clause, since, isWorkspace: true } };
  }
  if (workspace?.status?.phase !== "Pending") {
    return { readWarningsOf: [], startProblem: { reason: "Unschedulable", clause, since, isWorkspace: false } };
  }
  const { metadata } = workspace;
  const notes = warnings.get(metadata.uid);
  if (notes === undefined) return readWarningsOf(metadata);
  const why = notes[0] === undefined ? "" : `: ${notes[0]}`;
  return {
    readWarningsOf: [],
    startProblem: {
      reason: reasonIn(notes[0] ?? "", claimReasons) ?? "WorkspaceNotBound",
      clause: `${clause}; its workspace, PersistentVolumeClaim ${metadata.name}, is not bound${why}`,
      since,
      isWorkspace: true,
    },
    recheckAt: now + eventInterval,
  };
}

/** The pod has a node, and none of its containers has been created: only Events say why. */
function diagnoseCreation(pod: Stored<Pod>, warnings: Warnings, since: number, now: number): Diagnosis {
  const notes = warnings.get(pod.metadata.uid);
  if (notes === undefined) return readWarningsOf(pod.metadata);
  // without a warning, an image is being pulled
  const missing = notes.find((note) => missingReference.test(note));
  const note = missing ?? notes[0];
  if (note === undefined) return recheck(now + eventInterval);
  const detail = missing === undefined ? note : (missingReference.exec(missing)?.[0] ?? note);
  return {
    readWarningsOf: [],
    startProblem: {
      reason: missing === undefined ? "PodNotStarting" : "SecretMissing",
      clause: `pod ${pod.metadata.name} cannot start: ${detail}`,
      since,
      isWorkspace: false,
    },
    recheckAt: now + eventInterval,
  };
}

function waitingContainer(pod: Stored<Pod>): Pick<StartProblem, "reason" | "clause" | "image"> | undefined {
  for (const { name, image, state, lastState } of containerStatuses(pod)) {
    const { reason: given = "", message = "" } = state?.waiting ?? {};
    const reason = persistentReasons[given];
    if (reason === undefined) continue;
    // beside an agent that works, a side-car may start again
    if (reason === "SidecarFailing" && pod.status?.phase !== "Pending") continue;
    const prefix = `container ${name} of pod ${pod.metadata.name} cannot start`;
    if (reason === "SidecarFailing") return { reason, clause: `${prefix}: ${endingOf(lastState?.terminated)}` };
    const missing = missingReference.exec(message)?.[0];
    if (missing !== undefined) return { reason: "SecretMissing", clause: `${prefix}: ${missing}` };
    // the kubelet's messages about pulls change with each try: only the part that stays
    const detail = reason === "ImagePullBackOff" ? `image ${image} cannot be pulled` : message;
    const clause = `${prefix}: ${reason}${detail === "" ? "" : `, ${detail}`}`;
    return { reason, clause, ...(imageReasons.has(reason) && { image }) };
  }
  return undefined;
}

/** How a side-car ended, in its own words if it left any. */
function endingOf(end: { readonly exitCode: number; readonly message?: string } | undefined): string {
  if (end === undefined) return "it ended before it was ready";
  const words = printable(end.message ?? "")
    .trim()
    .replace(/\.$/, "");
  return `it exits with code ${end.exitCode}${words === "" ? "" : `, ${words}`}`;
}

/** Whether the pod has a node, and none of its containers has ever run. */
function isBeingCreated(pod: Stored<Pod>): boolean {
  return (
    pod.status?.phase === "Pending" &&
    pod.status.conditions?.some(({ type, status }) => type === "PodScheduled" && status === "True") === true &&
    containerStatuses(pod).every(
      ({ state, lastState }) => state?.waiting !== undefined && lastState?.terminated === undefined,
    )
  );
}

function containerStatuses(pod: Stored<Pod>): NonNullable<NonNullable<Pod["status"]>["containerStatuses"]> {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

/** @param otherwise milliseconds since the epoch, for objects that do not record the time */
function timeOf(text: string | undefined, otherwise: number): number {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? otherwise : time;
}
