/** Everything that a plan may look at. `observe` puts it together once, from caches; nothing else is read afterwards. */
import type { ObservedBudgets } from "./budgets/budget-book.js";
import type { Dependency } from "./dependencies.js";
import type { EarlierEnd } from "./ledger-segment.js";
import { foregroundFinalizer } from "./metadata.js";
import type { NamespaceFacts } from "./namespace-facts.js";
import type { AgentRun, AttemptNames } from "./run.js";
import type { SlotDecision } from "./slots.js";
import type { WorkspaceOwner } from "./workspace.js";
import type { ConfigMap, Job, NetworkPolicy, PersistentVolumeClaim, Pod, Stored } from "../runtime/client/objects.js";

export interface Observed<R extends AgentRun> {
  readonly run: Stored<R>;
  /** Jobs that this run owns, by owner UID; the oldest first. */
  readonly jobs: readonly OwnedJob[];
  /** Pods that work for this run, also those whose Job is gone. */
  readonly pods: readonly Stored<Pod>[];
  /** ConfigMaps that this run owns. */
  readonly files: readonly Stored<ConfigMap>[];
  /** The attempt that would be started now. */
  readonly next: NextAttempt;
  /** The phase of each run in `spec.dependsOn`; `Pending` until it has one. */
  readonly dependencies: readonly Dependency[];
  /** Names of runs that wait for each other, this one first and last. Absent: it is in no cycle. */
  readonly dependencyCycle?: readonly string[];
  /** Whether a slot is free for the next attempt. Absent: slots are not counted. */
  readonly slot?: SlotDecision;
  /** Absent: no Budget has to do with the run. */
  readonly budgets?: ObservedBudgets;
  /** Absent: policy cannot tell the namespace from others, so entries that select by labels apply. */
  readonly namespace?: NamespaceFacts;
  /** Absent: agents' network access is not restricted. */
  readonly network?: AgentNetworkState;
  /** What the agent does. Absent: that is not known. */
  readonly progress?: string;
  /** Whether other runs use the same claim. */
  readonly workspaceShared: boolean;
  /** What was read from the API server during this reconcile, because a cache does not prove it. */
  readonly confirmed: Confirmed;
  /** Messages of warning Events, newest first, by UID of the object; of the objects whose Events were read in this reconcile. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
  /** More storage was requested in this reconcile, with or without success. */
  readonly expansionRequested?: boolean;
  /** Why the API server refused the last action, if it did. */
  readonly refusal?: Refusal;
  /**
   * How a run of this name ended before: for a run that has not started, only one with the same request; for a run that is being
   * deleted, any. `unread`: the ledger, or what the run requests, has to be read first. Absent: nothing is known.
   */
  readonly earlierEnd?: EarlierEnd | "unread";
}

/** The NetworkPolicy of agents in the run's namespace. */
export interface AgentNetworkState {
  /** Makes the policy that the configuration wants. */
  readonly wanted: () => NetworkPolicy;
  /** The policy of that name, whoever made it. */
  readonly present?: Stored<NetworkPolicy>;
}

/** One object: no other object that later has its name is meant. */
export interface ObjectIdentity {
  readonly name: string;
  readonly uid: string;
}

export interface OwnedJob {
  /** Number of the attempt. */
  readonly number: number;
  readonly job: Stored<Job>;
}

export interface NextAttempt {
  readonly number: number;
  readonly names: AttemptNames;
  /** The objects of those names that exist, whoever owns them. */
  readonly job?: Stored<Job>;
  readonly files?: Stored<ConfigMap>;
  readonly workspace?: Stored<PersistentVolumeClaim>;
  /** Whom the workspace serves. Absent: the trust level is not known, so neither is the claim. */
  readonly owner?: WorkspaceOwner;
  /** The workspace does not record yet whom it serves. */
  readonly isUnrecorded?: true;
  /** The workspace serves something else. */
  readonly isTaken?: true;
}

export interface Confirmed {
  /** `run` was read live. Only then does it have the contents that its files are made of. */
  readonly run: boolean;
  /** Every Job of the run was listed live. */
  readonly jobs: boolean;
  /** UIDs of Jobs that the API server no longer has. */
  readonly absentJobs: ReadonlySet<string>;
  /** UIDs of Jobs whose pods were listed live. */
  readonly podsOf: ReadonlySet<string>;
}

export interface Refusal {
  /** Kind of the object that could not be written. */
  readonly kind: string;
  readonly name: string;
  /** The API server's message. */
  readonly message: string;
}

export function identityOf({ job }: OwnedJob): ObjectIdentity {
  return { name: job.metadata.name, uid: job.metadata.uid };
}

/** Whether a pod's containers may still be running. */
export function isPodLive(pod: Pod): boolean {
  return pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";
}

export function isDeleting(object: { readonly metadata: { readonly deletionTimestamp?: string } }): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Whether a deleted Job exists only because of our finalizer: its pods are gone, or go with it. */
export function isOnlyHeld({ job }: OwnedJob): boolean {
  return isDeleting(job) && job.metadata.finalizers?.includes(foregroundFinalizer) !== true;
}
