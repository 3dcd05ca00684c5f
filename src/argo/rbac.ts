import { Workflows, WorkflowTemplates } from "./workflow.js";
import type { Permission } from "../runtime/rbac/permission.js";

/** What the operator needs with `argo.enabled`. */
export const argoPermissions: readonly Permission[] = [
  { resource: Workflows, verbs: ["list"], because: "list: those that play the task of an event" },
  { resource: Workflows, verbs: ["get"], because: "get: read live before each write" },
  {
    resource: Workflows,
    verbs: ["patch"],
    because: "patch: resume the node that waits for an event, stop what was cancelled",
  },
  { resource: Workflows, verbs: ["create"], because: "create: the play of an issue, with `argo.startFromIssues`" },
  { resource: WorkflowTemplates, verbs: ["get"], because: "whether a namespace has play-template" },
];
