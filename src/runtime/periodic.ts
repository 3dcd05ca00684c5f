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
}

/**
 * Executes the work at once and then after each interval, until the signal fires. A failure is logged as a warning and
 * retried after the usual interval. Never rejects.
 */
export async function periodically(
  { name, clock, logger, interval, work }: PeriodicOptions,
  signal: AbortSignal,
): Promise<void> {
  do {
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ err: error }, `${name} failed; retrying in ${Math.round(interval() / 1000)} s`);
    }
  } while (await sleep(clock, interval(), signal));
}
