/** Which tools the agent of a configured command may use. Pure. */
import type { AgentTool } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";
import { once } from "../../templates/context.js";
import { permissionsOf } from "../../templates/task-context.js";

/** The part of Claude Code's settings file that concerns tools. */
export interface AgentSettings {
  readonly permissions: {
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly defaultMode: string;
  };
}

/** What a run and the configuration allow and deny an agent; undefined if they say nothing. */
export function agentSettings(
  tools: readonly AgentTool[] = [],
  { allow, deny, agentToolsOverride }: Configuration["permissions"],
): AgentSettings | undefined {
  if (tools.length === 0 && allow.length === 0 && deny.length === 0) return undefined;
  const own = permissionsOf(tools);
  return {
    permissions: {
      allow: once([...(agentToolsOverride && tools.length > 0 ? [] : allow), ...own.allow]),
      deny: once([...deny, ...own.deny]),
      defaultMode: "acceptEdits",
    },
  };
}
