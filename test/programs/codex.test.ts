import { behaves } from "./behaviour.js";
import type { Program } from "./program.js";

const codex: Program = {
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
  noSession: "0b0b2c7e-7f3c-4d58-9b5b-3d2b8c6b6c11",
  keyOf: ({ authorization }) => authorization?.replace("Bearer ", ""),
};

await behaves(codex);
