import { sleep, type Clock } from "./clock.js";
import type { Logger } from "./logger.js";

export interface PeriodicOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds to the next time; asked before each wait. */
  readonly interval: () => number;
  readonly work: (signal: AbortSignal) => Promise<void>;
}

/** Works at once and then after each interval, until the signal fires. A failure is logged, and the work tried again at the next. */
export async function periodically(
  { name, clock, logger, interval, work }: PeriodicOptions,
  signal: AbortSignal,
): Promise<void> {
  do {
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ err: error }, `${name} failed; it is tried again in ${Math.round(interval() / 1000)} s`);
    }
  } while (await sleep(clock, interval(), signal));
}
