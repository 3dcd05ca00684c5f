import type { IncomingMessage } from "node:http";

/** Limits the bytes of request bodies in memory. */
export class BodyBudget {
  #held = 0;

  constructor(private readonly limit: number) {}

  /**
   * Takes more bytes for a body that holds some `already`; false if none are left. A body that is the only one always
   * gets what it needs.
   */
  take(bytes: number, already: number): boolean {
    if (this.#held > already && this.#held + bytes > this.limit) return false;
    this.#held += bytes;
    return true;
  }

  /** Returns bytes to the budget. */
  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** Why a body was not read; `broken off` is the client's doing. */
export type Refusal = "too large" | "no budget" | "broken off";

/** A complete body. The caller must return its bytes to the budget. */
export interface Body {
  readonly content: Buffer;
  readonly bytes: number;
}

/** A rejected client may send this many times the limit before its connection is closed. */
const patience = 4;

/**
 * Reads the whole body, or returns why it was rejected. Bytes are taken from the budget as they arrive, not as
 * Content-Length announces them: a client that announces much and sends nothing takes nothing from the others.
 *
 * After a rejection the rest is read and discarded: closing the connection at once would often reset it before the client
 * has read the response.
 */
export function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<Body | Refusal> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let seen = 0;
    let over = false;
    const refuse = (why: Refusal): void => {
      if (over) return;
      over = true;
      budget.give(bytes);
      chunks.length = 0;
      resolve(why);
    };
    const take = (chunk: Buffer): void => {
      seen += chunk.length;
      if (over) {
        if (seen > patience * limit) request.destroy();
      } else if (seen > limit) refuse("too large");
      else if (!budget.take(chunk.length, bytes)) refuse("no budget");
      else {
        bytes += chunk.length;
        chunks.push(chunk);
      }
    };
    const breakOff = (): void => refuse("broken off");
    const finish = (): void => {
      // the request lives as long as its response, and its listeners would keep the body for as long
      request.off("data", take).off("close", breakOff).off("error", breakOff);
      if (over) return;
      over = true;
      const [first] = chunks;
      const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes);
      resolve({ content: whole, bytes });
    };
    request.on("data", take).once("end", finish).on("close", breakOff).on("error", breakOff);
    if (Number(request.headers["content-length"]) > limit) refuse("too large");
  });
}
