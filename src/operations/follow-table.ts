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

/** Where rows and their changes come from. */
export interface TableSource {
  /** The rows now; the version of the table is where changes go on. */
  readonly list: () => Promise<RunTable>;
  /** Changes after a version, until the server ends them. @throws Gone if changes are lost */
  readonly changes: (version: string) => AsyncGenerator<Observed>;
}

export interface Observed {
  /** Absent: only the version moved on. */
  readonly change?: TableChange;
  readonly version: string;
}

/**
 * The rows of a source, and then their changes, until the signal fires. Goes on while the server is away.
 *
 * @throws an API error that waiting does not mend, such as a missing right; the signal's reason
 */
export async function* followSource(
  source: TableSource,
  signal: AbortSignal,
  clock: Clock = systemClock,
): AsyncGenerator<TableChange> {
  for (let version: string | undefined; ;) {
    try {
      if (version === undefined) {
        const table = await source.list();
        version = table.resourceVersion ?? "";
        yield { type: "listed", table };
      }
      for await (const observed of source.changes(version)) {
        version = observed.version;
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

/** The same for the runs of a kind in the API server. @throws as {@link followSource} */
export function followTable(
  client: HttpClient,
  type: ResourceType<AnyRun>,
  options: TableOptions & { readonly signal: AbortSignal },
  clock: Clock = systemClock,
): AsyncGenerator<TableChange> {
  const source = {
    list: () => runTable(client, type, options),
    changes: (version: string) => changes(client, type, options, version),
  };
  return followSource(source, options.signal, clock);
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
      yield { version: version === "" ? (rows[0]?.metadata.resourceVersion ?? "") : version };
      continue;
    }
    for (const row of rows)
      yield {
        change: { type: changeTypes[event.type], row },
        version: row.metadata.resourceVersion ?? version,
      };
  }
}
