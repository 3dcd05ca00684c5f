import { Schedules } from "../api/schedule.js";
import { cached } from "../runtime/cache/rbac.js";
import type { Permission } from "../runtime/rbac/permission.js";
import { scheduledKinds } from "./scheduled-run.js";

/** The permissions to start runs of Schedules. */
export const schedulePermissions: readonly Permission[] = [
  cached(Schedules),
  { resource: Schedules, subresource: "status", verbs: ["patch"], because: "what was started" },
  {
    resource: Schedules,
    subresource: "finalizers",
    verbs: ["update"],
    because:
      "owner references with blockOwnerDeletion require it if OwnerReferencesPermissionEnforcement is on (OpenShift)",
  },
  ...Object.values(scheduledKinds).flatMap((resource): Permission[] => [
    { resource, verbs: ["create"], because: "create: what a Schedule starts" },
    { resource, verbs: ["patch"], because: "patch: cancel, for a Schedule that replaces its runs" },
  ]),
];
