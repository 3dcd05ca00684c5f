/** How each agent program reaches a model at another address, and its known behavior. */
import type { ProgramName } from "./installed.js";
import type { Program } from "./program.js";

const anthropicKey = { variable: "ANTHROPIC_API_KEY", value: "sk-ant-api03-not-a-real-key-0123456789" };
/** The ID of a session that does not exist, if IDs are UUIDs. */
const unknownSession = "0b0b2c7e-7f3c-4d58-9b5b-3d2b8c6b6c11";

export const programs: Readonly<Record<ProgramName, Program>> = {
  claude: {
    name: "claude",
    key: anthropicKey,
    model: "claude-opus-4-5",
    asks: "claude-opus-4-5",
    environment: (url) => ({ ANTHROPIC_BASE_URL: url }),
    settings: () => ({}),
    runs: (line) => ({ tool: "Bash", input: { command: line, description: "Runs it" } }),
    tool: (name) => `mcp__tools__${name}`,
    passed: { max_tokens: 12_345, "output_config.effort": "high" },
    hidesTools: false,
    expected: /^No conversation found/,
    reaches: undefined,
    noSession: unknownSession,
    keyOf: (headers) => headers["x-api-key"],
  },
  codex: {
    name: "codex",
    key: { variable: "CODEX_API_KEY", value: "sk-proj-not-a-real-key-0123456789" },
    model: "gpt-5.5",
    asks: "gpt-5.5",
    environment: () => ({}),
    settings: (url) => ({ openai_base_url: `${url}/v1` }),
    runs: (line) => ({ tool: "exec_command", input: { cmd: line } }),
    tool: (name) => `mcp__tools/${name}`,
    passed: { "reasoning.effort": "high" },
    hidesTools: true,
    // it requests a WebSocket before it uses HTTP
    expected: /responses_websocket: failed to connect/,
    reaches: undefined,
    noSession: unknownSession,
    keyOf: ({ authorization }) => authorization?.replace("Bearer ", ""),
  },
  gemini: {
    name: "gemini",
    key: { variable: "GEMINI_API_KEY", value: "AIza-not-a-real-key-0123456789" },
    model: "gemini-2.5-pro",
    asks: "gemini-2.5-pro",
    environment: (url) => ({ GOOGLE_GEMINI_BASE_URL: url }),
    // with another address it only uses the API key if the settings select it
    settings: () => ({ security: { auth: { selectedType: "gemini-api-key" } } }),
    runs: (line) => ({ tool: "run_shell_command", input: { command: line } }),
    tool: (name) => `mcp_tools_${name}`,
    passed: { "generationConfig.temperature": 0.5, "generationConfig.maxOutputTokens": 12_345 },
    hidesTools: true,
    // about the missing terminal, a program that this machine may lack, and documents that a task may lack
    expected: /^Warning: 256-color|^Ripgrep is not available|Failed to import task\/[\w-]+\.md: ENOENT/,
    reaches: undefined,
    noSession: unknownSession,
    keyOf: (headers) => headers["x-goog-api-key"],
  },
  opencode: {
    name: "opencode",
    key: anthropicKey,
    model: "anthropic/claude-sonnet-4-5",
    asks: "claude-sonnet-4-5",
    environment: () => ({}),
    settings: (url) => ({ provider: { anthropic: { options: { baseURL: `${url}/v1` } } } }),
    runs: (line) => ({ tool: "bash", input: { command: line, description: "Runs it" } }),
    tool: (name) => `tools_${name}`,
    // Anthropic's thinking budget is added to the tokens of an answer, and replaces the temperature
    passed: { max_tokens: 28_345, "thinking.type": "enabled" },
    hidesTools: true,
    expected: /^$/,
    // its list of models, and packages of plug-ins that a repository may contain
    reaches: /^models\.|^registry\./,
    noSession: "ses_0000000000000000000000000",
    keyOf: (headers) => headers["x-api-key"],
  },
};
