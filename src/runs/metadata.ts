/** Labels, annotations, finalizers and indexes by which the engine finds again what it made. */
import type { AgentRun, RunKind } from "./run.js";
import type { IndexFunction } from "../runtime/cache/reader.js";
import type { KubernetesObject, Stored } from "../runtime/client/objects.js";
import { controllingOwner } from "../runtime/controller/owner.js";

/** Labels of Jobs, their pods, and ConfigMaps. */
export const runLabels = {
  /** Number of the run. */
  number: "orchestrator.io/run",
  /** UID of the TaskRun; unlike its name or task id it is never shared. */
  ownerUID: "orchestrator.io/owner-uid",
  managedBy: "app.kubernetes.io/managed-by",
} as const;

export const managedBy = "agent-orchestrator";

/** Annotations of Jobs, pods and ConfigMaps: what a restarted manager needs to know and the status may not yet say. */
export const runAnnotations = {
  cause: "orchestrator.io/cause",
  retryAttempt: "orchestrator.io/retry-attempt",
  contextVersion: "orchestrator.io/context-version",
  /** Name of the run, on its pods: whom to ask again when a pod changes. */
  runName: "orchestrator.io/run-name",
  /** Kind of the run, on its pods. */
  runKind: "orchestrator.io/run-kind",
  /** On a Job that is stopped because its pod can't start: `Reason: words`. */
  givenUp: "orchestrator.io/given-up",
  /** SHA-256 of a ConfigMap's data. */
  digest: "orchestrator.io/content-digest",
} as const;

/** On each Job: it can't vanish before its outcome is in the status. See docs/adr/006-exactly-once.md. */
export const recordedFinalizer = "orchestrator.io/recorded";

/** Set by the API server while the pods of a Job are deleted before it. */
export const foregroundFinalizer = "foregroundDeletion";

/** UID of the controlling owner. */
export function ownerUID(object: KubernetesObject): string | undefined {
  return controllingOwner(object)?.uid;
}

/** An index that a cache has to have, by name. */
export interface Index<T extends KubernetesObject> {
  readonly name: string;
  readonly of: IndexFunction<T>;
}

/** Jobs and ConfigMaps by the UID of their controlling owner. */
export const ownerIndex = {
  name: "controllerUID",
  of: (object: Stored<KubernetesObject>): readonly string[] => {
    const uid = ownerUID(object);
    return uid === undefined ? [] : [uid];
  },
} satisfies Index<KubernetesObject>;

/** Jobs by `namespace/name` of their controlling owner: to find those of a run that is gone. */
export const ownerNameIndex = {
  name: "controllerName",
  of: (object: Stored<KubernetesObject>): readonly string[] => {
    const owner = controllingOwner(object);
    return owner === undefined ? [] : [`${object.metadata.namespace ?? ""}/${owner.name}`];
  },
} satisfies Index<KubernetesObject>;

/** Pods by the UID of the run they work for; found so even when their Job is gone. */
export const podIndex = {
  name: "runUID",
  of: (object: Stored<KubernetesObject>): readonly string[] => {
    const uid = object.metadata.labels?.[runLabels.ownerUID];
    return uid === undefined ? [] : [uid];
  },
} satisfies Index<KubernetesObject>;

/** Runs by `namespace/name` of each run they wait for: whom to ask again when one changes. */
export const dependencyIndex = {
  name: "dependsOn",
  of: (run: Stored<AgentRun>): readonly string[] =>
    (run.spec.dependsOn ?? []).map((name) => `${run.metadata.namespace ?? ""}/${name}`),
} satisfies Index<AgentRun>;

/** Name of {@link workspaceIndex}. */
export const workspaceIndexName = "workspace";

/** Runs by `namespace/claim` of the workspace they work in. */
export function workspaceIndex<R extends AgentRun>({ slotGroups }: Pick<RunKind<R>, "slotGroups">): Index<R> {
  return {
    name: workspaceIndexName,
    of: (run) => {
      const { workspace } = slotGroups(run);
      return workspace === undefined ? [] : [workspace];
    },
  };
}

/** Kind of the run that a Job or pod was made for. */
export function runKindOf(object: KubernetesObject): string | undefined {
  return object.metadata?.annotations?.[runAnnotations.runKind] ?? controllingOwner(object)?.kind;
}
