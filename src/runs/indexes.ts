/** Indexes that the caches must have for the engine. */
import { ownerUID, runLabels } from "./metadata.js";
import type { AgentRun, RunKind } from "./run.js";
import type { IndexFunction } from "../runtime/cache/reader.js";
import type { KubernetesObject, Stored } from "../runtime/client/objects.js";
import { controllingOwner } from "../runtime/controller/owner.js";

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

/** Jobs by `namespace/name` of their controlling owner: finds the Jobs of a run that no longer exists. */
export const ownerNameIndex = {
  name: "controllerName",
  of: (object: Stored<KubernetesObject>): readonly string[] => {
    const owner = controllingOwner(object);
    return owner === undefined ? [] : [`${object.metadata.namespace ?? ""}/${owner.name}`];
  },
} satisfies Index<KubernetesObject>;

/** Pods by the UID of their run, also those whose Job is gone. */
export const podIndex = {
  name: "runUID",
  of: (object: Stored<KubernetesObject>): readonly string[] => {
    const uid = object.metadata.labels?.[runLabels.ownerUID];
    return uid === undefined ? [] : [uid];
  },
} satisfies Index<KubernetesObject>;

/** Runs by `namespace/name` of each run they depend on: finds the dependents of a run. */
export const dependencyIndex = {
  name: "dependsOn",
  of: (run: Stored<AgentRun>): readonly string[] =>
    (run.spec.dependsOn ?? []).map((name) => `${run.metadata.namespace ?? ""}/${name}`),
} satisfies Index<AgentRun>;

/** Name of {@link workspaceIndex}. */
export const workspaceIndexName = "workspace";

/** Runs by their workspace as it counts for slots, and by {@link identityKey} with their identity. */
export function workspaceIndex<R extends AgentRun>({
  slotGroups,
  identity,
}: Pick<RunKind<R>, "slotGroups" | "identity">): Index<R> {
  return {
    name: workspaceIndexName,
    of: (run) => {
      const { workspace } = slotGroups(run);
      return workspace === undefined ? [] : [workspace, identityKey(workspace, identity(run))];
    },
  };
}

/** Key of {@link workspaceIndex} for the runs of one identity. Names contain no space. */
export function identityKey(workspace: string, identity: string): string {
  return `${workspace} ${identity}`;
}
