/** Takes lists of many runs in turn: each needs some 30 MiB while it is read. */
import { onAbort } from "../runtime/abort.js";
import { Problem } from "./problem.js";

/** Rows up to which a list needs no turn. */
export const smallList = 500;

/** Lists that are read at once. */
const atOnce = 2;

/** Lists of one caller that are read or wait. */
const perCaller = 4;

export class LargeLists {
  readonly #callers = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** Reads a list when it has its turn. @throws Problem if the caller has too many; the signal's reason; what `read` throws */
  async read<T>(caller: string, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
    const own = this.#callers.get(caller) ?? 0;
    if (own >= perCaller)
      throw new Problem(429, `you have ${own} lists of more than ${smallList} runs under way; wait for one`, {
        retryAfter: 1,
      });
    this.#callers.set(caller, own + 1);
    try {
      await this.#turn(signal);
      try {
        return await read();
      } finally {
        this.#running--;
        this.#next();
      }
    } finally {
      const left = (this.#callers.get(caller) ?? 1) - 1;
      if (left === 0) this.#callers.delete(caller);
      else this.#callers.set(caller, left);
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running >= atOnce)
      await new Promise<void>((resolve, reject) => {
        const begin = (): void => {
          removeListener();
          resolve();
        };
        const removeListener = onAbort(signal, () => {
          this.#waiting.delete(begin);
          reject(signal.reason as Error);
        });
        this.#waiting.add(begin);
      });
    else this.#running++;
  }

  /** Passes the place of a list that has ended to the one that waits longest. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#running++;
    first();
  }
}
