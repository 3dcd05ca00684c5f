/** A request on its way to its handler: checked, with the caller's client. */
import type Koa from "koa";
import { Gone } from "../runtime/client/errors.js";
import type { HttpClient } from "../runtime/client/http.js";
import type { Logger } from "../runtime/logger.js";
import type { Operation, OperationId } from "./document.js";
import { smallList, type LargeLists } from "./large-lists.js";
import { problemOf } from "./problem.js";
import { StreamEnd, type StreamResponse, type Streams } from "./streams.js";

/** A complete answer. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  /** JSON, or text of `type`. */
  readonly body: unknown;
  /** Media type of a text. */
  readonly type?: string;
}

export type Handler = (call: Call) => Promise<Answer | undefined>;

/** Handlers by operation. Those of all files together cover the document. */
export type Handlers<Ids extends OperationId = OperationId> = Readonly<Record<Ids, Handler>>;

export interface CallOptions {
  readonly operation: Operation;
  readonly context: Koa.Context;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** Absent for public operations. */
  readonly client: HttpClient | undefined;
  readonly caller: string;
  readonly streams: Streams;
  readonly largeLists: LargeLists;
  readonly logger: Logger;
  /** Fires when the caller has gone. */
  readonly signal: AbortSignal;
  /** The request is no longer one of those that are being answered. */
  readonly release: () => void;
  /** The trace that the request belongs to, as a valid `traceparent`. */
  readonly traceparent?: string | undefined;
  /** Where legacy routes look unless told. */
  readonly defaultNamespace: string;
}

export class Call {
  readonly #options: CallOptions;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  get client(): HttpClient {
    const { client } = this.#options;
    if (client === undefined) throw new Error("a public operation has no client");
    return client;
  }

  get traceparent(): string | undefined {
    return this.#options.traceparent;
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  /** The checked body. */
  bodyAs<T>(): T {
    return this.#options.body as T;
  }

  /** The checked parameters. */
  parametersAs<T>(): T {
    return this.#options.parameters as T;
  }

  /** The namespace of a legacy route. */
  get legacyNamespace(): string {
    const { namespace } = this.#options.parameters;
    return typeof namespace === "string" ? namespace : this.#options.defaultNamespace;
  }

  /** Whether the caller prefers events to text. */
  get wantsEvents(): boolean {
    return this.#options.context.headers.accept?.includes("text/event-stream") === true;
  }

  get lastEventId(): string | undefined {
    const { "last-event-id": id } = this.#options.context.headers;
    return typeof id === "string" && id !== "" ? id : undefined;
  }

  /** Reads a list of at most `limit` runs, in its turn if it is a large one. @throws Problem; what `read` throws */
  list<T>(limit: number, read: () => Promise<T>): Promise<T> {
    const { largeLists, caller, signal } = this.#options;
    return limit > smallList ? largeLists.read(caller, signal, read) : read();
  }

  /**
   * Answers with a stream that `feed` writes to. An error before the stream has begun is an ordinary answer; a later one is its
   * last event, or the end of its text.
   */
  async stream(format: "events" | "text", feed: (stream: StreamResponse) => Promise<void>): Promise<undefined> {
    const { context, streams, caller, release } = this.#options;
    const stream = streams.open(caller, context.res, format);
    // from now on it counts as a stream
    release();
    // koa leaves the response to the stream
    context.respond = false;
    try {
      await feed(stream);
      stream.end("end");
    } catch (error) {
      const isOver = error instanceof StreamEnd || stream.signal.aborted;
      if (!stream.hasBegun && !isOver) {
        context.respond = true;
        throw error;
      }
      if (!isOver) this.#endWith(error, stream, format);
      else if (format === "events") stream.end("end", endData(stream.signal.reason));
      // otherwise it would look complete
      else context.res.destroy();
    }
    return undefined;
  }

  #endWith(error: unknown, stream: StreamResponse, format: "events" | "text"): void {
    if (error instanceof Gone && format === "events") {
      stream.end("expired");
      return;
    }
    const problem = problemOf(error);
    const { logger, operation } = this.#options;
    if (problem.status >= 500) logger.warn({ err: error, route: operation.path }, "a stream failed");
    if (format === "events") stream.end("error", problem.body);
    // a text has no place for an error: the caller sees a response that is cut off
    else this.#options.context.res.destroy();
  }
}

/** What the last event of a stream says that the server ends. */
function endData(reason: unknown): object {
  return reason instanceof StreamEnd ? { reason: reason.reason } : {};
}
