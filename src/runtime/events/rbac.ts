import { Events } from "../client/builtin.js";
import type { Permission } from "../rbac/permission.js";

/** What the broadcaster needs. */
export const eventPermissions: readonly Permission[] = [
  { resource: Events, verbs: ["create"], because: "tells what happened to a run" },
  { resource: Events, verbs: ["patch"], because: "the same news again becomes a series on the first Event" },
];
