/** https://ai.google.dev/api/generate-content */
import type { Dialect } from "./model-server.js";

interface Part {
  readonly text?: string;
  readonly functionResponse?: { readonly response: unknown };
}
interface Content {
  readonly role?: string;
  readonly parts: readonly Part[];
}

const textsOf = (contents: readonly Content[]): string[] =>
  contents.flatMap(({ parts }) => parts.flatMap(({ text }) => text ?? []));

export const gemini: Dialect = {
  path: /^\/v1beta\/models\/[^/:]+:(streamG|g)enerateContent/,
  read: ({ contents, systemInstruction, tools = [] }, path) => {
    const said = contents as readonly Content[];
    const isResult = ({ functionResponse }: Part): boolean => functionResponse !== undefined;
    const last = said.findLastIndex(({ role, parts }) => role === "user" && !parts.some(isResult));
    const declared = tools as { functionDeclarations?: { name: string }[] }[];
    return {
      model: /models\/([^/:]+):/.exec(path)?.[1] ?? "",
      system: systemInstruction === undefined ? "" : textsOf([systemInstruction as Content]).join("\n"),
      asked: textsOf(said.filter(({ role }) => role === "user")),
      answered: textsOf(said.filter(({ role }) => role === "model")),
      results: said
        .slice(last + 1)
        .flatMap(({ parts }) => parts.filter(isResult))
        .map(({ functionResponse }) => JSON.stringify(functionResponse?.response)),
      tools: declared.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name)),
    };
  },
  events: (answer, model) => {
    const part =
      "call" in answer ? { functionCall: { name: answer.call.tool, args: answer.call.input } } : { text: answer.say };
    const candidate = { content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 };
    const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };
    return [{ data: { candidates: [candidate], usageMetadata, modelVersion: model } }];
  },
  refusal: ({ status, message }) => ({
    error: { code: status, message, status: status === 401 ? "UNAUTHENTICATED" : "INVALID_ARGUMENT" },
  }),
};
