import { Leases } from "../client/builtin.js";
import type { Permission } from "../rbac/permission.js";

/** The permissions that leader election needs on the Lease of that name in the program's own namespace. */
export function leaderElectionPermissions(lease: string): readonly Permission[] {
  return [
    {
      resource: Leases,
      verbs: ["get", "create", "update"],
      names: [lease],
      ownNamespace: true,
      because: "leader election",
    },
  ];
}
