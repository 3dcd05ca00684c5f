/** MCP tools of a run: those of its preset, of its agent and of the run itself. */
import type { AgentTools } from "../api/agent-profile.js";

export type ToolPreset = "minimal" | "default" | "advanced";

/** A program that serves MCP tools beside the agent. */
interface LocalServer {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Tools {
  /** Of the server in the cluster. */
  readonly remote: readonly string[];
  readonly localServers: Readonly<Record<string, LocalServer>>;
  /** All of them, in the form of an MCP configuration's `mcpServers`. */
  readonly servers: Readonly<Record<string, object>>;
  /** The same as a list with every field there, for programs with forms of their own. */
  readonly all: readonly Server[];
  /** What of them the agent may use, in the form of its program's permissions. */
  readonly allowed: readonly string[];
  /** Of servers only some of whose tools may be used: which may and that the others may not, as OpenCode's permissions. */
  readonly limits: Readonly<Record<string, "allow" | "deny">>;
}

interface Server {
  readonly name: string;
  readonly command: string | null;
  readonly args: readonly string[];
  /** Both of these. */
  readonly commandLine: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Of one that is not a program beside the agent. */
  readonly url: string | null;
  /** The only ones that may be used; null: all. */
  readonly tools: readonly string[] | null;
}

export interface ToolSources {
  readonly preset: ToolPreset;
  readonly agent?: AgentTools;
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

export function isKnownServer(name: string): boolean {
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

/** What the server in the cluster is called in an MCP configuration. */
const remoteServer = "tools";

/** They add up. Only an agent's profile can take one away, and what a run asks for comes back. */
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

/** As Claude Code names MCP tools. */
const permission = (server: string, tool?: string): string =>
  ["mcp", server, ...(tool === undefined ? [] : [tool])].join("__");

/** OpenCode has `_` for what it doesn't take in names. Of rules that fit the last one holds. */
function limitsOf(server: string, tools: readonly string[]): [string, "allow" | "deny"][] {
  const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return [
    [`${plain(server)}_*`, "deny"],
    ...tools.map((tool): [string, "allow"] => [`${plain(server)}_${plain(tool)}`, "allow"]),
  ];
}

const once = (values: readonly string[]): string[] => [...new Set(values)];
