import type { AgentTool } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";

/** The agent CLI's settings file, as far as tools are concerned. */
export interface AgentSettings {
  readonly permissions: {
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly defaultMode: string;
  };
}

/** Tools by the names people write, and as the agent's CLI calls them. */
const names: ReadonlyMap<string, string> = new Map([
  ["bash", "Bash"],
  ["edit", "Edit"],
  ["read", "Read"],
  ["write", "Write"],
  ["multiedit", "MultiEdit"],
  ["glob", "Glob"],
  ["grep", "Grep"],
  ["webfetch", "WebFetch"],
  ["websearch", "WebSearch"],
]);

/**
 * What a run allows and forbids its agent, with what the configuration says of all. Other names than the CLI's own tools
 * are passed on as they are: MCP tools have names of their own. A restriction forbids one use of the tool: `rm -rf` of
 * `bash` is `Bash(rm -rf)`.
 */
export function agentSettings(
  tools: readonly AgentTool[] = [],
  { allow, deny, agentToolsOverride }: Configuration["permissions"],
): AgentSettings | undefined {
  if (tools.length === 0 && allow.length === 0 && deny.length === 0) return undefined;
  const nameOf = ({ name }: AgentTool): string => names.get(name.toLowerCase()) ?? name;
  const allowed = tools.filter(({ enabled }) => enabled !== false).map(nameOf);
  const denied = tools.flatMap((tool) =>
    tool.enabled === false ? [nameOf(tool)] : (tool.restrictions ?? []).map((use) => `${nameOf(tool)}(${use})`),
  );
  return {
    permissions: {
      allow: once([...(agentToolsOverride && tools.length > 0 ? [] : allow), ...allowed]),
      deny: once([...deny, ...denied]),
      defaultMode: "acceptEdits",
    },
  };
}

const once = (values: readonly string[]): string[] => [...new Set(values)];
