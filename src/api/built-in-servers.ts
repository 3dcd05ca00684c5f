/** Names of the MCP servers that need no command in `tools.localServers` of an agent. */
export const builtInServers = ["filesystem", "memory"] as const;

export type BuiltInServer = (typeof builtInServers)[number];
