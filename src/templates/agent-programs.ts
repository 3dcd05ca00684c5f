/**
 * The agent programs, as data: how each is started non-interactively, how it resumes a session, and where it keeps its files. An
 * unknown agent program is started by its name. All get the prompt on standard input. Their settings files are the templates
 * `cli/<name>/`.
 */

/** Options of the model that a run or the profile of an agent can set. */
export const modelOptions = ["maxTokens", "temperature", "reasoningEffort"] as const;
export type ModelOption = (typeof modelOptions)[number];

/** How an option is passed: by arguments that contain `{value}`, by an environment variable, or in the settings file. */
export type OptionPassing =
  | { readonly args: readonly string[] }
  | { readonly variable: string }
  | {
      readonly by: "settings";
      /** Name of the option in the settings file, if it is different. */
      readonly as?: string;
      /** Top-level key that the option is written to. If a run sets this key itself, the option is not written. */
      readonly unless?: string;
    };

/** The providers of models that the gateway knows without configuration. */
export type ModelProvider = "anthropic" | "openai" | "gemini";

/** How an agent program gets its models from the gateway of its pod, whose URL replaces `{gateway}`. */
export interface GatewayUse {
  /** Absent: the first part of the model, as in `anthropic/claude-sonnet-4-5`, says which. */
  readonly provider?: ModelProvider;
  /** Environment variables with addresses. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Keys of its settings file; nested objects are merged. Nothing overrides them. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Placeholders: `{model}` is the model, `{files}` the directory of the attempt's files, `{session}` the session to resume. */
export interface AgentProgram {
  readonly name: string;
  /** Image that contains the agent program and the programs that container.sh needs. */
  readonly image: string;
  readonly command: readonly string[];
  /** Arguments that resume a session; empty if the agent program cannot. */
  readonly resume: readonly string[];
  /** Option that passes the text of the system prompt; absent: the text is prepended to the prompt. */
  readonly systemPromptOption?: string;
  /** Environment variable with the directory of its state, which is in the workspace so that sessions outlive a pod. */
  readonly stateVariable: string;
  /** Further environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Name of the file in the working directory that the agent reads first. */
  readonly memoryFile: string;
  /** Paths at which the agent program reads files of the attempt, by file: below `{state}`, `{home}`, or the working directory. */
  readonly files: Readonly<Record<string, string>>;
  /** The model options that the agent program supports. */
  readonly options: Readonly<Partial<Record<ModelOption, OptionPassing>>>;
  /** Top-level keys of its settings file that a run cannot set; absent if it has no settings file for a run. */
  readonly ownSettings?: readonly string[];
  /** Defaults of its settings file, by top-level key; settings of the run override them. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Absent: it only works with its own key in its environment. */
  readonly gateway?: GatewayUse;
  /** The `type` of output lines with the agent's messages. Absent: the last line of JSON has the last message. */
  readonly says?: string;
  /** Part of its output if the session does not exist. Output without any session ID means the same. */
  readonly sessionLost?: string;
}

/** The image that images/agent builds. */
const image = "ghcr.io/agent-orchestrator/agent:latest";

/** The comment on each agent program names the documentation that it is based on. */
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
    gateway: { provider: "anthropic", variables: { ANTHROPIC_BASE_URL: "{gateway}/anthropic" } },
    says: "result",
    sessionLost: "No conversation found",
  },
  // openai/codex: docs/exec.md, docs/config.md. Its sandbox is off: it would block git and the network, and needs privileges
  // that the pod does not have; the pod is the sandbox. Options come before `resume`, which does not accept all of them.
  codex: {
    name: "codex",
    image,
    // a snapshot of the shell would write every variable, keys included, to its state in the workspace
    command: [
      ...["codex", "exec", "--json", "--sandbox", "danger-full-access", "--disable", "shell_snapshot"],
      ...["--model", "{model}"],
    ],
    resume: ["resume", "{session}", "-"],
    stateVariable: "CODEX_HOME",
    variables: {},
    memoryFile: "AGENTS.md",
    files: { "codex-config.toml": "{state}/config.toml" },
    options: { reasoningEffort: { args: ["-c", "model_reasoning_effort={value}"] } },
    ownSettings: ["mcp_servers", "model", "sandbox_mode", "approval_policy", "model_reasoning_effort"],
    // analytics and plug-in downloads delay each start by ten seconds in a network without internet access
    defaults: { check_for_update_on_startup: false, analytics: { enabled: false }, features: { plugins: false } },
    gateway: { provider: "openai", settings: { openai_base_url: "{gateway}/openai/v1" } },
    says: "agent_message",
    sessionLost: "no rollout found",
  },
  // cursor.com/docs/cli: parameters, configuration, mcp. No user can confirm trust in the directory or the servers.
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
  // docs/reference/configuration.md. It reads the prompt from standard input if that is not a terminal. Without a terminal,
  // every mode except yolo rejects actions that need approval.
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
    // with another address it only uses the API key if the settings select it
    gateway: {
      provider: "gemini",
      variables: { GOOGLE_GEMINI_BASE_URL: "{gateway}/gemini" },
      settings: { security: { auth: { selectedType: "gemini-api-key" } } },
    },
    says: "message",
    sessionLost: "Error resuming session",
  },
  // opencode.ai/docs: cli, config, mcp-servers, agents. Models are written provider/model. Without --auto it rejects actions
  // that need approval, which are all those outside its directory.
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
      // the corresponding setting applies to models of OpenAI only
      reasoningEffort: { args: ["--variant", "{value}"] },
    },
    ownSettings: ["mcp", "agent", "autoupdate"],
    gateway: {
      settings: {
        provider: {
          anthropic: { options: { baseURL: "{gateway}/anthropic/v1" } },
          openai: { options: { baseURL: "{gateway}/openai/v1" } },
          google: { options: { baseURL: "{gateway}/gemini/v1beta" } },
        },
      },
    },
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
    gateway: {
      variables: {
        ANTHROPIC_BASE_URL: "{gateway}/anthropic",
        OPENAI_BASE_URL: "{gateway}/openai/v1",
        GOOGLE_GEMINI_BASE_URL: "{gateway}/gemini",
      },
    },
  };
}
