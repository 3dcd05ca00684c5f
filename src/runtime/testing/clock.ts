import type { Clock, Timer } from "../clock.js";

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock for tests: its time passes only by `advance`. The wall clock can also `jump`, as when a machine's clock is set.
 *
 * @example
 * const clock = new FakeClock();
 * let fired = false;
 * clock.after(60_000, () => (fired = true));
 * await clock.advance(60_000);
 * console.log(fired, clock.pending === 0);
 */
export class FakeClock implements Clock {
  #monotonic = 0;
  #wallOffset: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** @param start wall-clock time at the beginning, in milliseconds since the epoch. Default 2026-01-01. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = start;
  }

  now(): number {
    return this.#wallOffset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delay: number, callback: () => void): Timer {
    const pending: Pending = { at: this.#monotonic + Math.max(0, delay), order: this.#order++, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** The number of set timers: if some are left at the end of a test, the code leaks them. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Moves the wall clock; no time passes and no timer fires. */
  jump(milliseconds: number): void {
    this.#wallOffset += milliseconds;
  }

  /** Lets time pass: fires each timer at its time, and runs what it resumed before the next timer. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#monotonic + milliseconds;
    await settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#pending.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.callback();
      await settle();
    }
    this.#monotonic = until;
    await settle();
  }

  /** As `advance`, but synchronously: no promise resolves between the timers. */
  advanceSync(milliseconds: number): void {
    const until = this.#monotonic + milliseconds;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#pending.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.callback();
    }
    this.#monotonic = until;
  }

  #next(until: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at > until) continue;
      if (first === undefined || pending.at < first.at || (pending.at === first.at && pending.order < first.order)) {
        first = pending;
      }
    }
    return first;
  }
}

/** Runs everything that is ready: resolved promises, and what those make ready in turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
