import { backoffDelay, type BackoffOptions } from "../backoff.js";
import type { Clock, Random, Timer } from "../clock.js";
import { Heap } from "./heap.js";
import { ReadyKeys } from "./ready-keys.js";

/** Receives what a queue does, for metrics. Durations are seconds. */
export interface QueueObserver {
  added(): void;
  /** @param depth keys that are ready and not being processed. */
  depthChanged(depth: number): void;
  /** A key was handed out, this long after it became ready. */
  started(waited: number): void;
  /** Processing a key ended, this long after it was handed out. */
  finished(worked: number): void;
  /** A key failed and is retried. */
  retried(): void;
}

/** How a queue delays retries. */
export interface QueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Delays of one key between its retries. Default 5 ms, doubling to 1,000 s, a tenth of it jitter. */
  readonly backoff?: BackoffOptions;
  /**
   * Limits the retries of all keys together. Default 10 per second after a burst of 100, as in controller-runtime: a fault
   * that affects every object must not overload the API server.
   */
  readonly bucket?: { readonly ratePerSecond: number; readonly burst: number };
  readonly observer?: QueueObserver;
  /**
   * The group of a key, for example its namespace. Among keys of equal priority the groups take turns, so that a thousand keys
   * of one group delay a key of another by one of them. Default: all keys are in one group.
   */
  readonly groupOf?: (key: string) => string;
}

/** When a key becomes ready, and its rank then. */
export interface AddOptions {
  /** Keys with higher priority come first. Default 0; start-up lists and resyncs use {@link lowPriority}. */
  readonly priority?: number;
  /** Milliseconds until the key becomes ready; at once if it is less than 0 or NaN. Default 0. */
  readonly after?: number;
}

/** The priority of start-up lists and resyncs, for which nobody waits. */
export const lowPriority = -100;

interface Entry {
  readonly key: string;
  readonly group: string;
  priority: number;
  /** Monotonic milliseconds at which it becomes, or became, ready. */
  readyAt: number;
  /** Order of arrival, which decides between equals. */
  sequence: number;
  ready: boolean;
  /** Heaps cannot remove from their middle: a replaced entry stays there, dead, until its turn or the next clean-up. */
  dead: boolean;
}

/** Fewer dead entries than these are not worth a clean-up, which visits all entries. */
const fewDead = 100;

/**
 * A queue of keys with priorities, delays and back-off. A key is in it at most once and is never handed out while it is
 * being processed: if it is added meanwhile, it waits until `done`. Of two adds, the higher priority and the earlier time
 * apply. Keys of equal priority are ordered by the time at which they became ready; with groups, the groups take turns.
 *
 * @example
 * const queue = new PriorityQueue({ clock: systemClock, random: Math.random });
 * queue.add("default/home", { after: 1_000 });
 * const item = await queue.get();
 * if (item !== undefined) queue.done(item.key);
 */
export class PriorityQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #backoff: BackoffOptions;
  readonly #bucket: { readonly ratePerSecond: number; readonly burst: number };
  readonly #observer: QueueObserver | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #working = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #waiters = new Set<() => void>();
  readonly #groupOf: (key: string) => string;
  readonly #ready = new ReadyKeys<Entry>(
    (a, b) => a.readyAt < b.readyAt || (a.readyAt === b.readyAt && a.sequence < b.sequence),
  );
  readonly #delayed = new Heap<Entry>((a, b) => a.readyAt < b.readyAt);
  #readyCount = 0;
  #dead = 0;
  #sequence = 0;
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #shutDown = false;
  #tokens: number;
  #tokensAt: number;

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#backoff = options.backoff ?? { initial: 5, max: 1_000_000, jitter: 0.1 };
    this.#bucket = options.bucket ?? { ratePerSecond: 10, burst: 100 };
    this.#observer = options.observer;
    this.#groupOf = options.groupOf ?? (() => "");
    this.#tokens = this.#bucket.burst;
    this.#tokensAt = options.clock.monotonic();
  }

  /** Keys that are ready and not being processed. */
  get depth(): number {
    return this.#readyCount;
  }

  /** Keys that were handed out and are not done. */
  get working(): number {
    return this.#working.size;
  }

  /** Keys that failed and were not forgotten: each uses memory until it is. */
  get remembered(): number {
    return this.#failures.size;
  }

  /** Entries in memory: one for each waiting key, and replaced ones that were not cleaned up yet. */
  get held(): number {
    return this.#ready.size + this.#delayed.size;
  }

  /** Seconds since each key in progress was handed out. */
  unfinished(): number[] {
    const now = this.#clock.monotonic();
    return [...this.#working.values()].map((startedAt) => (now - startedAt) / 1000);
  }

  /** Adds a key, or moves it forward if it waits already. Has no effect after `shutDown`. */
  add(key: string, options: AddOptions = {}): void {
    if (this.#shutDown) return;
    const { after = 0 } = options;
    // the condition makes NaN mean now
    const readyAt = this.#clock.monotonic() + (after > 0 ? after : 0);
    const priority = options.priority ?? 0;
    const existing = this.#entries.get(key);
    if (existing !== undefined) {
      if (existing.priority >= priority && existing.readyAt <= readyAt) return;
      this.#drop(existing);
      this.#insert(
        key,
        Math.max(existing.priority, priority),
        Math.min(existing.readyAt, readyAt),
        existing.readyAt <= readyAt ? existing.sequence : this.#sequence++,
      );
    } else {
      this.#observer?.added();
      this.#insert(key, priority, readyAt, this.#sequence++);
    }
    this.#wake();
  }

  /** Adds a failed key after its own back-off, but not sooner than the bucket of all keys allows. */
  retry(key: string, options: Pick<AddOptions, "priority"> = {}): void {
    if (this.#shutDown) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer?.retried();
    const after = Math.max(backoffDelay(this.#backoff, failures, this.#random), this.#takeToken());
    this.add(key, { ...options, after });
  }

  /** Resets the back-off of a key that succeeded: its next failure counts as the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Consecutive failures of a key. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /**
   * Waits for the next key. The caller must call `done` with it.
   * @returns undefined once the queue is shut down.
   */
  async get(): Promise<{ readonly key: string; readonly priority: number } | undefined> {
    for (;;) {
      if (this.#shutDown) return undefined;
      const entry = this.#take();
      if (entry !== undefined) return { key: entry.key, priority: entry.priority };
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Ends the processing of a key; if it was added meanwhile, it can now be handed out again. */
  done(key: string): void {
    const startedAt = this.#working.get(key);
    if (startedAt === undefined) return;
    this.#working.delete(key);
    this.#observer?.finished((this.#clock.monotonic() - startedAt) / 1000);
    const entry = this.#entries.get(key);
    if (entry?.ready === true) {
      this.#ready.push(entry);
      this.#countReady(1);
      this.#wake();
    }
  }

  /** Ends the queue: waiting and later `get`s resolve with undefined, and keys are no longer accepted. */
  shutDown(): void {
    this.#shutDown = true;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    for (const resolve of [...this.#waiters]) resolve();
    this.#waiters.clear();
  }

  #insert(key: string, priority: number, readyAt: number, sequence: number): void {
    const ready = readyAt <= this.#clock.monotonic();
    const entry: Entry = { key, group: this.#groupOf(key), priority, readyAt, sequence, ready, dead: false };
    this.#entries.set(key, entry);
    if (!ready) this.#delayed.push(entry);
    else if (!this.#working.has(key)) {
      this.#ready.push(entry);
      this.#countReady(1);
    }
  }

  #drop(entry: Entry): void {
    entry.dead = true;
    this.#entries.delete(entry.key);
    const working = this.#working.has(entry.key);
    if (entry.ready && !working) this.#countReady(-1);
    // an entry that became ready while its key was being processed is in no heap
    if (entry.ready && working) return;
    this.#dead++;
    if (this.#dead < fewDead || this.#dead < this.#entries.size) return;
    for (const heap of [this.#ready, this.#delayed]) heap.keep(({ dead }) => !dead);
    this.#dead = 0;
  }

  #take(): Entry | undefined {
    this.#promote();
    for (let entry = this.#ready.pop(); entry !== undefined; entry = this.#ready.pop()) {
      if (entry.dead) {
        this.#dead--;
        continue;
      }
      const now = this.#clock.monotonic();
      this.#entries.delete(entry.key);
      this.#working.set(entry.key, now);
      this.#countReady(-1);
      this.#observer?.started((now - entry.readyAt) / 1000);
      return entry;
    }
    return undefined;
  }

  /** Moves due entries to the ready heap, and sets the timer for the next one. */
  #promote(): void {
    const now = this.#clock.monotonic();
    for (let next = this.#delayed.peek(); next !== undefined; next = this.#delayed.peek()) {
      if (!next.dead && next.readyAt > now) break;
      this.#delayed.pop();
      if (next.dead) {
        this.#dead--;
        continue;
      }
      next.ready = true;
      if (this.#working.has(next.key)) continue;
      this.#ready.push(next);
      this.#countReady(1);
    }
    const next = this.#delayed.peek();
    if (next === undefined) {
      this.#timer?.timer.cancel();
      this.#timer = undefined;
    } else if (this.#timer === undefined || this.#timer.at > next.readyAt) {
      this.#timer?.timer.cancel();
      const timer = this.#clock.after(next.readyAt - now, () => {
        this.#timer = undefined;
        this.#wake();
      });
      this.#timer = { at: next.readyAt, timer };
    }
  }

  /** Resolves as many waiting `get`s as keys are ready. */
  #wake(): void {
    this.#promote();
    let free = this.#readyCount;
    for (const resolve of this.#waiters) {
      if (free-- <= 0) return;
      this.#waiters.delete(resolve);
      resolve();
    }
  }

  #countReady(change: 1 | -1): void {
    this.#readyCount += change;
    this.#observer?.depthChanged(this.#readyCount);
  }

  /** Takes a token from the bucket; returns the milliseconds that a retry must wait for it. */
  #takeToken(): number {
    const now = this.#clock.monotonic();
    const { ratePerSecond, burst } = this.#bucket;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#tokensAt) * ratePerSecond) / 1000);
    this.#tokensAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / ratePerSecond) * 1000;
  }
}
