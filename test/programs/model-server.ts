/**
 * A simulated model API, in the formats of Anthropic, OpenAI and Google, whose responses the test provides. Requests are
 * recorded in one format, whichever API they used.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { anthropic } from "./anthropic.js";
import { gemini } from "./gemini.js";
import { listen, type Listening } from "./listening.js";
import { openAi } from "./openai.js";
import type { KeyPair } from "#src/runtime/certs/authority.js";

/** A request of an agent program to the model. */
export interface Question {
  readonly model: string;
  /** The system prompt. */
  readonly system: string;
  /** The user's messages in the conversation, oldest first. */
  readonly asked: readonly string[];
  /** Earlier messages of the model. */
  readonly answered: readonly string[];
  /** Results of the tools that the model has called since the user's last message. */
  readonly results: readonly string[];
  /** Names of the available tools. */
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

/** The API of one provider. */
export interface Dialect {
  /** Whether a request uses this API. */
  readonly path: RegExp;
  readonly read: (body: Record<string, unknown>, path: string) => Omit<Question, "body" | "headers">;
  /** Events of a stream: name, if they have one, and data. */
  readonly events: (answer: Exclude<Answer, { refuse: unknown }>, model: string) => readonly Event[];
  readonly refusal: (refusal: Refusal) => object;
}

export interface Event {
  readonly name?: string;
  readonly data: object;
}

/** The variables of {@link ModelServer.proxyVariables}. */
export const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] as const;

const dialects = [anthropic, openAi, gemini];

/** What programs with one key ask, and what they are answered. */
export class Conversation {
  readonly questions: Question[] = [];
  /** Questions that were answered: each answer says that it used 10 input tokens and 5 output tokens. */
  answered = 0;
  answer: (question: Question) => Answer = () => ({ say: "Done." });
}

export class ModelServer extends Conversation {
  /** Hosts that an agent program tried to reach through its proxy, which never answers, as in a network without internet access. */
  readonly hosts = new Set<string>();
  readonly #conversations = new Map<string, Conversation>();
  readonly #unanswered = new Set<Duplex>();
  readonly #listening: Listening;

  private constructor(listening: Listening) {
    super();
    this.#listening = listening;
  }

  /**
   * @param host address to listen on; default loopback
   * @param certificate absent: plain HTTP
   */
  static async start(host?: string, certificate?: KeyPair): Promise<ModelServer> {
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void started.#serve(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    const server =
      certificate === undefined
        ? createServer(serve)
        : createTlsServer({ cert: certificate.certificate, key: certificate.key }, serve);
    server.on("connect", (request, socket) => {
      started.hosts.add((request.url ?? "").replace(/:443$/, ""));
      socket.on("error", () => undefined);
      started.#unanswered.add(socket);
    });
    const started = new ModelServer(await listen(server, host));
    return started;
  }

  /** What is asked with this key, apart from all else. */
  conversation(key: string): Conversation {
    const conversation = this.#conversations.get(key) ?? new Conversation();
    this.#conversations.set(key, conversation);
    return conversation;
  }

  get url(): string {
    return this.#listening.url;
  }

  /** Environment variables for an agent program, with which it reaches only this machine. */
  get proxyVariables(): Record<string, string> {
    const [proxy, direct] = [this.url, new URL(this.url).hostname];
    return Object.fromEntries(proxyVariables.map((name) => [name, /^no/i.test(name) ? direct : proxy]));
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
      // Codex first requests a WebSocket; this response makes it fall back to HTTP
      response.writeHead(openAi.path.test(path) ? 426 : 404, { "content-type": "application/json" }).end("{}");
      return;
    }
    const body = JSON.parse(text) as Record<string, unknown>;
    const question = { ...dialect.read(body, path), body, headers: request.headers };
    const conversation = this.#conversations.get(keyIn(request.headers)) ?? this;
    conversation.questions.push(question);
    const answer = conversation.answer(question);
    if ("refuse" in answer) {
      const { status } = answer.refuse;
      // without this header of Anthropic's API, Claude Code retries for minutes
      response.writeHead(status, { "content-type": "application/json", "x-should-retry": "false" });
      response.end(JSON.stringify(dialect.refusal(answer.refuse)));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    for (const { name, data } of dialect.events(answer, question.model))
      response.write(`${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
    response.end();
    conversation.answered += 1;
  }
}

/** The key of a request in any of the formats. */
function keyIn(headers: IncomingMessage["headers"]): string {
  const { authorization = "", "x-api-key": anthropicKey, "x-goog-api-key": googleKey } = headers;
  return String(anthropicKey ?? googleKey ?? authorization.replace(/^Bearer /, ""));
}
