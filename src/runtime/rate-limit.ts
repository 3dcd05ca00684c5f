import type { Clock } from "./clock.js";

/** Options of {@link RateLimit}. */
export interface RateLimitOptions {
  readonly clock: Clock;
  readonly perSecond: number;
  /** What a source that has been quiet may take at once. */
  readonly burst: number;
  /** Sources that are remembered; the one that was seen least recently is forgotten. Default 1,000. */
  readonly maxSources?: number;
}

/** A token bucket for each of many sources. Takes constant time and bounded memory, whatever sources exist. */
export class RateLimit {
  readonly #options: Required<RateLimitOptions>;
  /** Tokens at a time, in the order of their last use. */
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>();

  constructor(options: RateLimitOptions) {
    this.#options = { maxSources: 1_000, ...options };
  }

  /** Takes one token; false if the source has none left. */
  take(source: string): boolean {
    const { clock, perSecond, burst, maxSources } = this.#options;
    const now = clock.monotonic();
    const { tokens, at } = this.#buckets.get(source) ?? { tokens: burst, at: now };
    const left = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    const isTaken = left >= 1;
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens: isTaken ? left - 1 : left, at: now });
    if (this.#buckets.size > maxSources) {
      const [oldest = ""] = this.#buckets.keys();
      this.#buckets.delete(oldest);
    }
    return isTaken;
  }
}
