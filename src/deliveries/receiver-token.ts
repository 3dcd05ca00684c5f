/** The token of the receiver's ServiceAccount, which the kubelet replaces before it ends. */
import { readBoundedFile } from "../runtime/input/bounded-file.js";
import type { Clock } from "../runtime/clock.js";

/** Milliseconds after which the file is read again. */
const rereadEvery = 60_000;

const maxBytes = 16_384;

export class ReceiverToken {
  readonly #file: string;
  readonly #clock: Clock;
  #held: { readonly token: string; readonly readAt: number } | undefined;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** @param refresh the last one was refused @throws Error if the file has no token */
  async current(refresh: boolean): Promise<string> {
    const now = this.#clock.monotonic();
    if (this.#held !== undefined && !refresh && now - this.#held.readAt < rereadEvery) return this.#held.token;
    const token = (await readBoundedFile(this.#file, maxBytes))?.toString("utf8").trim() ?? "";
    if (token === "") throw new Error(`${this.#file} has no token: mount that of the server's ServiceAccount`);
    this.#held = { token, readAt: now };
    return token;
  }
}
