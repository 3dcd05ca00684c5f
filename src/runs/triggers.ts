/**
 * Which change of which object makes the engine reconcile which runs, and which change may free a slot. One table for
 * everybody: kinds/setup.ts connects it to the operator's caches, and the property tests of test/runs to theirs.
 *
 * ConfigMaps are not in it: an attempt's files never change, and their deletion changes nothing for its run.
 */
import { dependencyIndex, workspaceIndexName } from "./indexes.js";
import { isForeignClaim, runAnnotations, runKindOf } from "./metadata.js";
import { isPodLive } from "./observed.js";
import { isActive } from "./outcome.js";
import type { AgentRun, RunKind } from "./run.js";
import { workspaceBase } from "./workspace.js";
import { isConditionTrue } from "../api/conditions.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Change } from "../runtime/cache/store.js";
import {
  objectKey,
  type Job,
  type KubernetesObject,
  type ObjectKey,
  type PersistentVolumeClaim,
  type Pod,
  type Stored,
} from "../runtime/client/objects.js";
import { controllingOwnerOf } from "../runtime/controller/owner.js";

/** One row: changes that matter, and the runs to reconcile after each. */
export interface Trigger<T extends KubernetesObject> {
  /** True for a change that matters. */
  readonly when: (change: Change<T>) => boolean;
  /** The runs to reconcile. For an update, called with the object before and after it. */
  readonly enqueue: (object: Stored<T>) => readonly ObjectKey[];
}

/** What the changes of one type of object mean for the runs of one kind. */
export interface TriggersOf<T extends KubernetesObject> {
  readonly triggers: readonly Trigger<T>[];
  /** True for a change after which a run of the kind may hold fewer slots. Absent: none does. */
  readonly freesSlots?: (change: Change<T>) => boolean;
}

export interface TriggerTable<R extends AgentRun> {
  readonly runs: TriggersOf<R>;
  readonly jobs: TriggersOf<Job>;
  readonly workspaces: TriggersOf<PersistentVolumeClaim>;
  readonly pods: TriggersOf<Pod>;
}

const always = (): boolean => true;
const isDeletion = ({ type }: Change<KubernetesObject>): boolean => type === "deleted";

/** @param runs the cache of the kind's runs, with the indexes `dependsOn` and `workspace` */
export function triggerTable<R extends AgentRun>(kind: RunKind<R>, runs: Reader<R>): TriggerTable<R> {
  const isOfKind = (object: KubernetesObject): boolean => runKindOf(object) === kind.type.kind;
  const owner = (object: Stored<KubernetesObject>): readonly ObjectKey[] => {
    const reference = controllingOwnerOf(object, kind.type);
    return reference === undefined ? [] : [objectKey(object, reference.name)];
  };
  return {
    runs: {
      triggers: [
        { when: always, enqueue: (run) => [objectKey(run)] },
        // its dependents may start, or fail with it
        { when: ({ type }) => type !== "added", enqueue: (run) => dependents(runs, run) },
      ],
      freesSlots: (change) =>
        isDeletion(change) || (change.type === "updated" && hasOtherClaim(change.old, change.object)),
    },
    jobs: {
      triggers: [{ when: always, enqueue: owner }],
      freesSlots: (change) =>
        isOfKind(change.object) && (isDeletion(change) || (change.type === "updated" && !isActive(change.object))),
    },
    workspaces: {
      // a run waits until a claim that is being deleted is gone, or until someone creates the one that it needs
      triggers: [
        {
          when: (change) =>
            isDeletion(change) || (change.type === "added" && !change.initial && isForeignClaim(change.object)),
          enqueue: (claim) =>
            runs
              .byIndex(workspaceIndexName, `${claim.metadata.namespace ?? ""}/${workspaceBase(claim.metadata.name)}`)
              .map((run) => objectKey(run)),
        },
      ],
    },
    pods: {
      triggers: [
        {
          when: always,
          // by annotation: a pod that was orphaned from its Job still works for its run
          enqueue: (pod) => {
            const run = pod.metadata.annotations?.[runAnnotations.runName];
            return run === undefined || !isOfKind(pod) ? [] : [objectKey(pod, run)];
          },
        },
      ],
      freesSlots: (change) =>
        isOfKind(change.object) && (isDeletion(change) || (change.type === "updated" && !isPodLive(change.object))),
    },
  };
}

/** Runs that wait for this one. */
function dependents<R extends AgentRun>(runs: Reader<R>, { metadata }: Stored<AgentRun>): ObjectKey[] {
  return runs
    .byIndex(dependencyIndex.name, `${metadata.namespace ?? ""}/${metadata.name}`)
    .map((run) => objectKey(run));
}

/**
 * Whether something changed that decides if the run holds or waits for slots: its phase, the end of an attempt, and what
 * takes it out of the queue.
 */
function hasOtherClaim(before: Stored<AgentRun>, after: Stored<AgentRun>): boolean {
  const claim = ({ metadata, spec, status }: Stored<AgentRun>): readonly unknown[] => [
    status?.phase,
    status?.runs?.at(-1)?.outcome,
    isConditionTrue(status?.conditions, "Stalled"),
    spec.suspend === true,
    spec.cancel === true,
    metadata.deletionTimestamp !== undefined,
  ];
  const now = claim(after);
  return claim(before).some((value, index) => value !== now[index]);
}
