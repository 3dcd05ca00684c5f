/**
 * Parses templates with the parser of Handlebars, and reports its errors with a position that editors understand. The time
 * of that parser grows with the square of the nesting, and what follows it recurses: nesting and tokens are bounded before.
 */
import Handlebars from "handlebars";
import { errorText } from "../runtime/error-text.js";
import { TemplateError } from "./problem.js";
import { checkTokens } from "./tokens.js";

/** Maximum characters of a template. All templates of a ConfigMap share its limit of 1 MiB. */
const longestSource = 256 * 1024;

export type Program = ReturnType<typeof Handlebars.parse>;

/**
 * What was parsed last, by text: templates are compiled with every template that includes them, and a new set shares most of its
 * texts with the one in force. At most {@link mostKept} characters.
 */
const parsed = new Map<string, Program>();
let kept = 0;
const mostKept = 2 * 1024 * 1024;

/** @throws TemplateError */
export function parseTemplate(file: string, text: string): Program {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const program = parseAnew(file, text);
  if (kept + text.length > mostKept) {
    parsed.clear();
    kept = 0;
  }
  parsed.set(text, program);
  kept += text.length;
  return program;
}

function parseAnew(file: string, text: string): Program {
  if (text.length > longestSource)
    throw new TemplateError(file, 1, 1, `has ${text.length} characters, more than the limit of ${longestSource}`);
  checkTokens(file, text);
  try {
    return Handlebars.parse(text);
  } catch (error) {
    throw placed(file, text, error);
  }
}

function placed(file: string, text: string, error: unknown): TemplateError {
  const message = errorText(error);
  const options = { cause: error };
  if (error instanceof Handlebars.Exception && typeof error.lineNumber === "number" && typeof error.column === "number")
    return new TemplateError(file, error.lineNumber, error.column + 1, message.replace(/ - \d+:\d+$/, ""), options);
  const [head = "", shown = "", pointer = "", ...rest] = message.split("\n");
  const line = Number(/line (\d+)/.exec(head)?.[1] ?? 1);
  const offset = offsetOf(text, shown, pointer.indexOf("^"));
  const reason = `is not valid Handlebars: ${rest.length > 0 ? rest.join(" ") : head}`;
  if (offset === undefined) return new TemplateError(file, line, 1, reason, options);
  const before = text.slice(0, offset).split("\n");
  return new TemplateError(file, before.length, (before.at(-1) ?? "").length + 1, reason, options);
}

/**
 * Finds the position of a syntax error. The parser reports only an excerpt: up to twenty characters before and after the
 * error, without line breaks and with dots where it was cut, and an arrow below them. The position of the excerpt in the
 * text gives the position of the error.
 */
function offsetOf(text: string, shown: string, arrow: number): number | undefined {
  if (arrow < 0) return undefined;
  const cutBefore = shown.startsWith("...") ? 3 : 0;
  const excerpt = shown.slice(cutBefore, shown.endsWith("...") ? -3 : undefined);
  const kept = [...text.matchAll(/[^\n]/g)].map(({ index }) => index);
  const found = text.replaceAll("\n", "").indexOf(excerpt);
  return found < 0 ? undefined : (kept[found + arrow - cutBefore] ?? text.length);
}
