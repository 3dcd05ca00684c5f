import { backoffDelay, type BackoffOptions } from "../backoff.js";
import type { Clock, Random, Timer } from "../clock.js";
import { Heap } from "./heap.js";

/** Told what a queue does, for metrics. Durations are seconds. */
export interface QueueObserver {
  added(): void;
  depthChanged(depth: number): void;
  /** An item was handed out, this long after it became ready. */
  started(waited: number): void;
  finished(worked: number): void;
  retried(): void;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Waits of a key that fails again and again. Default 5 ms, doubling to 1,000 s, a tenth of it jitter. */
  readonly backoff?: BackoffOptions;
  /**
   * Retries of all keys together: this many a second after a burst. Default 10 a second, 100 at once, as in
   * controller-runtime: a fault that hits every object must not become a storm on the API server.
   */
  readonly bucket?: { readonly ratePerSecond: number; readonly burst: number };
  readonly observer?: QueueObserver;
}

export interface AddOptions {
  /** Higher comes first. Default 0; start-up lists and resyncs use {@link lowPriority}. */
  readonly priority?: number;
  /** Milliseconds until the key becomes ready; at once where that is less than 0 or no number. Default 0. */
  readonly after?: number;
}

/** For what nobody waits for: start-up lists and resyncs. */
export const lowPriority = -100;

interface Entry {
  readonly key: string;
  priority: number;
  /** Monotonic milliseconds at which it is, or became, ready. */
  readyAt: number;
  /** Order of arrival, which decides among equals. */
  sequence: number;
  ready: boolean;
  /** Heaps can't remove from their middle: an entry that was replaced stays there, dead, until it is its turn or they are many. */
  dead: boolean;
}

/** Dead entries that aren't worth a look at all others. */
const fewDead = 100;

/**
 * A queue of keys with priorities, delays and back-off. A key is in it at most once, and is never handed out while it
 * is being worked on: what is added meanwhile waits until `done`. Of two adds the higher priority and the earlier time
 * hold. Equal priorities go by the time at which they became ready.
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
  readonly #ready = new Heap<Entry>(
    (a, b) =>
      a.priority > b.priority ||
      (a.priority === b.priority && (a.readyAt < b.readyAt || (a.readyAt === b.readyAt && a.sequence < b.sequence))),
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
    this.#tokens = this.#bucket.burst;
    this.#tokensAt = options.clock.monotonic();
  }

  /** Keys that are ready and not being worked on. */
  get depth(): number {
    return this.#readyCount;
  }

  /** Keys that are handed out and not done. */
  get working(): number {
    return this.#working.size;
  }

  /** Keys that failed and weren't forgotten: each costs memory until it is. */
  get remembered(): number {
    return this.#failures.size;
  }

  /** Entries in memory: of each key that waits, and of some that were replaced. */
  get held(): number {
    return this.#ready.size + this.#delayed.size;
  }

  /** Seconds since each key that is being worked on was handed out. */
  unfinished(): number[] {
    const now = this.#clock.monotonic();
    return [...this.#working.values()].map((startedAt) => (now - startedAt) / 1000);
  }

  add(key: string, options: AddOptions = {}): void {
    if (this.#shutDown) return;
    const { after = 0 } = options;
    // written so that NaN is now
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

  /** Adds a key that failed: after its own back-off, and not faster than the bucket allows for all together. */
  retry(key: string, options: Pick<AddOptions, "priority"> = {}): void {
    if (this.#shutDown) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer?.retried();
    const after = Math.max(backoffDelay(this.#backoff, failures, this.#random), this.#takeToken());
    this.add(key, { ...options, after });
  }

  /** A key succeeded: its next failure waits as if it were the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /**
   * The next key; waits until there is one. The caller has to say `done`.
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

  /** Work on a key ended; if it was added meanwhile it can now be handed out again. */
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

  /** No key comes out any more, and none goes in; waiting `get`s resolve. */
  shutDown(): void {
    this.#shutDown = true;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    for (const resolve of [...this.#waiters]) resolve();
    this.#waiters.clear();
  }

  #insert(key: string, priority: number, readyAt: number, sequence: number): void {
    const ready = readyAt <= this.#clock.monotonic();
    const entry: Entry = { key, priority, readyAt, sequence, ready, dead: false };
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
    // one that became ready while its key was being worked on is in no heap
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

  /** Moves what has become due to the ready, and sets the timer for what comes next. */
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

  /** Lets as many waiting `get`s go on as there are keys for them. */
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

  /** Milliseconds that a retry has to wait for its token. */
  #takeToken(): number {
    const now = this.#clock.monotonic();
    const { ratePerSecond, burst } = this.#bucket;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#tokensAt) * ratePerSecond) / 1000);
    this.#tokensAt = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / ratePerSecond) * 1000;
  }
}
