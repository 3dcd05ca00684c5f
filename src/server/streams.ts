/** Streams to callers: how many are open, and how each is written and ended. */
import type { ServerResponse } from "node:http";
import { LinkedAbort } from "../runtime/abort.js";
import type { Clock, Timer } from "../runtime/clock.js";
import { Problem } from "./problem.js";

export interface StreamLimits {
  /** Open streams of one caller. */
  readonly perCaller: number;
  /** Open streams of all callers. */
  readonly total: number;
  /** Milliseconds after which a stream is ended, for its caller to open it again. Default: no limit. */
  readonly longest?: number;
}

export interface StreamsOptions extends StreamLimits {
  readonly clock: Clock;
  /** Called with the number of open streams when it changes. */
  readonly onChange?: (open: number) => void;
}

/** Why a stream ends before its caller closes it. */
export class StreamEnd extends Error {
  override readonly name = "StreamEnd";

  /** @param reason `stopping`: the server stops; `age`: it has lasted as long as it may; `closed`: by its caller */
  constructor(readonly reason: "stopping" | "age" | "closed") {
    super(`the stream ended: ${reason}`);
  }
}

/** Milliseconds between two comments that keep a silent connection alive: proxies close those of 30 to 60 s. */
const keepAlive = 15_000;
/** Milliseconds that a caller may take to read what it was sent. */
const readTimeout = 30_000;

/** Counts the open streams, and ends all of them when the server stops. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Set<StreamResponse>();
  readonly #callers = new Map<string, number>();
  #draining = false;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes a place for a stream to a caller. @throws Problem if none is left */
  open(caller: string, response: ServerResponse, format: "events" | "text"): StreamResponse {
    const { clock, perCaller, total, longest, onChange } = this.#options;
    if (this.#draining) throw new Problem(503, "the server is stopping; try again", { retryAfter: 1 });
    const own = this.#callers.get(caller) ?? 0;
    if (own >= perCaller)
      throw new Problem(429, `you have ${own} streams open, which is the limit; close one`, { retryAfter: 10 });
    if (this.#open.size >= total)
      throw new Problem(429, "the server has its limit of streams open; try again", { retryAfter: 10 });
    const stream = new StreamResponse(response, format, clock);
    this.#open.add(stream);
    this.#callers.set(caller, own + 1);
    onChange?.(this.#open.size);
    const oldest = longest === undefined ? undefined : clock.after(longest, () => stream.stop("age"));
    response.once("close", () => {
      oldest?.cancel();
      stream.closed();
      this.#open.delete(stream);
      const left = (this.#callers.get(caller) ?? 1) - 1;
      if (left === 0) this.#callers.delete(caller);
      else this.#callers.set(caller, left);
      onChange?.(this.#open.size);
    });
    return stream;
  }

  /** Ends all streams, and opens no more. */
  drain(): void {
    this.#draining = true;
    for (const stream of this.#open) stream.stop("stopping");
  }
}

/** A response that is written piece by piece. Its headers are sent with the first piece, or by `begin`. */
export class StreamResponse {
  readonly #response: ServerResponse;
  readonly #isEvents: boolean;
  readonly #clock: Clock;
  readonly #abort = new LinkedAbort();
  #keepAlive: Timer | undefined;
  #hasBegun = false;

  constructor(response: ServerResponse, format: "events" | "text", clock: Clock) {
    this.#response = response;
    this.#isEvents = format === "events";
    this.#clock = clock;
  }

  /** Fires when the caller has gone, or with a {@link StreamEnd} when the server ends it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether its status can no longer be an error's. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Sends the headers. */
  begin(): void {
    if (this.#hasBegun || this.#response.destroyed) return;
    this.#hasBegun = true;
    const type = this.#isEvents ? "text/event-stream" : "text/plain; charset=utf-8";
    this.#response.writeHead(200, { "content-type": type, "cache-control": "no-store", "x-accel-buffering": "no" });
    this.#response.flushHeaders();
    if (this.#isEvents) this.#stayAlive();
  }

  /** Sends text or bytes as they are. Resolves when the caller has taken them. @throws the signal's reason */
  async write(data: string | Uint8Array): Promise<void> {
    this.begin();
    this.#abort.signal.throwIfAborted();
    if (this.#response.write(data)) return;
    await this.#drained();
  }

  /** Sends an event. @param id with which the caller can continue after it */
  async event(name: string, data: unknown, id?: string): Promise<void> {
    const line = id === undefined ? "" : `id: ${id}\n`;
    await this.write(`event: ${name}\n${line}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends the position from which the caller can continue. */
  async position(id: string): Promise<void> {
    await this.write(`id: ${id}\n\n`);
  }

  /** Ends it, with a last event. */
  end(name?: string, data: unknown = {}): void {
    this.begin();
    this.#keepAlive?.cancel();
    if (this.#response.writableEnded) return;
    this.#response.end(
      this.#isEvents && name !== undefined ? `event: ${name}\ndata: ${JSON.stringify(data)}\n\n` : undefined,
    );
  }

  /** Ends what feeds the stream. */
  stop(reason: "stopping" | "age"): void {
    this.#abort.abort(new StreamEnd(reason));
  }

  /** The connection is closed. */
  closed(): void {
    this.#keepAlive?.cancel();
    this.#abort.abort(new StreamEnd("closed"));
  }

  #stayAlive(): void {
    this.#keepAlive = this.#clock.after(keepAlive, () => {
      // what the caller has not read yet keeps the connection alive as well
      if (this.#response.writableLength === 0) this.#response.write(": \n\n");
      this.#stayAlive();
    });
  }

  /** Waits until the caller has read what it was sent; one that takes too long is cut off, since it holds memory here. */
  async #drained(): Promise<void> {
    const slow = this.#clock.after(readTimeout, () => this.#response.destroy());
    try {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#response.off("drain", done).off("close", done);
          resolve();
        };
        this.#response.once("drain", done).once("close", done);
      });
    } finally {
      slow.cancel();
    }
    this.#abort.signal.throwIfAborted();
  }
}
