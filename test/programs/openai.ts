/** https://platform.openai.com/docs/api-reference/responses and .../responses-streaming */
import type { Dialect } from "./model-server.js";

interface Item {
  readonly type?: string;
  readonly role?: string;
  readonly content?: string | readonly { readonly text?: string }[];
  readonly output?: unknown;
}

interface Tool {
  readonly type: string;
  readonly name?: string;
  /** Of a namespace. */
  readonly tools?: readonly Tool[];
}

const textsOf = (items: readonly Item[], role: string): string[] =>
  items
    .filter((item) => item.role === role)
    .flatMap(({ content = [] }) =>
      typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? []),
    );

const namesOf = (tools: readonly Tool[], prefix = ""): string[] =>
  tools.flatMap(({ type, name = type, tools: inner }) =>
    inner === undefined ? [`${prefix}${name}`] : namesOf(inner, `${prefix}${name}/`),
  );

const isResult = ({ type }: Item): boolean => type === "function_call_output" || type === "custom_tool_call_output";

export const openAi: Dialect = {
  path: /^\/v1\/responses$/,
  read: ({ model, instructions, input, tools = [] }) => {
    const items = input as readonly Item[];
    const last = items.findLastIndex(({ role }) => role === "user");
    return {
      model: String(model),
      system: [...(typeof instructions === "string" ? [instructions] : []), ...textsOf(items, "developer")].join("\n"),
      asked: textsOf(items, "user"),
      answered: textsOf(items, "assistant"),
      results: items
        .slice(last + 1)
        .filter(isResult)
        .map(({ output }) => JSON.stringify(output)),
      tools: namesOf(tools as readonly Tool[]),
    };
  },
  events: (answer, model) => {
    const response = { id: "resp_1", object: "response", model };
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    return [
      { type: "response.created", response: { ...response, status: "in_progress" } },
      { type: "response.output_item.done", output_index: 0, item: itemOf(answer) },
      { type: "response.completed", response: { ...response, status: "completed", output: [itemOf(answer)], usage } },
    ].map((data) => ({ name: data.type, data }));
  },
  refusal: ({ status, message }) => ({
    error: { message, type: "invalid_request_error", code: status === 401 ? "invalid_api_key" : null },
  }),
};

function itemOf(answer: Parameters<Dialect["events"]>[0]): object {
  if ("say" in answer)
    return {
      ...{ type: "message", id: "msg_1", role: "assistant", status: "completed" },
      content: [{ type: "output_text", text: answer.say, annotations: [] }],
    };
  const [name = "", namespace] = answer.call.tool.split("/").reverse();
  return {
    ...{
      type: "function_call",
      id: "fc_1",
      call_id: `call_${name}`,
      name,
      arguments: JSON.stringify(answer.call.input),
    },
    ...(namespace !== undefined && { namespace }),
  };
}
