/** A stream of a table of runs: its rows now, then each change of them. */
import type { HttpClient } from "../runtime/client/http.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { watchPath } from "../runtime/client/urls.js";
import type { AnyRun } from "./any-run.js";
import { follow, type Observed, type Source } from "./follow.js";
import { readTable, runTable, tableAccept, type Row, type RunTable, type TableOptions } from "./table.js";
import { watchLines } from "./watch-runs.js";

/** `listed` replaces all rows: it comes first, and whenever changes may have been missed. */
export type TableChange =
  | { readonly type: "listed"; readonly table: RunTable }
  | { readonly type: "added" | "modified" | "deleted"; readonly row: Row };

/** Rows and their changes, as {@link follow} says. */
export interface TableSource {
  readonly list: () => Promise<RunTable>;
  readonly changes: Source<TableChange>["changes"];
}

/** The rows of a source, and then their changes. @throws as {@link follow} */
export function followTables({ list, changes }: TableSource, signal: AbortSignal): AsyncGenerator<TableChange> {
  const listed = async (): Promise<Observed<TableChange>> => {
    const table = await list();
    return { version: table.resourceVersion ?? "", change: { type: "listed", table } };
  };
  return follow({ list: listed, changes }, signal);
}

/** The rows of the runs of a kind in the API server, and then their changes. @throws as {@link follow} */
export function followTable(
  client: HttpClient,
  type: ResourceType<AnyRun>,
  options: TableOptions & { readonly signal: AbortSignal },
): AsyncGenerator<TableChange> {
  const source = {
    list: () => runTable(client, type, options),
    changes: (version: string) => changes(client, type, options, version),
  };
  return followTables(source, options.signal);
}

const changeTypes = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

async function* changes(
  client: HttpClient,
  type: ResourceType<AnyRun>,
  options: TableOptions & { readonly signal: AbortSignal },
  resourceVersion: string,
): AsyncGenerator<Observed<TableChange>> {
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
