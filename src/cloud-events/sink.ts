/** One sink: the events that wait for it. */
import type { CloudEvent } from "./cloud-event.js";
import type { Outcome } from "./post.js";
import { onAbort } from "../runtime/abort.js";
import { backoffDelay } from "../runtime/backoff.js";
import type { Clock, Random } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { PriorityQueue } from "../runtime/queue/queue.js";

/** Events that wait for one sink at most; beyond it the oldest is dropped. */
const maxWaiting = 1_000;

/** Deliveries to one sink at the same time; those of one run follow each other. */
const concurrency = 4;

/** Times that an event is sent; with the delays, for about an hour. */
const maxTries = 20;
const delays = { initial: 1_000, max: 300_000, jitter: 0.5 };

/** What a sink reports of itself, for metrics. */
export interface SinkObserver {
  delivered(): void;
  failed(): void;
  dropped(): void;
}

export interface SinkDependencies {
  readonly name: string;
  /** Sends one event; never rejects. */
  readonly send: (event: CloudEvent, signal: AbortSignal) => Promise<Outcome>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: SinkObserver;
}

/** The events of one run that wait, the oldest first. */
interface Waiting {
  readonly events: CloudEvent[];
  /** Times that the first of them failed. */
  failures: number;
}

/** Delivers events in their order for each run; other runs do not wait for one whose event fails. */
export class Sink {
  readonly #dependencies: SinkDependencies;
  readonly #queue: PriorityQueue;
  readonly #runs = new Map<string, Waiting>();
  readonly #atWork = new Set<string>();
  #waiting = 0;
  #isFailing = false;

  constructor(dependencies: SinkDependencies) {
    this.#dependencies = dependencies;
    const { clock, random } = dependencies;
    this.#queue = new PriorityQueue({ clock, random });
  }

  /** Events that wait, or are being sent. */
  get waiting(): number {
    return this.#waiting;
  }

  /** @param run identifies the run, such as by its UID */
  add(run: string, event: CloudEvent): void {
    if (this.#waiting >= maxWaiting) this.#dropOldest();
    const waiting = this.#runs.get(run);
    this.#waiting++;
    if (waiting !== undefined) {
      waiting.events.push(event);
      return;
    }
    this.#runs.set(run, { events: [event], failures: 0 });
    this.#queue.add(run);
  }

  /** Delivers until the signal fires; what then waits is dropped. */
  async run(signal: AbortSignal): Promise<void> {
    const removeListener = onAbort(signal, () => this.#queue.shutDown());
    await Promise.all(Array.from({ length: concurrency }, () => this.#work(signal)));
    removeListener();
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let item = await this.#queue.get(); item !== undefined; item = await this.#queue.get()) {
      this.#atWork.add(item.key);
      await this.#deliver(item.key, signal);
      this.#atWork.delete(item.key);
      this.#queue.done(item.key);
    }
  }

  async #deliver(run: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#runs.get(run);
    const event = waiting?.events[0];
    if (waiting === undefined || event === undefined) return;
    const { name, send, logger, observer, random } = this.#dependencies;
    const outcome = await send(event, signal);
    if (signal.aborted) return;
    this.#log(outcome);
    if (outcome.kind === "failed") {
      observer.failed();
      waiting.failures++;
      if (waiting.failures < maxTries) {
        const delay = backoffDelay(delays, waiting.failures - 1, random);
        this.#queue.add(run, { after: Math.min(delays.max, Math.max(delay, outcome.retryAfter ?? 0)) });
        return;
      }
    }
    if (outcome.kind === "accepted") observer.delivered();
    else {
      observer.dropped();
      logger.warn({ sink: name, event: event.id, why: outcome.why }, "a CloudEvent is dropped");
    }
    this.#remove(run, waiting);
    if (waiting.events.length > 0) this.#queue.add(run);
  }

  /** A line when deliveries begin to fail, and one when they work again. */
  #log(outcome: Outcome): void {
    const { name, logger } = this.#dependencies;
    const isFailing = outcome.kind === "failed";
    if (isFailing && !this.#isFailing)
      logger.warn({ sink: name, why: outcome.why }, "CloudEvents cannot be delivered; retrying");
    if (!isFailing && this.#isFailing) logger.info({ sink: name }, "CloudEvents are delivered again");
    this.#isFailing = isFailing;
  }

  /** Removes the first event of a run, and the run with its last. */
  #remove(run: string, waiting: Waiting): void {
    waiting.events.shift();
    waiting.failures = 0;
    this.#waiting--;
    if (waiting.events.length === 0) this.#runs.delete(run);
  }

  #dropOldest(): void {
    for (const [run, waiting] of this.#runs) {
      if (this.#atWork.has(run)) continue;
      this.#dependencies.observer.dropped();
      this.#remove(run, waiting);
      return;
    }
  }
}
