/** Runs as whole objects that go on: those that exist now, and each change of them. */
import type { Client } from "../runtime/client/client.js";
import { Gone } from "../runtime/client/errors.js";
import type { Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { sleep, systemClock, type Clock } from "../runtime/clock.js";
import type { AnyRun } from "./any-run.js";
import type { TableOptions } from "./table.js";
import { isPassing, pause } from "./wait.js";

/**
 * The runs of a kind, and then each state of them, until the signal fires; of one that is deleted, its last state. Goes on while the API
 * server is away: of what changed meanwhile, the present state.
 *
 * @throws an API error that waiting does not mend, such as a missing right; the signal's reason
 */
export async function* followObjects(
  client: Pick<Client, "list" | "watch">,
  type: ResourceType<AnyRun>,
  options: TableOptions & { readonly signal: AbortSignal },
  clock: Clock = systemClock,
): AsyncGenerator<Stored<AnyRun>> {
  const shown = new Map<string, string>();
  const isNew = ({ metadata: { uid, resourceVersion } }: Stored<AnyRun>): boolean => {
    const seen = shown.get(uid) === resourceVersion;
    shown.set(uid, resourceVersion);
    return !seen;
  };
  for (let resourceVersion: string | undefined; ;) {
    try {
      if (resourceVersion === undefined) {
        const { items, metadata } = await client.list(type, options);
        for (const run of items) if (isNew(run)) yield run;
        resourceVersion = metadata.resourceVersion ?? "";
      }
      for await (const event of client.watch(type, { ...options, resourceVersion })) {
        resourceVersion = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
        if (event.type === "BOOKMARK") continue;
        if (isNew(event.object) || event.type === "DELETED") yield event.object;
        if (event.type === "DELETED") shown.delete(event.object.metadata.uid);
      }
      // a proxy may end watches at once
      await sleep(clock, pause, options.signal);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (error instanceof Gone) resourceVersion = undefined;
      else await sleep(clock, pause, options.signal);
    }
  }
}
