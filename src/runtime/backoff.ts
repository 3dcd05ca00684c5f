import type { Random } from "./clock.js";

export interface BackoffOptions {
  /** Milliseconds. */
  readonly initial: number;
  /** Milliseconds. */
  readonly max: number;
  /** Each delay is this many times the one before. Default 2. */
  readonly factor?: number;
  /** Part of a delay that is left to chance, 0..1: without it, all that failed together come back together. Default 0.5. */
  readonly jitter?: number;
}

/** Delays that grow from failure to failure. */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: Random,
  ) {}

  /** The delay before the next try, in milliseconds; at most `max`. */
  next(): number {
    return backoffDelay(this.options, this.#failures++, this.random);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** The delay after `failures` earlier ones, in milliseconds. */
export function backoffDelay(options: BackoffOptions, failures: number, random: Random): number {
  const { initial, max, factor = 2, jitter = 0.5 } = options;
  // factor ** 1024 is Infinity, which min() brings back to max
  const delay = Math.min(max, initial * factor ** failures);
  return delay * (1 - jitter * random());
}
