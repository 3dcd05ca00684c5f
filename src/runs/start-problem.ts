/**
 * What keeps the pod of a run from starting, in words that a person can act on. Pure.
 *
 * Two sorts: what nobody but a person can mend (an image that isn't there, a Secret that is missing) ends the run once it
 * has lasted `stuckPodSeconds`, and the retry policy applies; what the cluster may yet mend (no node fits, a volume that
 * is not bound, a quota that is used up) is only told, since the agent has cost nothing so far.
 */
import { isPodLive, type ObjectIdentity, type Observed, type OwnedJob } from "./observed.js";
import { podsOf } from "./outcome.js";
import type { AgentRun } from "./run.js";
import type { PersistentVolumeClaim, Pod, Stored } from "../runtime/client/objects.js";

export interface StartProblem {
  /** CamelCase; the kubelet's or the scheduler's own where it has one. */
  readonly reason: string;
  /** A clause, without a full stop. */
  readonly words: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Only a person can mend it, so it ends the run. */
  readonly ends: boolean;
  /** It is the workspace that isn't ready. */
  readonly workspace: boolean;
}

export interface Diagnosis {
  readonly startProblem?: StartProblem;
  /** Objects whose warnings would tell more, and have not been read. */
  readonly ask: readonly ObjectIdentity[];
  /** Milliseconds since the epoch: when it may have become, or have lasted long enough to be, a trouble. */
  readonly lookAgainAt?: number;
}

/** Milliseconds that a start may take before anything is said: volumes, scheduling and pulls take their time. */
export const startGracePeriod = 15_000;

/** Milliseconds between looks at what changes without anything watched changing: Events. */
const nextLook = 60_000;

/** Reasons for which a container waits that don't go away by themselves; of each group the one that stays. */
const lasting: Readonly<Record<string, string>> = {
  ErrImagePull: "ImagePullBackOff",
  ImagePullBackOff: "ImagePullBackOff",
  InvalidImageName: "InvalidImageName",
  ErrImageNeverPull: "ErrImageNeverPull",
  CreateContainerConfigError: "CreateContainerConfigError",
  CreateContainerError: "CreateContainerError",
  RunContainerError: "RunContainerError",
};

/** What the kubelet says of a Secret or ConfigMap, mounted or for variables, that isn't there or has not the key. */
const missing =
  /(?:secret|configmap) "[^"]+" not found|couldn't find key \S+ in (?:secret|configmap) \S+|references non-existent (?:secret|config) key: \S+|(?:secret|configmap) \S+ not registered/i;

/** @param since milliseconds since the epoch, for objects that don't say since when they are as they are */
function timeOf(text: string | undefined, since: number): number {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? since : time;
}

export function diagnose<R extends AgentRun>(
  { job }: OwnedJob,
  { pods, next, warnings }: Pick<Observed<R>, "pods" | "next" | "warnings">,
  now: number,
): Diagnosis {
  const of = podsOf(job, pods);
  const pod = of.findLast(isPodLive);
  if (pod !== undefined) return diagnosePod(pod, next.workspace, warnings, now);
  if (of.length > 0 || job.spec?.suspend === true) return { ask: [] };
  const since = timeOf(job.status?.startTime ?? job.metadata.creationTimestamp, now);
  if (since + startGracePeriod > now) return { ask: [], lookAgainAt: since + startGracePeriod };
  const told = warnings.get(job.metadata.uid);
  if (told === undefined) return { ask: [{ name: job.metadata.name, uid: job.metadata.uid }] };
  // without a warning the Job controller has only not come to it yet
  if (told[0] === undefined) return { ask: [], lookAgainAt: now + nextLook };
  const words = `Job ${job.metadata.name} has no pod yet: ${told[0]}`;
  return {
    ask: [],
    startProblem: { reason: "PodNotCreated", words, since, ends: false, workspace: false },
    lookAgainAt: now + nextLook,
  };
}

function diagnosePod(
  pod: Stored<Pod>,
  workspace: Stored<PersistentVolumeClaim> | undefined,
  warnings: ReadonlyMap<string, readonly string[]>,
  now: number,
): Diagnosis {
  const created = timeOf(pod.metadata.creationTimestamp, now);
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const since = timeOf(scheduled?.lastTransitionTime, created);
  const isNew = since + startGracePeriod > now;

  const stuck = waitingContainer(pod);
  if (stuck !== undefined) {
    if (isNew) return { ask: [], lookAgainAt: since + startGracePeriod };
    return { ask: [], startProblem: { ...stuck, since, ends: true, workspace: false } };
  }
  if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") {
    if (isNew) return { ask: [], lookAgainAt: since + startGracePeriod };
    const isUnbound = workspace?.status?.phase === "Pending";
    const told = isUnbound ? warnings.get(workspace.metadata.uid) : [];
    if (told === undefined && workspace !== undefined) {
      return { ask: [{ name: workspace.metadata.name, uid: workspace.metadata.uid }] };
    }
    const why = `pod ${pod.metadata.name} can't be scheduled: ${scheduled.message ?? "no node fits"}`;
    const claim = isUnbound
      ? `; its workspace, PersistentVolumeClaim ${workspace.metadata.name}, is not bound${told?.[0] === undefined ? "" : `: ${told[0]}`}`
      : "";
    return {
      ask: [],
      startProblem: {
        reason: isUnbound ? "WorkspaceNotBound" : "Unschedulable",
        words: `${why}${claim}`,
        since,
        ends: false,
        workspace: isUnbound,
      },
      ...(isUnbound && { lookAgainAt: now + nextLook }),
    };
  }
  if (!isBeingCreated(pod)) return { ask: [] };
  if (isNew) return { ask: [], lookAgainAt: since + startGracePeriod };
  const told = warnings.get(pod.metadata.uid);
  if (told === undefined) return { ask: [{ name: pod.metadata.name, uid: pod.metadata.uid }] };
  // without a warning it is a long pull of an image, and no trouble
  const absent = told.find((note) => missing.test(note));
  const note = absent ?? told[0];
  if (note === undefined) return { ask: [], lookAgainAt: now + nextLook };
  return {
    ask: [],
    startProblem: {
      reason: absent === undefined ? "PodNotStarting" : "SecretMissing",
      words: `pod ${pod.metadata.name} can't start: ${absent === undefined ? note : (missing.exec(absent)?.[0] ?? note)}`,
      since,
      ends: absent !== undefined,
      workspace: false,
    },
    lookAgainAt: now + nextLook,
  };
}

function waitingContainer(pod: Stored<Pod>): { readonly reason: string; readonly words: string } | undefined {
  for (const { name, image, state } of statuses(pod)) {
    const { reason: given = "", message = "" } = state?.waiting ?? {};
    const reason = lasting[given];
    if (reason === undefined) continue;
    const cant = `container ${name} of pod ${pod.metadata.name} can't start`;
    const absent = missing.exec(message)?.[0];
    if (absent !== undefined) return { reason: "SecretMissing", words: `${cant}: ${absent}` };
    // the kubelet's messages of pulls change with each attempt: only the part that stays
    const detail = reason === "ImagePullBackOff" ? `image ${image} can't be pulled` : message;
    return { reason, words: `${cant}: ${reason}${detail === "" ? "" : `, ${detail}`}` };
  }
  return undefined;
}

/** It has a node, and nothing of it has ever run. */
function isBeingCreated(pod: Stored<Pod>): boolean {
  return (
    pod.status?.phase === "Pending" &&
    pod.status.conditions?.some(({ type, status }) => type === "PodScheduled" && status === "True") === true &&
    statuses(pod).every(({ state, lastState }) => state?.waiting !== undefined && lastState?.terminated === undefined)
  );
}

function statuses(pod: Stored<Pod>): NonNullable<NonNullable<Pod["status"]>["containerStatuses"]> {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}
