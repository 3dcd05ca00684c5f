import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Permission } from "../runtime/rbac/permission.js";

const because = "the agents' system prompts, where CodeRuns and DocsRuns are";

/** What keeping the ConfigMap of system prompts needs: `agentprompts.ts`. */
export const agentPromptsPermissions: readonly Permission[] = [
  cached(ConfigMaps),
  { resource: ConfigMaps, verbs: ["create", "patch", "delete"], because },
];
