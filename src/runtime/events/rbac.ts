import { Events } from "../client/builtin.js";
import type { Permission } from "../rbac/permission.js";

/** The permissions that the broadcaster needs. */
export const eventPermissions: readonly Permission[] = [
  { resource: Events, verbs: ["create"], because: "records Events" },
  { resource: Events, verbs: ["patch"], because: "a repeated Event becomes a series on the first one" },
];
