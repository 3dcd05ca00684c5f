/**
 * The agent programs, as data: how each is started non-interactively, how it resumes a session, and where it reads and keeps its files.
 * An unknown program is started by its name; like all of them it gets the prompt on its standard input. Settings files are
 * templates: `cli/<name>/`.
 */

/** Options of the model in a run or an agent's profile. */
export const modelOptions = ["maxTokens", "temperature", "reasoningEffort"] as const;
export type ModelOption = (typeof modelOptions)[number];

/** How an option is passed: by arguments that contain `{value}`, by a variable, or in the settings file. */
export type OptionPassing =
  | { readonly args: readonly string[] }
  | { readonly variable: string }
  | {
      readonly by: "settings";
      /** Its name there, where that is another. */
      readonly as?: string;
      /** The top key that it is written to: a run that writes this itself says it there. */
      readonly unless?: string;
    };

/** `{model}` stands for the model, `{files}` for the directory of the run's files, `{session}` for the session to go on with. */
export interface AgentProgram {
  readonly name: string;
  /** Image with the program, and with what container.sh needs. */
  readonly image: string;
  readonly command: readonly string[];
  /** Arguments that resume a session; empty if the program cannot. */
  readonly resume: readonly string[];
  /** Option that takes the system prompt's text; absent: the text comes before the prompt. */
  readonly systemPromptOption?: string;
  /** Environment variable that names the directory of its state. It is on the workspace, so that sessions outlive a pod. */
  readonly stateVariable: string;
  /** Further variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The file in the working directory that it reads first. */
  readonly memoryFile: string;
  /** Files of the run by the places where the program reads them: below `{state}`, `{home}`, or the working directory. */
  readonly files: Readonly<Record<string, string>>;
  /** Options of the model that the program has. */
  readonly options: Readonly<Partial<Record<ModelOption, OptionPassing>>>;
  /** Top keys of its settings file that are not a run's to write; absent: it has no file for a run's settings. */
  readonly ownSettings?: readonly string[];
  /** What its settings file says where a run's settings don't, by top keys. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** The `type` in lines of its output that hold the agent's words. Absent: whatever the last line of JSON holds. */
  readonly says?: string;
  /** Its output if the session does not exist. Output without any session means the same. */
  readonly sessionLost?: string;
}

/** Built from images/agent. */
const image = "ghcr.io/agent-orchestrator/agent:latest";

/** Sources: each program's reference of its command line, named above it. */
export const agentPrograms: Readonly<Record<string, AgentProgram>> = {
  // code.claude.com/docs: cli-reference, settings, env-vars
  claude: {
    name: "claude",
    image,
    command: [
      ...["claude", "--print", "--output-format", "stream-json", "--verbose", "--model", "{model}"],
      ...["--settings", "{files}/settings.json", "--mcp-config", "{files}/mcp.json"],
    ],
    resume: ["--resume", "{session}"],
    systemPromptOption: "--append-system-prompt",
    stateVariable: "CLAUDE_CONFIG_DIR",
    variables: {},
    memoryFile: "CLAUDE.md",
    files: {},
    options: {
      maxTokens: { variable: "CLAUDE_CODE_MAX_OUTPUT_TOKENS" },
      reasoningEffort: { variable: "CLAUDE_CODE_EFFORT_LEVEL" },
    },
    ownSettings: ["model", "permissions", "env", "includeCoAuthoredBy", "hooks", "apiKeyHelper"],
    says: "result",
    sessionLost: "No conversation found",
  },
  // openai/codex: docs/exec.md, docs/config.md. Its own sandbox keeps git and the network from the agent, and needs rights
  // that the pod doesn't have; the pod is the sandbox. Options come before `resume`, which doesn't take them all.
  codex: {
    name: "codex",
    image,
    command: ["codex", "exec", "--json", "--sandbox", "danger-full-access", "--model", "{model}"],
    resume: ["resume", "{session}", "-"],
    stateVariable: "CODEX_HOME",
    variables: {},
    memoryFile: "AGENTS.md",
    files: { "codex-config.toml": "{state}/config.toml" },
    options: { reasoningEffort: { args: ["-c", "model_reasoning_effort={value}"] } },
    ownSettings: ["mcp_servers", "model", "sandbox_mode", "approval_policy", "model_reasoning_effort"],
    // it would wait ten seconds for its maker's hosts where a network lets nothing out, to count and to fetch plugins
    defaults: { check_for_update_on_startup: false, analytics: { enabled: false }, features: { plugins: false } },
    says: "agent_message",
    sessionLost: "no rollout found",
  },
  // cursor.com/docs/cli: parameters, configuration, mcp. Nobody is there to trust the directory or the servers.
  cursor: {
    name: "cursor",
    image,
    command: [
      ...["cursor-agent", "--print", "--force", "--trust", "--approve-mcps"],
      ...["--output-format", "stream-json", "--model", "{model}"],
    ],
    resume: ["--resume", "{session}"],
    stateVariable: "CURSOR_CONFIG_DIR",
    variables: {},
    memoryFile: "AGENTS.md",
    files: { "mcp.json": ".cursor/mcp.json" },
    options: {},
    says: "result",
  },
  // google-gemini/gemini-cli: docs/cli/cli-reference.md, docs/cli/headless.md, docs/cli/generation-settings.md,
  // docs/reference/configuration.md. It reads standard input where that is no terminal; what it would ask for is refused
  // there, in any mode but yolo.
  gemini: {
    name: "gemini",
    image,
    command: ["gemini", "--approval-mode", "yolo", "--output-format", "stream-json", "--model", "{model}"],
    resume: ["--resume", "{session}"],
    stateVariable: "GEMINI_CLI_HOME",
    variables: { GEMINI_CLI_TRUST_WORKSPACE: "true" },
    memoryFile: "GEMINI.md",
    files: { "gemini-settings.json": "{state}/.gemini/settings.json" },
    options: {
      maxTokens: { by: "settings", as: "maxOutputTokens", unless: "modelConfigs" },
      temperature: { by: "settings", unless: "modelConfigs" },
    },
    ownSettings: ["mcpServers"],
    defaults: { privacy: { usageStatisticsEnabled: false } },
    says: "message",
    sessionLost: "Error resuming session",
  },
  // opencode.ai/docs: cli, config, mcp-servers, agents. Models are written provider/model. What it would ask for is refused
  // there, and that is all outside its directory, unless it may do it by itself.
  opencode: {
    name: "opencode",
    image,
    command: ["opencode", "run", "--format", "json", "--auto", "--model", "{model}"],
    resume: ["--session", "{session}"],
    stateVariable: "XDG_DATA_HOME",
    variables: {},
    memoryFile: "AGENTS.md",
    files: { "opencode-opencode.json": "{home}/.config/opencode/opencode.json" },
    options: {
      maxTokens: { variable: "OPENCODE_EXPERIMENTAL_OUTPUT_TOKEN_MAX" },
      temperature: { by: "settings" },
      // in its settings it is for OpenAI's models alone
      reasoningEffort: { args: ["--variant", "{value}"] },
    },
    ownSettings: ["mcp", "agent", "autoupdate"],
    says: "text",
    sessionLost: "Session not found",
  },
};

export function programOf(name: string): AgentProgram {
  if (Object.hasOwn(agentPrograms, name)) {
    const known = agentPrograms[name];
    if (known !== undefined) return known;
  }
  return {
    name,
    image,
    command: [name],
    resume: [],
    stateVariable: "AGENT_STATE",
    variables: {},
    memoryFile: "AGENTS.md",
    files: {},
    options: {},
  };
}
