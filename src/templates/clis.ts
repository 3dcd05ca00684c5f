/**
 * The agents' programs, as data: how each is started without a person before it, how it goes on with a session, and where
 * it keeps its state. A program that isn't here is started by its name alone, and gets the prompt on its standard input
 * as all of them do.
 */

/** `{model}` stands for the model, `{files}` for the directory of the run's files, `{session}` for the session to go on with. */
export interface Cli {
  readonly name: string;
  /** Image with the program, and with what container.sh needs. */
  readonly image: string;
  readonly command: readonly string[];
  /** Appended to go on with a session; empty where the program can't. */
  readonly resume: readonly string[];
  /** Option that takes the system prompt's text; absent: the text comes before the prompt. */
  readonly systemPromptOption?: string;
  /** Environment variable that names the directory of its state. It is on the workspace, so that sessions outlive a pod. */
  readonly stateVariable: string;
  /** The file in the working directory that it reads first. */
  readonly memoryFile: string;
  /** What it says when there is no such session. */
  readonly sessionLost?: string;
}

/** Built from images/agent. */
const image = "ghcr.io/agent-orchestrator/agent:latest";

/** Sources: each program's reference of its command line. */
export const clis: Readonly<Record<string, Cli>> = {
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
    memoryFile: "CLAUDE.md",
    sessionLost: "No conversation found",
  },
  codex: {
    name: "codex",
    image,
    command: ["codex", "exec", "--json", "--sandbox", "workspace-write", "--model", "{model}"],
    resume: ["resume", "{session}", "-"],
    stateVariable: "CODEX_HOME",
    memoryFile: "AGENTS.md",
  },
  cursor: {
    name: "cursor",
    image,
    command: ["cursor-agent", "--print", "--force", "--output-format", "stream-json", "--model", "{model}"],
    resume: ["--resume", "{session}"],
    stateVariable: "CURSOR_CONFIG_DIR",
    memoryFile: "AGENTS.md",
  },
  gemini: {
    name: "gemini",
    image,
    command: ["gemini", "--approval-mode", "auto_edit", "--output-format", "stream-json", "--model", "{model}"],
    resume: ["--resume", "{session}"],
    stateVariable: "GEMINI_CLI_HOME",
    memoryFile: "GEMINI.md",
  },
  opencode: {
    name: "opencode",
    image,
    command: ["opencode", "run", "--format", "json", "--model", "{model}"],
    resume: ["--session", "{session}"],
    stateVariable: "XDG_DATA_HOME",
    memoryFile: "AGENTS.md",
  },
};

export function cliOf(name: string): Cli {
  if (Object.hasOwn(clis, name)) {
    const known = clis[name];
    if (known !== undefined) return known;
  }
  return { name, image, command: [name], resume: [], stateVariable: "AGENT_STATE", memoryFile: "AGENTS.md" };
}
