/** What exists now, and then each change of it. */
import { Gone } from "../runtime/client/errors.js";
import { sleep, systemClock, type Clock } from "../runtime/clock.js";
import { isPassing, pause } from "./wait.js";

export interface Observed<T> {
  /** Absent: only the version moved on. */
  readonly change?: T;
  readonly version: string;
}

export interface Source<T> {
  /** What exists now, as a change that comes first; changes continue from its version. */
  readonly list: () => Promise<Observed<T>>;
  /** Changes after a version, until the server ends them. @throws Gone if changes are lost */
  readonly changes: (version: string) => AsyncGenerator<Observed<T>>;
}

/**
 * What a source lists, and then its changes, until the signal fires. Continues while the server is unavailable, and lists again if changes are lost.
 *
 * @throws an API error that waiting does not mend, such as a missing right; the signal's reason
 */
export async function* follow<T>(
  { list, changes }: Source<T>,
  signal: AbortSignal,
  clock: Clock = systemClock,
): AsyncGenerator<T> {
  for (let version: string | undefined; ;) {
    try {
      if (version === undefined) {
        const listed = await list();
        ({ version } = listed);
        if (listed.change !== undefined) yield listed.change;
      }
      for await (const observed of changes(version)) {
        ({ version } = observed);
        if (observed.change !== undefined) yield observed.change;
      }
      // a proxy may end watches at once
      await sleep(clock, pause, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (error instanceof Gone) version = undefined;
      else await sleep(clock, pause, signal);
    }
  }
}
