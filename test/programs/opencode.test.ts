import { behaves } from "./behaviour.js";
import type { Program } from "./program.js";

const opencode: Program = {
  name: "opencode",
  key: { variable: "ANTHROPIC_API_KEY", value: "sk-ant-api03-not-a-real-key-0123456789" },
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
};

await behaves(opencode);
