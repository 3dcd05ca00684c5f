import { cached } from "../runtime/cache/rbac.js";
import { ServiceAccounts } from "../runtime/client/builtin.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { Permission } from "../runtime/rbac/permission.js";

/** Permissions for the lookups of a kind's rules. */
export function admissionPermissions(runs: ResourceType): readonly Permission[] {
  return [cached(runs), cached(ServiceAccounts, "warns of a run whose ServiceAccount does not exist")];
}
