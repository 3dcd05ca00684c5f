import { behaves } from "./behaviour.js";
import type { Program } from "./program.js";

const gemini: Program = {
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
  // of the terminal that it doesn't have, and of a program that this machine may not have
  expected: /^Warning: 256-color|^Ripgrep is not available/,
  reaches: undefined,
  noSession: "0b0b2c7e-7f3c-4d58-9b5b-3d2b8c6b6c11",
  keyOf: (headers) => headers["x-goog-api-key"],
};

await behaves(gemini);
