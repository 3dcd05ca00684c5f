/**
 * Whether values reach a shell script as data. A field of a run can contain `$(...)`, and whoever writes runs must not write the
 * scripts that run with the keys of an identity.
 */
import { helperOf } from "./helpers.js";

/** Variables that can only have characters without a meaning to a shell: numbers, booleans, and names that the API server checks. */
const harmless: ReadonlySet<string> = new Set([
  ...["number", "run.name", "run.namespace", "continueSession", "continue_session", "attempt_number"],
  ...["spec.taskId", "task_id", "spec.contextVersion", "context_version", "spec.overwriteMemory", "overwrite_memory"],
  ...[
    "spec.service",
    "service",
    "service_name",
    "spec.runType",
    "run_type",
    "spec.includeCodebase",
    "include_codebase",
  ],
  ...["spec.githubUser", "github_user", "spec.toolConfig", "tool_config", "spec.promptMode", "prompt_mode"],
]);

/** Helpers whose result is a boolean, or a shell word. */
const safe: ReadonlySet<string> = new Set(["shq", "eq", "ne", "not", "includes"]);
/** Helpers whose result is as harmless as their arguments. */
const passing: ReadonlySet<string> = new Set(["default", "and", "or", "lower", "upper"]);

/**
 * What is wrong with a value in a script; undefined if nothing is.
 *
 * @param before the text before it on its line
 */
export function shellProblem(statement: hbs.AST.MustacheStatement, before: string): string | undefined {
  const name = originalOf(statement.path);
  if (name === "shq" && statement.params.length > 0) {
    const quotes = before.replaceAll(/\\.|'[^']*'/g, "").split('"').length - 1;
    return quotes % 2 === 0 ? undefined : "shq quotes its value itself: remove the quotes around it";
  }
  // an unknown helper is an error of its own
  if (isHarmless(statement) || (statement.params.length > 0 && helperOf(name) === undefined)) return undefined;
  const what = statement.params.length === 0 ? name : `(${name} ...)`;
  return `${what} is not quoted for the shell: write {{shq ${what}}}, without quotes around it`;
}

function isHarmless(node: hbs.AST.Expression | hbs.AST.MustacheStatement): boolean {
  switch (node.type) {
    case "NumberLiteral":
    case "BooleanLiteral":
    case "NullLiteral":
    case "StringLiteral":
      return true;
    case "PathExpression": {
      const path = node as hbs.AST.PathExpression;
      return path.data ? /^@(index|first|last)$/.test(path.original) : harmless.has(path.original);
    }
    case "MustacheStatement":
    case "SubExpression": {
      const call = node as hbs.AST.SubExpression;
      if (call.params.length === 0) return isHarmless(call.path);
      const name = originalOf(call.path);
      return safe.has(name) || (passing.has(name) && call.params.every(isHarmless));
    }
    default:
      return false;
  }
}

function originalOf(path: hbs.AST.Expression): string {
  return "original" in path ? String(path.original) : "";
}
