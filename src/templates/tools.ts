/** The MCP tools of a run: those of its preset, of its agent and of the run itself. */
import type { AgentTools } from "../api/agent-profile.js";
import type { BuiltInServer } from "../api/built-in-servers.js";

export type ToolPreset = "minimal" | "default" | "advanced";

/** An MCP server that runs beside the agent. */
interface LocalServer {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Tools {
  /** Tools of the MCP server in the cluster. */
  readonly remote: readonly string[];
  readonly localServers: Readonly<Record<string, LocalServer>>;
  /** All servers, in the form of `mcpServers` in an MCP configuration. */
  readonly servers: Readonly<Record<string, object>>;
  /** All servers as a list in which every field is set, for agent programs with other formats. */
  readonly all: readonly Server[];
  /** The tools that the agent may use, as permissions of Claude Code. */
  readonly allowed: readonly string[];
  /** For servers of which only some tools may be used: those that are allowed, and a denial of the rest, as permissions of OpenCode. */
  readonly limits: Readonly<Record<string, "allow" | "deny">>;
}

interface Server {
  readonly name: string;
  readonly command: string | null;
  readonly args: readonly string[];
  /** The command and its arguments. */
  readonly commandLine: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** URL of a remote server; null for a local one. */
  readonly url: string | null;
  /** The tools that may be used; null: all. */
  readonly tools: readonly string[] | null;
}

export interface ToolSources {
  readonly preset: ToolPreset;
  readonly agent?: AgentTools;
  readonly remote?: readonly string[];
  /** Names of local servers: of {@link knownServers}, of the agent's profile, or of programs in the image. */
  readonly local?: readonly string[];
  /** URL of the MCP server in the cluster; absent if there is none: remote tools are then only listed in client-config.json. */
  readonly serverUrl?: string;
}

/** Built-in servers, which can be used by name alone. */
const knownServers: Readonly<Record<BuiltInServer, LocalServer>> = {
  filesystem: { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "."] },
  memory: { command: "npx", args: ["-y", "@modelcontextprotocol/server-memory"] },
};

export function isKnownServer(name: string): name is BuiltInServer {
  return Object.hasOwn(knownServers, name);
}

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

/** The name of the server in the cluster, in an MCP configuration. */
const remoteServer = "tools";

/** The union of all sources. Only the profile of an agent can remove a server, and a run can request it again. */
export function toolsOf({ preset, agent = {}, remote = [], local = [], serverUrl }: ToolSources): Tools {
  const own = new Map(Object.entries(agent.localServers ?? {}));
  const names = once([...presets[preset].local, ...own.keys()]).filter((name) => own.get(name)?.enabled !== false);
  const localServers = Object.fromEntries(
    once([...names, ...local]).map((name) => {
      const { enabled: _enabled, tools: _tools, ...described } = own.get(name) ?? {};
      const known = isKnownServer(name) ? knownServers[name] : undefined;
      const base = described.command === undefined ? known : undefined;
      return [name, { ...base, ...described, command: described.command ?? known?.command ?? name }];
    }),
  );
  const remoteTools = once([...presets[preset].remote, ...(agent.remote ?? []), ...remote]);
  const hasRemote = serverUrl !== undefined && remoteTools.length > 0;
  const all: Server[] = Object.entries(localServers).map(([name, { command, args = [], env = {} }]) => {
    const commandLine = [command, ...args];
    return { name, command, args, commandLine, env, url: null, tools: own.get(name)?.tools ?? null };
  });
  if (hasRemote) {
    const program = { command: null, args: [], commandLine: [], env: {} };
    all.push({ ...program, name: remoteServer, url: serverUrl, tools: remoteTools });
  }
  return {
    remote: remoteTools,
    localServers,
    servers: { ...localServers, ...(hasRemote && { [remoteServer]: { type: "http", url: serverUrl } }) },
    all,
    allowed: all.flatMap(({ name, tools }) => tools?.map((tool) => permission(name, tool)) ?? [permission(name)]),
    limits: Object.fromEntries(all.flatMap(({ name, tools }) => (tools === null ? [] : limitsOf(name, tools)))),
  };
}

/** The name of an MCP tool, or of all tools of a server, in permissions of Claude Code. */
const permission = (server: string, tool?: string): string =>
  ["mcp", server, ...(tool === undefined ? [] : [tool])].join("__");

/** OpenCode replaces characters that it does not allow in names by `_`. Of the matching rules, the last one applies. */
function limitsOf(server: string, tools: readonly string[]): [string, "allow" | "deny"][] {
  const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return [
    [`${plain(server)}_*`, "deny"],
    ...tools.map((tool): [string, "allow"] => [`${plain(server)}_${plain(tool)}`, "allow"]),
  ];
}

const once = (values: readonly string[]): string[] => [...new Set(values)];
