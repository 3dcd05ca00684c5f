/** Which tools an agent may use. Pure. */
import type { AgentTool } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";

/** The part of Claude Code's settings file that concerns tools. */
export interface AgentSettings {
  readonly permissions: {
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly defaultMode: string;
  };
}

/** Claude Code's names of tools by the names that people write. */
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
 * What a run and the configuration allow and deny an agent. Names other than Claude Code's own tools are passed on
 * unchanged, for MCP tools. A restriction denies one use of a tool: `rm -rf` of `bash` is `Bash(rm -rf)`.
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
