import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps, Events, Jobs, PersistentVolumeClaims, Pods } from "../runtime/client/builtin.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { Permission } from "../runtime/rbac/permission.js";

const taken = "get: whose it is, when the name is taken";

/** What carrying out the plans for runs of that type needs: `apply.ts`, and the caches that plans are made from. */
export function runPermissions(runs: ResourceType): readonly Permission[] {
  return [
    cached(runs),
    { resource: runs, verbs: ["get"], because: "get: read live before anything is started or given up" },
    { resource: runs, verbs: ["patch"], because: "patch: the finalizer" },
    { resource: runs, verbs: ["delete"], because: "delete: finished ones that `history` keeps no longer" },
    { resource: runs, subresource: "status", verbs: ["patch"], because: "what became of it" },
    {
      resource: runs,
      subresource: "finalizers",
      verbs: ["update"],
      because: "an owner reference with blockOwnerDeletion needs this where that admission plugin is on (OpenShift)",
    },
    cached(Jobs),
    { resource: Jobs, verbs: ["create", "delete"], because: "one for each run" },
    { resource: Jobs, verbs: ["get"], because: "get: read live before it is called lost" },
    {
      resource: Jobs,
      verbs: ["patch"],
      because: "patch: suspend, and the finalizer that keeps a Job until its outcome is recorded",
    },
    cached(ConfigMaps),
    { resource: ConfigMaps, verbs: ["create", "delete"], because: "the files of a run" },
    { resource: ConfigMaps, verbs: ["get"], because: taken },
    {
      resource: ConfigMaps,
      verbs: ["patch"],
      because: "patch: the archive of finished runs, where `history` asks for one",
    },
    cached(PersistentVolumeClaims),
    { resource: PersistentVolumeClaims, verbs: ["create", "delete"], because: "workspaces" },
    { resource: PersistentVolumeClaims, verbs: ["get"], because: taken },
    { resource: PersistentVolumeClaims, verbs: ["patch"], because: "patch: their size, with `storage.allowExpansion`" },
    cached(Pods),
    {
      resource: Pods,
      verbs: ["delete"],
      because: "delete: agents without a Job, of a run that is gone or that is to stop",
    },
    { resource: Events, verbs: ["list"], because: "list: why a pod doesn't start" },
  ];
}
