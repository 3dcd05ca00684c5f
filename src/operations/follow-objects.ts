/** A stream of runs as whole objects: those that exist now, then each change of them. */
import type { Client } from "../runtime/client/client.js";
import type { Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { AnyRun } from "./any-run.js";
import { follow, type Observed } from "./follow.js";
import type { TableOptions } from "./table.js";

interface State {
  readonly run: Stored<AnyRun>;
  readonly isDeleted: boolean;
}

/**
 * The runs of a kind, and then each state of them, until the signal fires; of one that is deleted, its last state. Continues while the API
 * server is unavailable: of what changed meanwhile, the present state.
 *
 * @throws as {@link follow}
 */
export async function* followObjects(
  client: Pick<Client, "list" | "watch">,
  type: ResourceType<AnyRun>,
  options: TableOptions & { readonly signal: AbortSignal },
): AsyncGenerator<Stored<AnyRun>> {
  const list = async (): Promise<Observed<State[]>> => {
    const { items, metadata } = await client.list(type, options);
    return { version: metadata.resourceVersion ?? "", change: items.map((run) => ({ run, isDeleted: false })) };
  };
  const changes = async function* (resourceVersion: string): AsyncGenerator<Observed<State[]>> {
    for await (const event of client.watch(type, { ...options, resourceVersion }))
      if (event.type === "BOOKMARK") yield { version: event.resourceVersion };
      else
        yield {
          version: event.object.metadata.resourceVersion,
          change: [{ run: event.object, isDeleted: event.type === "DELETED" }],
        };
  };
  const shown = new Map<string, string>();
  for await (const states of follow({ list, changes }, options.signal))
    for (const { run, isDeleted } of states) {
      const { uid, resourceVersion } = run.metadata;
      const isNew = shown.get(uid) !== resourceVersion;
      if (isDeleted) shown.delete(uid);
      else shown.set(uid, resourceVersion);
      if (isNew || isDeleted) yield run;
    }
}
