import { Workloads } from "./queue.js";
import { Budgets } from "../api/budget.js";
import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps, Events, Jobs, NetworkPolicies, PersistentVolumeClaims, Pods } from "../runtime/client/builtin.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { Permission } from "../runtime/rbac/permission.js";

const taken = "get: the owner, if the name is taken";

/** The permissions to plan and apply for runs of that type: the caches, and the effects in `apply/`. */
export function runPermissions(runs: ResourceType): readonly Permission[] {
  return [
    cached(runs),
    { resource: runs, verbs: ["get"], because: "get: read live before an attempt is started or given up" },
    { resource: runs, verbs: ["patch"], because: "patch: the finalizer" },
    { resource: runs, verbs: ["delete"], because: "delete: finished runs that `history` no longer keeps" },
    { resource: runs, subresource: "status", verbs: ["patch"], because: "the status" },
    {
      resource: runs,
      subresource: "finalizers",
      verbs: ["update"],
      because:
        "owner references with blockOwnerDeletion require it if OwnerReferencesPermissionEnforcement is on (OpenShift)",
    },
    cached(Jobs),
    { resource: Jobs, verbs: ["create", "delete"], because: "one for each attempt" },
    { resource: Jobs, verbs: ["get"], because: "get: read live before it counts as lost" },
    {
      resource: Jobs,
      verbs: ["patch"],
      because:
        "patch: suspend, the finalizer that keeps a Job until its outcome is recorded, and whether the archive has its log",
    },
    cached(ConfigMaps),
    { resource: ConfigMaps, verbs: ["create", "delete"], because: "the files of an attempt" },
    { resource: ConfigMaps, verbs: ["get"], because: taken },
    {
      resource: ConfigMaps,
      verbs: ["patch"],
      because: "patch: the archive of finished runs, if `history` has one",
    },
    cached(NetworkPolicies),
    {
      resource: NetworkPolicies,
      verbs: ["create"],
      because: "the network access of agents, before the first run of a namespace",
    },
    { resource: NetworkPolicies, verbs: ["get"], because: taken },
    {
      resource: ConfigMaps,
      verbs: ["list", "create", "patch", "delete"],
      ownNamespace: true,
      because: "the ledger of runs that `history` removed",
    },
    {
      resource: Pods,
      subresource: "log",
      verbs: ["get"],
      because:
        "what an agent does, for the message of its run, unless `progress` is off; the log that `history.archive` keeps",
    },
    cached(PersistentVolumeClaims),
    {
      resource: PersistentVolumeClaims,
      verbs: ["create", "delete"],
      because: "workspaces; delete: idle ones, with `storage.keepIdleSeconds`",
    },
    { resource: PersistentVolumeClaims, verbs: ["get"], because: taken },
    {
      resource: PersistentVolumeClaims,
      verbs: ["patch"],
      because:
        "patch: whom one from an earlier version serves; their size, with `storage.allowExpansion`; since when one is idle, with `storage.keepIdleSeconds`",
    },
    cached(Pods),
    {
      resource: Pods,
      verbs: ["delete"],
      because: "delete: orphaned pods of a run that is gone or has to stop",
    },
    { resource: Events, verbs: ["list"], because: "list: why a pod does not start; what the archive keeps of a run" },
  ];
}

const counts: readonly Permission[] = [
  cached(Budgets),
  { resource: Budgets, verbs: ["get"], because: "get: read live after somebody else wrote it" },
  { resource: Budgets, subresource: "status", verbs: ["patch"], because: "what is spent and reserved" },
];

/** The permissions to count what runs spend in Budgets; those in the operator's namespace hold for all namespaces. */
export const budgetPermissions: readonly Permission[] = [
  ...counts,
  ...counts.map((permission) => ({ ...permission, ownNamespace: true })),
];

/** The permissions for runs in queues of Kueue. Optional: granted by config/kueue. */
export const queuePermissions: readonly Permission[] = [
  {
    resource: Workloads,
    verbs: ["list", "patch"],
    because: "a suspended run stays in its queue: Kueue would start its Job again",
  },
];
