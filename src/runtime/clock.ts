/** Time and randomness, passed in so that a test controls both. */
import { onAbort } from "./abort.js";

/** Handle of a timer that can be cancelled. */
export interface Timer {
  /** Has no effect once the timer has fired. */
  cancel(): void;
}

/** Where the runtime gets its time from: {@link systemClock} in programs, `FakeClock` in tests. */
export interface Clock {
  /** Wall clock: milliseconds since the epoch. It may jump: use it only for what is shown or stored. */
  now(): number;
  /** Milliseconds from some fixed point; never goes back. Use it for every duration. */
  monotonic(): number;
  /** Calls back once after `delay` milliseconds; as soon as possible if it is 0 or less. */
  after(delay: number, callback: () => void): Timer;
}

/** A random number, uniform in [0, 1). */
export type Random = () => number;

/** A longer delay overflows the 32 bits of setTimeout, which then fires at once; longer timers are set in steps. */
const longestTimeout = 2 ** 31 - 1;

/** The clock of the operating system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, callback) {
    let timer: NodeJS.Timeout;
    const start = (left: number): void => {
      const step = Math.min(left, longestTimeout);
      timer = setTimeout(
        () => {
          if (left > step) start(left - step);
          else callback();
        },
        Math.max(0, step),
      );
    };
    start(delay);
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * Resolves after `delay` milliseconds, or as soon as the signal fires. Never rejects.
 *
 * @returns true if the time passed, false if the signal fired first.
 */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve(false);
      return;
    }
    const timer = clock.after(delay, () => {
      removeListener();
      resolve(true);
    });
    const removeListener = onAbort(signal, () => {
      timer.cancel();
      resolve(false);
    });
  });
}

/** RFC 3339 with seconds, as metav1.Time. */
export function formatTime(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

/** RFC 3339 with six digits, as metav1.MicroTime: the API server rejects other precisions in a Lease. */
export function formatMicroTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
