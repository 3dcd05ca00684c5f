import type { Random } from "./clock.js";

/** How delays grow from one failure to the next. */
export interface BackoffOptions {
  /** The first delay, in milliseconds. */
  readonly initial: number;
  /** The longest delay, in milliseconds. */
  readonly max: number;
  /** Each delay is this many times the one before. Default 2. */
  readonly factor?: number;
  /**
   * The fraction of a delay that is random, 0 to 1: without it, everything that failed together retries together.
   * Default 0.5.
   */
  readonly jitter?: number;
}

/** Delays that grow with each consecutive failure. */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: Random,
  ) {}

  /** The delay before the next retry, in milliseconds; at most `max`. */
  next(): number {
    return backoffDelay(this.options, this.#failures++, this.random);
  }

  /** After a success: the next failure counts as the first. */
  reset(): void {
    this.#failures = 0;
  }
}

/** The delay after `failures` earlier ones, in milliseconds. */
export function backoffDelay(options: BackoffOptions, failures: number, random: Random): number {
  const { initial, max, factor = 2, jitter = 0.5 } = options;
  // factor ** 1024 is Infinity, which min() limits to max
  const delay = Math.min(max, initial * factor ** failures);
  return delay * (1 - jitter * random());
}
