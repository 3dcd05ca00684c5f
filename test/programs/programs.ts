/** How each program is led to a model that is not its maker's, and what is known of it. */
import type { ProgramName } from "./installed.js";
import type { Program } from "./program.js";

const anthropicKey = { variable: "ANTHROPIC_API_KEY", value: "sk-ant-api03-not-a-real-key-0123456789" };
/** Of a session that there isn't, where sessions have UUIDs. */
const nobodysId = "0b0b2c7e-7f3c-4d58-9b5b-3d2b8c6b6c11";

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
    told: { max_tokens: 12_345, "output_config.effort": "high" },
    hidesTools: false,
    expected: /^No conversation found/,
    reaches: undefined,
    noSession: nobodysId,
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
    told: { "reasoning.effort": "high" },
    hidesTools: true,
    // it asks for a WebSocket before it asks by HTTP
    expected: /responses_websocket: failed to connect/,
    reaches: undefined,
    noSession: nobodysId,
    keyOf: ({ authorization }) => authorization?.replace("Bearer ", ""),
  },
  gemini: {
    name: "gemini",
    key: { variable: "GEMINI_API_KEY", value: "AIza-not-a-real-key-0123456789" },
    model: "gemini-2.5-pro",
    asks: "gemini-2.5-pro",
    environment: (url) => ({ GOOGLE_GEMINI_BASE_URL: url }),
    // with an address of one's own it doesn't take the key for one, unless told so
    settings: () => ({ security: { auth: { selectedType: "gemini-api-key" } } }),
    runs: (line) => ({ tool: "run_shell_command", input: { command: line } }),
    tool: (name) => `mcp_tools_${name}`,
    told: { "generationConfig.temperature": 0.5, "generationConfig.maxOutputTokens": 12_345 },
    hidesTools: true,
    // of the terminal that it doesn't have, of a program that this machine may not have, and of documents that a task need not have
    expected: /^Warning: 256-color|^Ripgrep is not available|Failed to import task\/[\w-]+\.md: ENOENT/,
    reaches: undefined,
    noSession: nobodysId,
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
    // Anthropic's budget of thinking comes on top of an answer's tokens, and takes the temperature's place
    told: { max_tokens: 28_345, "thinking.type": "enabled" },
    hidesTools: true,
    expected: /^$/,
    // its list of models, and packages of plugins that a repository may have
    reaches: /^models\.|^registry\./,
    noSession: "ses_0000000000000000000000000",
    keyOf: (headers) => headers["x-api-key"],
  },
};
