import type { AgentTool } from "../../api/taskrun.js";

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
 * What a run allows and forbids its agent. Other names than the CLI's own tools are passed on as they are: MCP tools
 * have names of their own. A restriction forbids one use of the tool: `rm -rf` of `bash` is `Bash(rm -rf)`.
 */
export function agentSettings(tools: readonly AgentTool[] | undefined): AgentSettings | undefined {
  if (tools === undefined || tools.length === 0) return undefined;
  const nameOf = ({ name }: AgentTool): string => names.get(name.toLowerCase()) ?? name;
  return {
    permissions: {
      allow: tools.filter(({ enabled }) => enabled !== false).map(nameOf),
      deny: tools.flatMap((tool) =>
        tool.enabled === false ? [nameOf(tool)] : (tool.restrictions ?? []).map((use) => `${nameOf(tool)}(${use})`),
      ),
      defaultMode: "acceptEdits",
    },
  };
}
