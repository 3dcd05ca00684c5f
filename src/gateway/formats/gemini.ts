/** Google's Gemini API: https://ai.google.dev/api/generate-content */
import { isList, isObject, type JsonObject } from "../../runtime/schema/json.js";
import { count, type Tokens } from "../tokens.js";
import { textLength, type ApiFormat, type ErrorReason } from "./format.js";

const errors: Readonly<Record<ErrorReason, readonly [status: number, code: string]>> = {
  invalid: [400, "INVALID_ARGUMENT"],
  notFound: [404, "NOT_FOUND"],
  tooLarge: [413, "INVALID_ARGUMENT"],
  budget: [403, "PERMISSION_DENIED"],
  limited: [429, "RESOURCE_EXHAUSTED"],
  unavailable: [502, "UNAVAILABLE"],
};

const modelPath = /^\/v1(?:beta)?\/models\/([A-Za-z0-9._-]{1,200}):([A-Za-z]+)$/;
const listPath = /^\/v1(?:beta)?\/models(\/[A-Za-z0-9._-]{1,200})?$/;
const metered: ReadonlySet<string> = new Set([
  "generateContent",
  "streamGenerateContent",
  "embedContent",
  "batchEmbedContents",
]);

/** Cached content is part of the prompt here; thoughts are output, and what tools put into the prompt is input. */
function tokensOf(usage: JsonObject): Partial<Tokens> {
  const prompt = (count(usage.promptTokenCount) ?? 0) + (count(usage.toolUsePromptTokenCount) ?? 0);
  const cacheRead = Math.min(count(usage.cachedContentTokenCount) ?? 0, prompt);
  const output = (count(usage.candidatesTokenCount) ?? 0) + (count(usage.thoughtsTokenCount) ?? 0);
  return { input: prompt - cacheRead, output, cacheRead };
}

function candidateLength(candidate: unknown): number {
  const content = isObject(candidate) ? candidate.content : undefined;
  const parts = isObject(content) && isList(content.parts) ? content.parts : [];
  return parts.reduce<number>((length, part) => length + (isObject(part) ? textLength(part.text) : 0), 0);
}

export const gemini: ApiFormat = {
  keyHeader: (key) => ["x-goog-api-key", key],
  call(method, path) {
    const [, model = "", action = ""] = modelPath.exec(path) ?? [];
    if (method === "POST" && metered.has(action)) return { model, isMetered: true };
    if (method === "POST" && action === "countTokens") return { model: "", isMetered: false };
    if (method === "GET" && listPath.test(path)) return { model: "", isMetered: false };
    return {
      refused:
        "the gateway passes on POST /v1beta/models/MODEL:generateContent, streamGenerateContent, countTokens, embedContent and batchEmbedContents, and GET /v1beta/models",
      reason: "notFound",
    };
  },
  usage({ usageMetadata }) {
    return isObject(usageMetadata) ? tokensOf(usageMetadata) : undefined;
  },
  outputLength({ candidates }) {
    return isList(candidates)
      ? candidates.reduce<number>((length, candidate) => length + candidateLength(candidate), 0)
      : 0;
  },
  error(reason, message) {
    const [status, code] = errors[reason];
    return { status, body: { error: { code: status, message, status: code } } };
  },
};
