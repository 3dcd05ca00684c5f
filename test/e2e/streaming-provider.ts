/** A provider of models for pods: Anthropic's API over TLS on this machine's end of the link to the node, with streams that can be held. */
import { createServer, type Server } from "node:https";
import type { ServerResponse } from "node:http";
import type { KeyPair } from "#src/runtime/certs/authority.js";
import { listen } from "../programs/listening.js";

/** Input tokens that each answer says it used, and output tokens of one that is complete. */
export const figures = { input: 100, output: 30 };

/** What is asked with one key. */
export class Model {
  /** Requests that have arrived. */
  asked = 0;
  /** Answers that were completed. */
  answered = 0;
  /** Numbers of the requests, from 1, whose answers stop in their middle. */
  readonly held = new Set<number>();
}

export class StreamingProvider {
  readonly #models = new Map<string, Model>();
  #url = "";
  #stop: () => Promise<void> = () => Promise.resolve();

  static async start(host: string, { certificate, key }: KeyPair): Promise<StreamingProvider> {
    const provider = new StreamingProvider();
    const server: Server = createServer({ cert: certificate, key }, (request, response) => {
      request.resume();
      request.once("end", () => provider.#answer(String(request.headers["x-api-key"]), response));
    });
    const listening = await listen(server, host);
    provider.#url = listening.url;
    provider.#stop = () => listening.stop();
    return provider;
  }

  get url(): string {
    return this.#url;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** What is asked with this key. */
  model(key: string): Model {
    const model = this.#models.get(key) ?? new Model();
    this.#models.set(key, model);
    return model;
  }

  #answer(key: string, response: ServerResponse): void {
    const model = this.model(key);
    const number = ++model.asked;
    response.on("error", () => undefined);
    const send = (event: string, data: object): void =>
      void response.write(`event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const usage = { input_tokens: figures.input, output_tokens: 1 };
    send("message_start", { message: { id: "m", type: "message", role: "assistant", content: [], model: "m", usage } });
    send("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
    send("content_block_delta", { index: 0, delta: { type: "text_delta", text: "The first half of a long answer." } });
    if (model.held.has(number)) return;
    send("content_block_stop", { index: 0 });
    send("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: figures.output } });
    send("message_stop", {});
    response.end();
    model.answered++;
  }
}
