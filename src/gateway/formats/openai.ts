/** OpenAI's Responses and Chat Completions API, which many other providers offer too: https://platform.openai.com/docs/api-reference */
import { isList, isObject, type JsonObject } from "../../runtime/schema/json.js";
import { count, type Tokens } from "../tokens.js";
import { namedModel, textLength, type ApiFormat, type ErrorReason } from "./format.js";

const errors: Readonly<Record<ErrorReason, readonly [status: number, type: string, code: string]>> = {
  invalid: [400, "invalid_request_error", "invalid_request"],
  notFound: [404, "invalid_request_error", "not_found"],
  tooLarge: [413, "invalid_request_error", "request_too_large"],
  // not 429 with insufficient_quota, which its programs repeat
  budget: [403, "insufficient_quota", "budget_exceeded"],
  limited: [429, "rate_limit_error", "rate_limit_exceeded"],
  unavailable: [502, "server_error", "upstream_unavailable"],
};

const metered: ReadonlySet<string> = new Set(["/v1/responses", "/v1/chat/completions", "/v1/embeddings"]);

/** Cached input is part of the input here. */
function tokensOf(usage: JsonObject): Partial<Tokens> {
  const input = count(usage.input_tokens) ?? count(usage.prompt_tokens) ?? 0;
  const output = count(usage.output_tokens) ?? count(usage.completion_tokens) ?? 0;
  const details = [usage.input_tokens_details, usage.prompt_tokens_details].find(isObject);
  const cacheRead = Math.min(count(details?.cached_tokens) ?? 0, input);
  return { input: input - cacheRead, output, cacheRead };
}

/** Characters of a choice that is streamed. */
function choiceLength(choice: unknown): number {
  if (!isObject(choice) || !isObject(choice.delta)) return 0;
  const { content, reasoning_content: reasoning, refusal, tool_calls: calls } = choice.delta;
  const called = (isList(calls) ? calls : []).map((call) =>
    isObject(call) && isObject(call.function) ? textLength(call.function.arguments) : 0,
  );
  return called.reduce((length, each) => length + each, textLength(content, reasoning, refusal));
}

export const openai: ApiFormat = {
  keyHeader: (key) => ["authorization", `Bearer ${key}`],
  call(method, path, body) {
    if (method === "POST" && metered.has(path)) {
      const model = namedModel(body);
      if (model === undefined) return { refused: "the body names no model", reason: "invalid" };
      // it would continue after the request has ended
      if (body?.background === true)
        return { refused: "background responses are not metered; leave background out", reason: "invalid" };
      return { model, isMetered: true };
    }
    if (method === "GET" && /^\/v1\/models(\/[A-Za-z0-9._:-]+)?$/.test(path)) return { model: "", isMetered: false };
    return {
      refused:
        "the gateway passes on POST /v1/responses, POST /v1/chat/completions, POST /v1/embeddings and GET /v1/models",
      reason: "notFound",
    };
  },
  prepared(path, body) {
    const { stream, stream_options: given } = body.members;
    if (path !== "/v1/chat/completions" || stream !== true) return undefined;
    const options = isObject(given) ? given : {};
    if (options.include_usage === true) return undefined;
    return body.with("stream_options", { ...options, include_usage: true });
  },
  usage(answer) {
    const { usage, response } = answer;
    if (isObject(usage)) return tokensOf(usage);
    return isObject(response) && isObject(response.usage) ? tokensOf(response.usage) : undefined;
  },
  outputLength({ delta, choices }) {
    // an event of the Responses API has its delta as text
    if (!isList(choices)) return textLength(delta);
    return choices.reduce<number>((length, choice) => length + choiceLength(choice), 0);
  },
  error(reason, message) {
    const [status, type, code] = errors[reason];
    return { status, body: { error: { message, type, param: null, code } } };
  },
};
