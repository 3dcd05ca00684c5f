/** MCP tools of a run: those of its preset, of its agent and of the run itself, together. Source: the seeds' tool presets. */
export type ToolPreset = "minimal" | "default" | "advanced";

/** A program that serves MCP tools beside the agent. */
export interface LocalServer {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export interface Tools {
  /** Of the server in the cluster. */
  readonly remote: readonly string[];
  readonly localServers: Readonly<Record<string, LocalServer>>;
  /** All of them, in the form of an MCP configuration's `mcpServers`. */
  readonly servers: Readonly<Record<string, object>>;
}

export interface ToolSources {
  readonly preset: ToolPreset;
  readonly agent?: {
    readonly remote?: readonly string[];
    readonly localServers?: Readonly<Record<string, LocalServer>>;
  };
  readonly remote?: readonly string[];
  /** Names of servers: of {@link knownServers}, of the agent's, or of programs in the image. */
  readonly local?: readonly string[];
  /** The MCP server in the cluster; absent: there is none, and remote tools are only named in client-config.json. */
  readonly serverUrl?: string;
}

/** Servers that can be named without being described. */
const knownServers: Readonly<Record<string, LocalServer>> = {
  filesystem: { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "."] },
  memory: { command: "npx", args: ["-y", "@modelcontextprotocol/server-memory"] },
};

const presets: Readonly<Record<ToolPreset, { remote: readonly string[]; local: readonly string[] }>> = {
  minimal: { remote: [], local: [] },
  default: {
    remote: ["brave-search_brave_web_search", "memory_create_entities", "rustdocs_query_rust_docs"],
    local: [],
  },
  advanced: {
    remote: [
      "brave-search_brave_web_search",
      "memory_create_entities",
      "rustdocs_query_rust_docs",
      "github_create_issue",
    ],
    local: ["filesystem"],
  },
};

export function toolsOf({ preset, agent = {}, remote = [], local = [], serverUrl }: ToolSources): Tools {
  const known = new Map(Object.entries({ ...knownServers, ...agent.localServers }));
  const named = [...presets[preset].local, ...Object.keys(agent.localServers ?? {}), ...local];
  const localServers = Object.fromEntries(named.map((name) => [name, known.get(name) ?? { command: name }]));
  const remoteTools = [...new Set([...presets[preset].remote, ...(agent.remote ?? []), ...remote])];
  return {
    remote: remoteTools,
    localServers,
    servers: {
      ...localServers,
      ...(serverUrl !== undefined && remoteTools.length > 0 && { tools: { type: "http", url: serverUrl } }),
    },
  };
}
