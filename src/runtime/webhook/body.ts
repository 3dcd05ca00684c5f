import type { IncomingMessage } from "node:http";

/** Bytes of bodies that a server may hold at once. */
export class BodyBudget {
  #held = 0;

  constructor(private readonly limit: number) {}

  /**
   * Takes more bytes for a body that holds some `already`; false where there are none left. A body that is alone gets
   * what it needs.
   */
  take(bytes: number, already: number): boolean {
    if (this.#held > already && this.#held + bytes > this.limit) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

export type Refusal = "too large" | "no budget" | "broken off";

/** A body that was read. Giving its bytes back to the budget is the reader's. */
export interface Body {
  readonly text: string;
  readonly bytes: number;
}

/** How many times the limit a refused sender may go on to send before the connection is cut. */
const patience = 4;

/**
 * The whole body as text, or why not. Its bytes are taken from the budget as they arrive, not as they are announced: a sender
 * that announces much and sends nothing takes nothing from the others.
 *
 * What comes after a refusal is read and thrown away: cutting the connection at once would often reset it before the
 * sender has seen the answer.
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
    request.on("data", (chunk: Buffer) => {
      seen += chunk.length;
      if (over) {
        if (seen > patience * limit) request.destroy();
      } else if (seen > limit) refuse("too large");
      else if (!budget.take(chunk.length, bytes)) refuse("no budget");
      else {
        bytes += chunk.length;
        chunks.push(chunk);
      }
    });
    request.on("end", () => {
      if (over) return;
      over = true;
      const [first] = chunks;
      const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes);
      resolve({ text: whole.toString("utf8"), bytes });
    });
    request.on("close", () => refuse("broken off"));
    request.on("error", () => refuse("broken off"));
    if (Number(request.headers["content-length"]) > limit) refuse("too large");
  });
}
