import type { Permission } from "../rbac/permission.js";

/** The permissions that an informer of the resource needs. */
export function cached(resource: Permission["resource"], because = "cache"): Permission {
  return { resource, verbs: ["list", "watch"], because };
}
