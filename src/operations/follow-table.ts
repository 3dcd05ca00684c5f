/** A table of runs that goes on: its rows now, and each change of them. */
import { Gone } from "../runtime/client/errors.js";
import type { HttpClient } from "../runtime/client/http.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { watchPath } from "../runtime/client/urls.js";
import { sleep, systemClock, type Clock } from "../runtime/clock.js";
import type { AnyRun } from "./any-run.js";
import { readTable, runTable, tableAccept, type Row, type RunTable, type TableOptions } from "./table.js";
import { isPassing, pause } from "./wait.js";
import { watchLines } from "./watch-runs.js";

/** `listed` replaces all rows: it comes first, and whenever changes may have been missed. */
export type TableChange =
  | { readonly type: "listed"; readonly table: RunTable }
  | { readonly type: "added" | "modified" | "deleted"; readonly row: Row };

/**
 * The rows of a kind, and then their changes, until the signal fires. Goes on while the API server is away.
 *
 * @throws an API error that waiting does not mend, such as a missing right; the signal's reason
 */
export async function* followTable(
  client: HttpClient,
  type: ResourceType<AnyRun>,
  options: TableOptions & { readonly signal: AbortSignal },
  clock: Clock = systemClock,
): AsyncGenerator<TableChange> {
  for (let version: string | undefined; ;) {
    try {
      if (version === undefined) {
        const table = await runTable(client, type, options);
        version = table.resourceVersion ?? "";
        yield { type: "listed", table };
      }
      for await (const { change, resourceVersion } of changes(client, type, options, version)) {
        version = resourceVersion;
        if (change !== undefined) yield change;
      }
      // a proxy may end watches at once
      await sleep(clock, pause, options.signal);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (error instanceof Gone) version = undefined;
      else await sleep(clock, pause, options.signal);
    }
  }
}

interface Observed {
  /** Absent: only the version moved on. */
  readonly change?: TableChange;
  readonly resourceVersion: string;
}

const changeTypes = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

async function* changes(
  client: HttpClient,
  type: ResourceType<AnyRun>,
  options: TableOptions & { readonly signal: AbortSignal },
  resourceVersion: string,
): AsyncGenerator<Observed> {
  const path = `${watchPath(type, { ...options, resourceVersion })}&includeObject=Metadata`;
  for await (const event of watchLines(client, path, { accept: tableAccept, signal: options.signal })) {
    const { rows, resourceVersion: version } = readTable(event.object);
    if (event.type === "BOOKMARK" || rows.length === 0) {
      yield { resourceVersion: version === "" ? (rows[0]?.metadata.resourceVersion ?? "") : version };
      continue;
    }
    for (const row of rows)
      yield {
        change: { type: changeTypes[event.type], row },
        resourceVersion: row.metadata.resourceVersion ?? version,
      };
  }
}
