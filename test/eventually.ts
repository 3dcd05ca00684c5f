/** Bounds of the pause between two polls, in milliseconds. */
const [shortest, longest] = [25, 500];

/**
 * Polls until the condition gives something else than undefined or false, and gives that. What it throws only counts as
 * "not yet". The pause grows with the time waited, to a tenth of it: a poll costs a server more than the wait costs the test.
 *
 * @throws {Error} at the deadline, with what was waited for; its cause is what the condition threw last.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  timeout = 60_000,
): Promise<T> {
  const began = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const result = await condition();
      if (result !== undefined && result !== false) return result;
      last = undefined;
    } catch (error) {
      last = error;
    }
    const waited = performance.now() - began;
    if (waited > timeout) throw new Error(`not within ${timeout} ms: ${what}`, { cause: last });
    const pause = Math.min(Math.max(waited / 10, shortest), longest);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
