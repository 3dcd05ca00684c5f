/** Reads what a request sends: parameters and body, each bounded and checked against the document. */
import type { IncomingMessage } from "node:http";
import { DepthError, parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject } from "../runtime/schema/json.js";
import { readBody, type BodyBudget } from "../runtime/webhook/body.js";
import { checkBody, checkParameters, type Operation, type Parameter } from "./document.js";
import { Problem } from "./problem.js";

/** Bytes of one body; the API server accepts 3 MiB, and the contents of a run are at most 1 MiB. */
export const maxBodyBytes = 2 * 1024 * 1024;

const maxDepth = 64;

/** The checked parameters of a request, by name, as the values that their schemas describe. */
export function readParameters(
  operation: Operation,
  path: Readonly<Record<string, string | undefined>>,
  query: URLSearchParams,
): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const parameter of operation.parameters) {
    const { name } = parameter;
    if (parameter.in === "path") values[name] = valueOf(parameter, [path[name] ?? ""]);
    else if (query.has(name)) values[name] = valueOf(parameter, query.getAll(name));
  }
  const known = new Set(operation.parameters.filter((each) => each.in === "query").map(({ name }) => name));
  // an unknown parameter may be a misspelled one, without which the request means something else
  for (const name of query.keys()) if (!known.has(name)) values[name] = "";
  const checked = { ...values };
  checkParameters(operation, checked);
  return checked;
}

/** Texts of a path or query as JSON values. What cannot be read stays text, which the schema then rejects. */
function valueOf({ name, schema }: Parameter, texts: readonly string[]): unknown {
  if (schema.type === "array") return texts;
  const [text = "", ...more] = texts;
  if (more.length > 0) throw new Problem(400, `${name} is given more than once`, { field: name });
  if (schema.type === "integer") return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (schema.type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  return text;
}

/** The checked body of a request; an object without members if it has none and needs none. @throws Problem */
export async function readJson(request: IncomingMessage, operation: Operation, budget: BodyBudget): Promise<unknown> {
  if (operation.body === undefined) {
    request.resume();
    return {};
  }
  const body = await readBody(request, maxBodyBytes, budget);
  if (body === "too large") throw new Problem(413, `the body exceeds ${maxBodyBytes} bytes`);
  if (body === "no budget") throw new Problem(429, "the server reads too many bodies; try again", { retryAfter: 1 });
  if (body === "broken off") throw new Problem(400, "the body is incomplete");
  try {
    const value = parsed(body.content, request.headers, operation);
    if (isObject(value)) refuseTokens(value);
    checkBody(operation.body === "TaskSubmission" ? submissionSchema(value) : operation.body, value);
    return value;
  } finally {
    budget.give(body.bytes);
  }
}

/** Which of both shapes a submission has; it decides what is wrong with it. */
export function submissionSchema(value: unknown): "PmTaskRequest" | "CodeRequest" {
  const isTask = isObject(value) && ["markdown_files", "service_name", "id"].some((name) => Object.hasOwn(value, name));
  return isTask ? "PmTaskRequest" : "CodeRequest";
}

function parsed(
  content: Buffer,
  { "content-type": type = "" }: IncomingMessage["headers"],
  { isBodyRequired }: Operation,
): unknown {
  if (content.length === 0) {
    if (isBodyRequired) throw new Problem(400, "a body is required, as JSON");
    return {};
  }
  if (!/^application\/json *(;.*)?$/i.test(type))
    throw new Problem(415, "the body must be JSON; send it with Content-Type: application/json");
  try {
    return parseBoundedJson(content, maxDepth);
  } catch (error) {
    if (error instanceof DepthError) throw new Problem(400, `the body ${error.message}`);
    // V8's message quotes the text, which may hold a secret
    throw new Problem(400, "the body is not valid JSON");
  }
}

/** Earlier versions took a token with the repository, and stored it where everyone could read it. */
function refuseTokens(body: Readonly<Record<string, unknown>>): void {
  const { repository } = body;
  if (!isObject(repository) || (repository.token ?? null) === null) return;
  throw new Problem(
    400,
    "repository.token is refused, since everyone who may read the run could read it; store the token in a Secret named " +
      "github-pat-<user>, and send repository.github_user (docs/guide/server.md)",
    { field: "repository.token" },
  );
}

/** The names of the parameters in a query, for logs: values may be anything. */
export function parameterNames(query: URLSearchParams): string[] {
  return [...new Set(query.keys())].filter((name) => /^[A-Za-z]{1,32}$/.test(name)).slice(0, 16);
}
