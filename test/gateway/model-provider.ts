/** A provider of models in this process, with the APIs of three, that counts for itself what it has served. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Test } from "tap";
import type { Tokens } from "#src/gateway/tokens.js";
import { noTokens, sum } from "#src/gateway/tokens.js";
import { listen } from "../listen.js";

/** What the next answers are. */
export interface Answering {
  /** Parts of the text; one event each if it is streamed. */
  parts: string[];
  tokens: Tokens;
  /** Called before each part of a stream: tests hold it, or cut it off. */
  beforePart?: ((index: number, response: ServerResponse, arrived: Arrived) => Promise<void> | void) | undefined;
  /** Status and headers of an error, given once for each item. */
  errors: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }[];
}

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

export class ModelProvider {
  readonly arrived: Arrived[] = [];
  /** Of complete answers. */
  served: Tokens = noTokens;
  url = "";
  readonly next: Answering = {
    parts: ["Hello", ", ", "world"],
    tokens: { input: 100, output: 30, cacheRead: 500, cacheWrite: 20 },
    errors: [],
  };

  async start(t: Test): Promise<this> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.url = `http://127.0.0.1:${await listen(t, server)}`;
    return this;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method = "", url = "", headers } = request;
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    const arrived: Arrived = { method, url, headers, body };
    this.arrived.push(arrived);
    const error = this.next.errors.shift();
    if (error !== undefined) {
      response.writeHead(error.status, { "content-type": "application/json", ...error.headers });
      response.end(JSON.stringify({ error: { message: "no" } }));
      return;
    }
    const { parts, tokens, beforePart } = this.next;
    const [path = ""] = url.split("?");
    const answer = answers(path, url, body, parts, tokens);
    if (typeof answer === "string") {
      await beforePart?.(0, response, arrived);
      if (response.destroyed) return;
      response.writeHead(200, { "content-type": "application/json", "set-cookie": "a=b" });
      response.end(answer);
    } else {
      response.writeHead(200, { "content-type": "text/event-stream", "request-id": "r1" });
      for (const [index, event] of answer.entries()) {
        await beforePart?.(index, response, arrived);
        if (response.destroyed) return;
        response.write(event);
        await delay(0);
      }
      response.end();
    }
    this.served = sum(this.served, tokens);
  }
}

const data = (value: unknown, event?: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(value)}\n\n`;

/** The answer as a text, or as events. */
function answers(
  path: string,
  url: string,
  { stream, stream_options: options }: Record<string, unknown>,
  parts: readonly string[],
  tokens: Tokens,
): string | string[] {
  if (path === "/v1/messages") return messages(stream === true, parts, tokens);
  if (path === "/v1/chat/completions")
    return chat(
      stream === true,
      (options as { include_usage?: boolean } | undefined)?.include_usage === true,
      parts,
      tokens,
    );
  if (path === "/v1/responses") return responses(stream === true, parts, tokens);
  if (path.includes(":")) return generated(path, url, parts, tokens);
  return JSON.stringify({ data: [] });
}

function messages(
  stream: boolean,
  parts: readonly string[],
  { input, output, cacheRead, cacheWrite }: Tokens,
): string | string[] {
  const usage = {
    ...{ input_tokens: input, cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite },
    output_tokens: 1,
  };
  if (!stream)
    return JSON.stringify({
      ...{ type: "message", role: "assistant", content: [{ type: "text", text: parts.join("") }] },
      usage: { ...usage, output_tokens: output },
    });
  return [
    data({ type: "message_start", message: { role: "assistant", content: [], usage } }, "message_start"),
    ...parts.map((text) =>
      data({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }, "content_block_delta"),
    ),
    data(
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: output } },
      "message_delta",
    ),
    data({ type: "message_stop" }, "message_stop"),
  ];
}

/** Cached input is part of the input; nothing is said of cache writes. */
function chat(stream: boolean, saysUsage: boolean, parts: readonly string[], tokens: Tokens): string | string[] {
  const usage = {
    prompt_tokens: tokens.input + tokens.cacheRead,
    prompt_tokens_details: { cached_tokens: tokens.cacheRead },
    completion_tokens: tokens.output,
  };
  if (!stream) return JSON.stringify({ choices: [{ message: { content: parts.join("") } }], usage });
  return [
    ...parts.map((content) => data({ choices: [{ index: 0, delta: { content } }] })),
    ...(saysUsage ? [data({ choices: [], usage })] : []),
    "data: [DONE]\n\n",
  ];
}

function responses(stream: boolean, parts: readonly string[], tokens: Tokens): string | string[] {
  const usage = {
    input_tokens: tokens.input + tokens.cacheRead,
    input_tokens_details: { cached_tokens: tokens.cacheRead },
    output_tokens: tokens.output,
  };
  if (!stream) return JSON.stringify({ output: [], usage });
  return [
    data({ type: "response.created", response: { usage: null } }, "response.created"),
    ...parts.map((delta) => data({ type: "response.output_text.delta", delta }, "response.output_text.delta")),
    data({ type: "response.completed", response: { usage } }, "response.completed"),
  ];
}

/** Each part has the totals so far; without `alt=sse` a stream is a list. */
function generated(path: string, url: string, parts: readonly string[], tokens: Tokens): string | string[] {
  const answer = (text: string, isLast: boolean): unknown => ({
    candidates: [{ content: { parts: [{ text }] } }],
    usageMetadata: {
      ...{ promptTokenCount: tokens.input + tokens.cacheRead, cachedContentTokenCount: tokens.cacheRead },
      ...(isLast && { candidatesTokenCount: tokens.output - 5, thoughtsTokenCount: 5 }),
    },
  });
  if (!path.endsWith(":streamGenerateContent")) return JSON.stringify(answer(parts.join(""), true));
  const events = parts.map((text, index) => answer(text, index === parts.length - 1));
  return url.includes("alt=sse") ? events.map((event) => data(event)) : JSON.stringify(events);
}
