/** Time and chance as they are passed in, so that a test owns both. */

/** Handle of a timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock: milliseconds since the epoch. May jump; only for what is shown or stored. */
  now(): number;
  /** Milliseconds from some fixed point; never goes back. For every duration. */
  monotonic(): number;
  /** Calls back once after `delay` milliseconds. */
  after(delay: number, callback: () => void): Timer;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** Timers beyond this would overflow setTimeout's 32 bits and fire at once; longer ones are set again. */
const longestTimeout = 2 ** 31 - 1;

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

/** Resolves after `delay` milliseconds, or as soon as the signal fires; true if the time passed. */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve(false);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.after(delay, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve(true);
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** RFC 3339 with seconds, as metav1.Time. */
export function formatTime(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

/** RFC 3339 with six digits, as metav1.MicroTime: the API server refuses other precisions in a Lease. */
export function formatMicroTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
