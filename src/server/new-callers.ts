/** Bounds how many tokens one address can try: the API server has to check each one that it does not know. */
import type { Clock } from "../runtime/clock.js";
import { RateLimit } from "../runtime/rate-limit.js";

/** Callers that the API server has accepted lately; the one that was seen least recently is forgotten. */
const maxKnown = 10_000;

/** Tries of one address: per second over time, and at once after a quiet time. Behind a proxy, everybody has its address. */
const tries = { perSecond: 20, burst: 200, maxSources: 10_000 };

/** A caller whose token was accepted is not bounded by this, so that others of its address cannot lock it out. */
export class NewCallers {
  readonly #tries: RateLimit;
  readonly #known = new Set<string>();

  constructor(clock: Clock) {
    this.#tries = new RateLimit({ clock, ...tries });
  }

  /** Whether a caller may try. @param key undefined: it has no token, or has yet to show that it is a caller's */
  mayTry(key: string | undefined, address: string): boolean {
    return (key !== undefined && this.#known.has(key)) || this.#tries.take(address);
  }

  /** The API server has accepted the caller's token. */
  accepted(key: string): void {
    this.#known.delete(key);
    this.#known.add(key);
    if (this.#known.size <= maxKnown) return;
    const [oldest = ""] = this.#known;
    this.#known.delete(oldest);
  }

  /** The API server rejects the caller's token, also one that it accepted before. */
  rejected(key: string): void {
    this.#known.delete(key);
  }
}
