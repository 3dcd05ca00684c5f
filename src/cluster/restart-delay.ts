/** A process that ran this long, in milliseconds, did not fail at its start: the next restart is quick again. */
const HEALTHY_AFTER = 60_000;

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;

/**
 * The pause before a process that exited is restarted: a second, then twice the previous pause up to half a minute.
 *
 * @param previous the pause before the start that ended now; undefined for the first start
 * @param ranFor how long the process ran
 * @returns milliseconds
 */
export function restartDelay(previous: number | undefined, ranFor: number): number {
  return previous === undefined || ranFor >= HEALTHY_AFTER ? FIRST_DELAY : Math.min(2 * previous, LONGEST_DELAY);
}
