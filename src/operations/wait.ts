/** Waits until a run is as wanted. */
import { ApiError, ConnectionError, Gone, NotFound, TimeoutError } from "../runtime/client/errors.js";
import type { Client } from "../runtime/client/client.js";
import { objectKey, type Stored } from "../runtime/client/objects.js";
import { sleep, systemClock, type Clock } from "../runtime/clock.js";
import type { AnyRun, Found } from "./any-run.js";

/** Milliseconds before the next request after the API server was unavailable. */
export const pause = 1_000;

/**
 * The run as soon as it is as wanted; undefined once it is deleted, also if another one has its name. Continues while the API
 * server is unavailable.
 *
 * @throws an API error that waiting does not mend, such as a missing right; the signal's reason
 */
export async function runWhen(
  client: Pick<Client, "get" | "watch">,
  { type, run }: Found,
  isWanted: (run: Stored<AnyRun>) => boolean,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<Stored<AnyRun> | undefined> {
  const key = objectKey(run);
  const isOther = (each: Stored<AnyRun>): boolean => each.metadata.uid !== run.metadata.uid;
  for (;;) {
    try {
      const current = await client.get(type, key, { signal });
      if (isOther(current)) return undefined;
      if (isWanted(current)) return current;
      const { resourceVersion } = current.metadata;
      const fieldSelector = `metadata.name=${run.metadata.name}`;
      const { namespace } = run.metadata;
      const events = client.watch(type, {
        ...{ fieldSelector, resourceVersion, signal, ...(namespace !== undefined && { namespace }) },
      });
      for await (const event of events) {
        if (event.type === "BOOKMARK") continue;
        if (event.type === "DELETED" || isOther(event.object)) return undefined;
        if (isWanted(event.object)) return event.object;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NotFound) return undefined;
      if (!isPassing(error)) throw error;
      await sleep(clock, pause, signal);
    }
  }
}

/** Whether an error says that the API server is unavailable or behind, and not that the request is wrong. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError || error instanceof Gone) return true;
  return error instanceof ApiError && (error.code === 429 || error.code >= 500);
}
