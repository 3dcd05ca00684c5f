/** How long to wait before asking a server again. */

/** Milliseconds. */
const firstDelay = 500;
/** Milliseconds. */
export const longestDelay = 30_000;

/** Milliseconds before try number `tries` (from 0), with up to half of it taken off at random. */
export function backOff(tries: number, random: number): number {
  const delay = Math.min(longestDelay, firstDelay * 2 ** Math.min(tries, 10));
  return delay * (1 - random / 2);
}
