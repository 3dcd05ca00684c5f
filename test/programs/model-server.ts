/**
 * A model's API, in the forms of Anthropic, OpenAI and Google, which says what a test has written for it: the
 * words of the model, and nothing of a model. All that it hears is kept in one form, whichever API it came by.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { anthropic } from "./anthropic.js";
import { gemini } from "./gemini.js";
import { listen, type Listening } from "./listening.js";
import { openAi } from "./openai.js";

/** What a program asked of the model. */
export interface Question {
  readonly model: string;
  /** What the program tells the model before the conversation. */
  readonly system: string;
  /** The user's side of the conversation, from its beginning. */
  readonly asked: readonly string[];
  /** The model's own words of before. */
  readonly answered: readonly string[];
  /** What came of the tools that the model has called since the user's last words. */
  readonly results: readonly string[];
  /** Names of the tools that are offered. */
  readonly tools: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage["headers"];
}

export interface Call {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
}

export type Answer = { readonly call: Call } | { readonly say: string } | { readonly refuse: Refusal };

/** One company's API. */
export interface Dialect {
  /** Whether a request is of it. */
  readonly path: RegExp;
  readonly read: (body: Record<string, unknown>, path: string) => Omit<Question, "body" | "headers">;
  /** Events of a stream: name, where they have one, and data. */
  readonly events: (answer: Exclude<Answer, { refuse: unknown }>, model: string) => readonly Event[];
  readonly refusal: (refusal: Refusal) => object;
}

export interface Event {
  readonly name?: string;
  readonly data: object;
}

const dialects = [anthropic, openAi, gemini];

export class ModelServer {
  readonly questions: Question[] = [];
  /** Hosts that a program wanted to reach through its proxy, which never answers: as where a network lets nothing out. */
  readonly hosts = new Set<string>();
  answer: (question: Question) => Answer = () => ({ say: "Done." });
  readonly #unanswered = new Set<Duplex>();
  readonly #listening: Listening;

  private constructor(listening: Listening) {
    this.#listening = listening;
  }

  /** @param host where it listens; default loopback */
  static async start(host?: string): Promise<ModelServer> {
    const server = createServer((request, response) => {
      void started.#serve(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    server.on("connect", (request, socket) => {
      started.hosts.add((request.url ?? "").replace(/:443$/, ""));
      socket.on("error", () => undefined);
      started.#unanswered.add(socket);
    });
    const started = new ModelServer(await listen(server, host));
    return started;
  }

  get url(): string {
    return this.#listening.url;
  }

  /** For a program: what is not on this machine can't be reached. */
  get proxyVariables(): Record<string, string> {
    const [proxy, direct] = [this.url, new URL(this.url).hostname];
    return { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: direct, no_proxy: direct };
  }

  async stop(): Promise<void> {
    for (const socket of this.#unanswered) socket.destroy();
    await this.#listening.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const dialect = dialects.find((each) => each.path.test(path));
    if (request.method !== "POST" || dialect === undefined) {
      // Codex asks for a WebSocket first; so it is told that there is none
      response.writeHead(openAi.path.test(path) ? 426 : 404, { "content-type": "application/json" }).end("{}");
      return;
    }
    const body = JSON.parse(text) as Record<string, unknown>;
    const question = { ...dialect.read(body, path), body, headers: request.headers };
    this.questions.push(question);
    const answer = this.answer(question);
    if ("refuse" in answer) {
      const { status } = answer.refuse;
      // without this header of Anthropic's, Claude Code asks again for minutes
      response.writeHead(status, { "content-type": "application/json", "x-should-retry": "false" });
      response.end(JSON.stringify(dialect.refusal(answer.refuse)));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    for (const { name, data } of dialect.events(answer, question.model))
      response.write(`${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
    response.end();
  }
}
