/**
 * What an agent does, as its program's output says: the last tool that it called. Only names of tools, paths of files and the descriptions
 * that models give of commands: a status has more readers than a log, and commands may contain keys. Pure.
 */
import { isObject, member } from "../../runtime/schema/json.js";

/** Characters of a step. */
const longest = 100;

/** Characters of a line that is parsed: the results of tools are longer, and of no interest. */
const longestLine = 65_536;

/** The last step in the output; undefined if there is none that is known. */
export function lastStep(output: string): string | undefined {
  const lines = output.split("\n");
  for (const line of lines.reverse()) {
    const step = line.length > longestLine || !line.startsWith("{") ? undefined : stepOf(line);
    if (step !== undefined) return step;
  }
  return undefined;
}

function stepOf(line: string): string | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  for (const find of programs) {
    const step = find(event);
    if (step !== undefined) return tidy(step);
  }
  return undefined;
}

type Find = (event: unknown) => string | undefined;

/** Claude Code and Cursor: `stream-json`. */
const claude: Find = (event) => {
  const content = valueIn(valueIn(event, "message"), "content");
  if (textIn(event, "type") !== "assistant" || !Array.isArray(content)) return undefined;
  const call: unknown = content.findLast((part: unknown) => textIn(part, "type") === "tool_use");
  return call === undefined ? undefined : called(textIn(call, "name"), valueIn(call, "input"));
};

/** Codex: `exec --json`. */
const codex: Find = (event) => {
  const item = valueIn(event, "item");
  const type = textIn(item, "type");
  if (type === "command_execution") return "runs a command";
  if (type === "file_change") {
    const changes = valueIn(item, "changes");
    return called("edit", Array.isArray(changes) ? changes.at(-1) : undefined);
  }
  return type === "mcp_tool_call" ? called(textIn(item, "tool"), undefined) : undefined;
};

/** Gemini CLI: `stream-json`. */
const gemini: Find = (event) =>
  textIn(event, "type") === "tool_use" ? called(textIn(event, "tool_name"), valueIn(event, "parameters")) : undefined;

/** OpenCode: `run --format json`. */
const opencode: Find = (event) => {
  const part = valueIn(event, "part");
  if (textIn(part, "type") !== "tool") return undefined;
  return called(textIn(part, "tool"), valueIn(valueIn(part, "state"), "input"));
};

const programs: readonly Find[] = [claude, codex, gemini, opencode];

/** A tool with the file that it works on, or the description of what it does. */
function called(tool: string | undefined, input: unknown): string | undefined {
  if (tool === undefined) return undefined;
  const path = ["file_path", "filePath", "path", "absolute_path"].map((name) => textIn(input, name)).find(Boolean);
  const detail = path === undefined ? textIn(input, "description") : withoutWorkspace(path);
  return detail === undefined ? tool : `${tool}: ${detail}`;
}

function withoutWorkspace(path: string): string {
  return path.replace(/^\/workspace\//, "");
}

/** Printable, short, and without what has the form of a token. */
function tidy(step: string): string {
  const plain = step
    .slice(0, 1_000)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/(?:gh[pousr]_|github_pat_|glpat-|sk-)[A-Za-z0-9_.-]+/g, "***")
    .trim()
    .replace(/[.!]+$/, "");
  return plain.length > longest ? `${plain.slice(0, longest - 3)}...` : plain;
}

function valueIn(value: unknown, key: string): unknown {
  return isObject(value) ? member(value, key) : undefined;
}

function textIn(value: unknown, key: string): string | undefined {
  const found = valueIn(value, key);
  return typeof found === "string" && found !== "" ? found : undefined;
}
