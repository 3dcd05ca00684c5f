/** Anthropic's Messages API: https://docs.anthropic.com/en/api/messages */
import { isObject, type JsonObject } from "../../runtime/schema/json.js";
import { count, type Tokens } from "../tokens.js";
import { namedModel, textLength, type ApiFormat, type ErrorReason } from "./format.js";

const errors: Readonly<Record<ErrorReason, readonly [status: number, type: string]>> = {
  invalid: [400, "invalid_request_error"],
  notFound: [404, "not_found_error"],
  tooLarge: [413, "request_too_large"],
  // what its programs do not repeat
  budget: [402, "billing_error"],
  limited: [429, "rate_limit_error"],
  unavailable: [502, "api_error"],
};

/** Counts of a `usage` member; the message's first event has those of the input, the last ones those of the output. */
function tokensOf(usage: JsonObject): Partial<Tokens> {
  const found = {
    input: count(usage.input_tokens),
    output: count(usage.output_tokens),
    cacheRead: count(usage.cache_read_input_tokens),
    cacheWrite: count(usage.cache_creation_input_tokens),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

export const anthropic: ApiFormat = {
  keyHeader: (key) => ["x-api-key", key],
  call(method, path, body) {
    if (method === "POST" && path === "/v1/messages") {
      const model = namedModel(body);
      return model === undefined
        ? { refused: "the body names no model", reason: "invalid" }
        : { model, isMetered: true };
    }
    const isFree =
      (method === "POST" && path === "/v1/messages/count_tokens") ||
      (method === "GET" && /^\/v1\/models(\/[A-Za-z0-9._@:-]+)?$/.test(path));
    return isFree
      ? { model: "", isMetered: false }
      : {
          refused: "the gateway passes on POST /v1/messages, POST /v1/messages/count_tokens and GET /v1/models",
          reason: "notFound",
        };
  },
  usage(answer) {
    const { usage, message } = answer;
    if (isObject(usage)) return tokensOf(usage);
    return isObject(message) && isObject(message.usage) ? tokensOf(message.usage) : undefined;
  },
  outputLength({ delta }) {
    return isObject(delta) ? textLength(delta.text, delta.thinking, delta.partial_json) : 0;
  },
  error(reason, message) {
    const [status, type] = errors[reason];
    return { status, body: { type: "error", error: { type, message } } };
  },
};
