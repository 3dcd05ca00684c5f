import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps, NetworkPolicies } from "../runtime/client/builtin.js";
import type { Permission } from "../runtime/rbac/permission.js";

const because = "the agents' system prompts, in namespaces with CodeRuns or DocsRuns";

/** The permissions of the controller in `agent-prompts.ts`. */
export const agentPromptsPermissions: readonly Permission[] = [
  cached(ConfigMaps),
  { resource: ConfigMaps, verbs: ["create", "patch", "delete"], because },
];

/** The permissions of the controller in `agent-network.ts`. */
export const agentNetworkPermissions: readonly Permission[] = [
  cached(NetworkPolicies),
  {
    resource: NetworkPolicies,
    verbs: ["create", "patch", "delete"],
    because: "the network access of agents follows the configuration",
  },
];
