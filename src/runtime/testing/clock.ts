import type { Clock, Timer } from "../clock.js";

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that only moves when it is told to. Both of its times can be set apart, as when a machine's clock jumps. */
export class FakeClock implements Clock {
  #monotonic = 0;
  #wallOffset: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** @param start wall-clock time to begin at, in milliseconds since the epoch. */
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

  /** Timers that are set: a test that ends with some left has found a leak. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Moves the wall clock without any time passing. */
  jump(milliseconds: number): void {
    this.#wallOffset += milliseconds;
  }

  /** Lets time pass, firing each timer at its time and letting what it woke run before the next. */
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

  /** As `advance`, for code that has no promises: nothing runs between the timers. */
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

/** Lets everything that is ready to run do so: promises, and what they queue in turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
