import { LinkedAbort } from "./abort.js";
import { sleep, type Clock } from "./clock.js";
import type { Logger } from "./logger.js";

/** Work that is repeated at an interval. */
export interface PeriodicOptions {
  /** Names the work in the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds from the end of one execution to the start of the next; evaluated before each wait. */
  readonly interval: () => number;
  /** Receives the signal that ends the loop. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /**
   * Registers a callback that ends the current wait; a call during the work makes it run once more at once. Returns the
   * function that removes the callback. Default: only the interval ends a wait.
   */
  readonly wakeOn?: (wake: () => void) => () => void;
}

/**
 * Executes the work at once and then after each interval, until the signal fires. A failure is logged as a warning and
 * retried after the usual interval. Never rejects.
 */
export async function periodically(
  { name, clock, logger, interval, work, wakeOn }: PeriodicOptions,
  signal: AbortSignal,
): Promise<void> {
  const alarm = new Alarm();
  const ignoreWakes = wakeOn?.(() => alarm.ring());
  do {
    alarm.reset();
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) break;
      logger.warn({ err: error }, `${name} failed; retrying in ${Math.round(interval() / 1000)} s`);
    }
    await alarm.wait(clock, interval(), signal);
  } while (!signal.aborted);
  ignoreWakes?.();
}

/** Ends a wait; rung before the wait, it ends it at once. */
class Alarm {
  #isRung = false;
  #current: LinkedAbort | undefined;

  ring(): void {
    this.#isRung = true;
    this.#current?.abort();
  }

  reset(): void {
    this.#isRung = false;
  }

  async wait(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
    if (this.#isRung) return;
    this.#current = new LinkedAbort(signal);
    await sleep(clock, delay, this.#current.signal);
    this.#current.unlink();
  }
}
