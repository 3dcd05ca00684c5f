/** The input of the templates of a TaskRun's attempt, and the variables that they can use. Pure. */
import { allowed, complete, defaultsOf, denied, once, runVariables, type Complete } from "./context.js";
import type { RunContext, RunVariables } from "./context.js";
import { toolsOf } from "./tools.js";
import { taskrunSchema } from "../api/generated/taskrun.schema.js";
import type { AgentTool, TaskRunSpec } from "../api/taskrun.js";

/** The fields of a TaskRun's spec that templates can use. */
const taskRunFields = ["taskId", "serviceName", "agentName", "model", "contextVersion", "priority"] as const;

export type TaskRunFields = Pick<TaskRunSpec, (typeof taskRunFields)[number]>;

export interface TaskContext extends RunContext {
  readonly spec: TaskRunFields;
  /** The agent's name as a DNS label. */
  readonly agentLabel: string;
  /** Whether the configuration has a profile for the agent. */
  readonly hasProfile: boolean;
  /** Tools that the run allows or denies. Empty: every tool of the agent program may be used. */
  readonly agentTools: readonly AgentTool[];
  /** Whether those tools take the place of the configuration's. */
  readonly agentToolsOverride: boolean;
  readonly repository?: {
    readonly url: string;
    readonly branch: string;
    readonly path?: string;
    readonly githubUser?: string;
    /** The App that works in it; absent if it names a key of its own. */
    readonly githubApp?: string;
    /** Whether the work is pushed. */
    readonly isDelivered: boolean;
  };
  /** What the workspace belongs to. */
  readonly identity: string;
  /** Names of the run's files, but for CLAUDE.md; of those that are the prompt; of the one with the title. */
  readonly files: readonly string[];
  readonly promptFiles: readonly string[];
  readonly titleFile?: string;
  /** Number of attempts whose files stay; absent: all. */
  readonly keepAttempts?: number;
  readonly continueSession: boolean;
  readonly sessionId?: string;
}

type Named = "agentLabel" | "identity" | "files" | "promptFiles" | "continueSession";

/** What templates of agent programs, which serve all kinds, find in the spec of a CodeRun or DocsRun. */
interface SharedFields {
  readonly repositoryUrl: string | null;
  readonly workingDirectory: string | null;
  readonly githubUser: string | null;
  readonly githubApp: string | null;
  readonly localTools: null;
  readonly remoteTools: null;
}

/** The variables of templates in `task/`. */
export interface TaskVariables extends RunVariables, Pick<TaskContext, Named> {
  readonly spec: Complete<TaskRunFields> & SharedFields;
  readonly repository: Complete<NonNullable<TaskContext["repository"]>>;
  readonly titleFile: string | null;
  readonly keepAttempts: number | null;
  readonly sessionId: string | null;
}

const defaults = defaultsOf(taskRunFields, taskrunSchema);

const repositoryFields = ["url", "branch", "path", "githubUser", "githubApp", "isDelivered"] as const;

export function taskVariables(context: TaskContext): TaskVariables {
  const { spec, agent, settings, repository, agentTools, agentToolsOverride } = context;
  const { agentLabel, identity, files, promptFiles, continueSession } = context;
  const tools = toolsOf({
    preset: "minimal",
    ...(agent.tools !== undefined && { agent: agent.tools }),
    ...(settings.toolServerUrl !== undefined && { serverUrl: settings.toolServerUrl }),
  });
  const own = permissionsOf(agentTools);
  const configured = agentToolsOverride && agentTools.length > 0 ? [] : settings.permissions.allow;
  return {
    ...runVariables(context, { model: spec.model }, tools),
    spec: {
      ...complete(taskRunFields, spec, defaults),
      repositoryUrl: repository?.url ?? null,
      workingDirectory: repository?.path ?? null,
      githubUser: repository?.githubUser ?? null,
      githubApp: repository?.githubApp ?? null,
      ...{ localTools: null, remoteTools: null },
    },
    repository: complete<Partial<NonNullable<TaskContext["repository"]>>>(repositoryFields, repository ?? {}, {}),
    permissions: {
      allow: once([...(agentTools.length > 0 ? own.allow : allowed), ...tools.allowed, ...configured]),
      deny: once([...denied, ...settings.permissions.deny, ...own.deny]),
    },
    ...{ agentLabel, identity, files, promptFiles, continueSession },
    titleFile: context.titleFile ?? null,
    keepAttempts: context.keepAttempts ?? null,
    sessionId: context.sessionId ?? null,
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
 * Tools as permissions of Claude Code. Names other than its own tools are passed on unchanged, for MCP tools. A restriction denies one use
 * of a tool: `rm -rf` of `bash` is `Bash(rm -rf)`.
 */
export function permissionsOf(tools: readonly AgentTool[]): {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
} {
  const nameOf = ({ name }: AgentTool): string => names.get(name.toLowerCase()) ?? name;
  return {
    allow: tools.filter(({ enabled }) => enabled !== false).map(nameOf),
    deny: tools.flatMap((tool) =>
      tool.enabled === false ? [nameOf(tool)] : (tool.restrictions ?? []).map((use) => `${nameOf(tool)}(${use})`),
    ),
  };
}
