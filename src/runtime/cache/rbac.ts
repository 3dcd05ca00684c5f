import type { Permission } from "../rbac/permission.js";

/** What an informer of the resource needs. */
export function cached(resource: Permission["resource"], because = "cache"): Permission {
  return { resource, verbs: ["list", "watch"], because };
}
