/**
 * When an API of GitHub takes no more requests with a key:
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api. A client that keeps sending requests may be banned.
 */
import type { Clock } from "../runtime/clock.js";

/** Of an answer. */
export interface LimitedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** GitHub's words. */
  readonly message: string;
}

/** Milliseconds to wait after a limit that has no headers. It doubles each time, up to the longest. */
const unknownWait = 60_000;
const longestWait = 3_600_000;

/** Keys that are remembered: there is one for each repository and set of permissions. */
const maxKeys = 2_000;

interface Limit {
  readonly until: number;
  /** How many times in a row the wait was unknown. */
  readonly unknown: number;
}

export class RateLimits {
  readonly #clock: Clock;
  readonly #limits = new Map<string, Limit>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next request may be sent; 0: now. */
  wait(key: string): number {
    const limit = this.#limits.get(bucketOf(key));
    return limit === undefined ? 0 : Math.max(0, limit.until - this.#clock.now());
  }

  /** Learns from an answer. @returns milliseconds until the request may be sent again; undefined if the answer is no limit's */
  learn(key: string, { status, headers, message }: LimitedAnswer): number | undefined {
    const bucket = bucketOf(key);
    const now = this.#clock.now();
    const before = this.#limits.get(bucket);
    const isWaiting = before !== undefined && before.until > now;
    const reset = isUsedUp(headers) ? untilReset(headers, now) : undefined;
    if (status !== 429 && !(status === 403 && isLimit(headers, message))) {
      if (reset !== undefined) this.#set(bucket, { until: now + reset, unknown: 0 });
      // others that were sent before the limit may be answered after it
      else if (!isWaiting) this.#limits.delete(bucket);
      return undefined;
    }
    const told = afterSeconds(headers) ?? reset;
    // of several that were under way at the same time, the first one counts
    const unknown = told === undefined ? (before?.unknown ?? 0) + (isWaiting ? 0 : 1) : 0;
    const wait = Math.min(told ?? unknownWait * 2 ** Math.max(0, unknown - 1), longestWait);
    this.#set(bucket, { until: Math.max(before?.until ?? 0, now + wait), unknown });
    return wait;
  }

  #set(bucket: string, limit: Limit): void {
    this.#limits.delete(bucket);
    this.#limits.set(bucket, limit);
    const [oldest] = this.#limits.keys();
    if (this.#limits.size > maxKeys && oldest !== undefined) this.#limits.delete(oldest);
  }
}

/** Whether a key is an App's signature, which is another one for each request. */
export function isSignature(key: string): boolean {
  return key.startsWith("eyJ");
}

/** The limit of an App is that of all its signatures. */
function bucketOf(key: string): string {
  return isSignature(key) ? "App" : key;
}

function isLimit(headers: LimitedAnswer["headers"], message: string): boolean {
  return headers["retry-after"] !== undefined || isUsedUp(headers) || /rate limit/i.test(message);
}

function isUsedUp(headers: LimitedAnswer["headers"]): boolean {
  return headers["x-ratelimit-remaining"] === "0";
}

function afterSeconds({ "retry-after": after }: LimitedAnswer["headers"]): number | undefined {
  return /^\d{1,9}$/.test(String(after)) ? Number(after) * 1_000 : undefined;
}

/** GitHub's clock may be another one: at least a second. */
function untilReset({ "x-ratelimit-reset": reset }: LimitedAnswer["headers"], now: number): number | undefined {
  if (!/^\d{1,12}$/.test(String(reset))) return undefined;
  return Math.min(Math.max(Number(reset) * 1_000 - now, 1_000), longestWait);
}
