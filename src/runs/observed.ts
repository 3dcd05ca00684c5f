/** All that a plan may look at. Put together once by `observe`, from caches; nothing else is read afterwards. */
import type { AgentRun, AttemptNames } from "./run.js";
import type { SlotDecision } from "./slots.js";
import type { Phase } from "../api/taskrun.js";
import type { ConfigMap, Job, PersistentVolumeClaim, Pod, Stored } from "../runtime/client/objects.js";

export interface Observed<R extends AgentRun> {
  readonly run: Stored<R>;
  /** Jobs that this run owns, by UID of the owner; the oldest first. */
  readonly jobs: readonly OwnedJob[];
  /** Pods that work for this run, also those whose Job is gone. */
  readonly pods: readonly Stored<Pod>[];
  /** ConfigMaps that this run owns. */
  readonly files: readonly Stored<ConfigMap>[];
  /** The run that would be started now. */
  readonly next: NextAttempt;
  /** The phase of each run of `spec.dependsOn`; `Pending` until it has one. */
  readonly dependencies: readonly Dependency[];
  /** Names of runs that wait for each other, this one first and last; absent: it is in no such circle. */
  readonly dependencyCycle?: readonly string[];
  /** Whether there is a slot for it; absent: nobody keeps count. */
  readonly slot?: SlotDecision;
  /** Whether other runs work in the same workspace. */
  readonly workspaceShared: boolean;
  /** What was read from the API server itself during this reconcile, because a cache isn't proof enough. */
  readonly confirmed: Confirmed;
  /** What was warned of, the newest first, by UID of the object; of those whose warnings were read in this reconcile. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
  /** More storage was asked for in this reconcile, with or without success. */
  readonly expansionAsked?: boolean;
  /** Why the API server refused the last action, where it did. */
  readonly refusal?: Refusal;
}

/** One object, and no other that may later have its name. */
export interface ObjectIdentity {
  readonly name: string;
  readonly uid: string;
}

export interface OwnedJob {
  readonly number: number;
  readonly job: Stored<Job>;
}

export interface NextAttempt {
  readonly number: number;
  readonly names: AttemptNames;
  /** What there is of those names, whoever holds it. */
  readonly job?: Stored<Job>;
  readonly files?: Stored<ConfigMap>;
  readonly workspace?: Stored<PersistentVolumeClaim>;
}

export interface Dependency {
  readonly name: string;
  /** Absent: there is no such run. */
  readonly phase?: Phase;
}

export interface Confirmed {
  /** `run` is as the API server had it: only then it has the contents that its files are made of. */
  readonly run: boolean;
  /** Every Job of the run was listed from the API server. */
  readonly jobs: boolean;
  /** UIDs of Jobs that the API server said aren't there. */
  readonly absentJobs: ReadonlySet<string>;
  /** UIDs of Jobs whose pods were listed from the API server. */
  readonly podsOf: ReadonlySet<string>;
}

export interface Refusal {
  /** Kind of the object that could not be written. */
  readonly kind: string;
  readonly name: string;
  /** The server's words. */
  readonly message: string;
}

/** Whether a pod's containers may still be running. */
export function isPodLive(pod: Pod): boolean {
  return pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";
}
