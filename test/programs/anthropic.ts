/** https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming */
import type { Dialect } from "./model-server.js";

type Block = Readonly<Record<string, unknown>> & { readonly type: string };
interface Message {
  readonly role: string;
  readonly content: string | readonly Block[];
}

const blocksOf = (content: Message["content"]): readonly Block[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : content;

const textsOf = (messages: readonly Message[], role: string): string[] =>
  messages
    .filter((message) => message.role === role)
    .flatMap(({ content }) => blocksOf(content).flatMap(({ text }) => (typeof text === "string" ? [text] : [])));

export const anthropic: Dialect = {
  path: /^\/v1\/messages(\?|$)/,
  read: ({ model, system = "", messages, tools = [] }) => {
    const said = messages as readonly Message[];
    const isResults = ({ content }: Message): boolean => blocksOf(content).some(({ type }) => type === "tool_result");
    const last = said.findLastIndex((message) => message.role === "user" && !isResults(message));
    const results = said
      .slice(last + 1)
      .flatMap(({ content }) => blocksOf(content).filter(({ type }) => type === "tool_result"));
    return {
      model: String(model),
      system: blocksOf(system as Message["content"])
        .map(({ text }) => String(text))
        .join("\n"),
      asked: textsOf(said, "user"),
      answered: textsOf(said, "assistant"),
      results: results.map(({ content }) => JSON.stringify(content)),
      tools: (tools as { name: string }[]).map(({ name }) => name),
    };
  },
  events: (answer, model) => {
    const block = "call" in answer ? { type: "tool_use", id: callId(), name: answer.call.tool, input: {} } : textBlock;
    const delta =
      "call" in answer
        ? { type: "input_json_delta", partial_json: JSON.stringify(answer.call.input) }
        : { type: "text_delta", text: answer.say };
    const message = { id: "msg_1", type: "message", role: "assistant", model, content: [], stop_reason: null };
    const stop = { stop_reason: "call" in answer ? "tool_use" : "end_turn", stop_sequence: null };
    return [
      { type: "message_start", message: { ...message, usage: { input_tokens: 10, output_tokens: 1 } } },
      { type: "content_block_start", index: 0, content_block: block },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: stop, usage: { output_tokens: 5 } },
      { type: "message_stop" },
    ].map((data) => ({ name: data.type, data }));
  },
  refusal: ({ status, message }) => ({
    type: "error",
    error: { type: status === 401 ? "authentication_error" : "invalid_request_error", message },
  }),
};

const textBlock = { type: "text", text: "" };

let calls = 0;
const callId = (): string => `toolu_${++calls}`;
