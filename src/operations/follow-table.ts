/** A table of runs that goes on: its rows now, and each change of them. */
import { apiError, Gone, ProtocolError, type Status } from "../runtime/client/errors.js";
import type { HttpClient } from "../runtime/client/http.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { collectionPath } from "../runtime/client/urls.js";
import { LineSplitter } from "../runtime/client/watch-calls.js";
import { sleep, systemClock, type Clock } from "../runtime/clock.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import type { AnyRun } from "./any-run.js";
import { readTable, runTable, tableAccept, type Row, type RunTable, type TableOptions } from "./table.js";
import { isPassing, pause } from "./wait.js";

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
  { namespace, labelSelector, fieldSelector, signal }: TableOptions,
  resourceVersion: string,
): AsyncGenerator<Observed> {
  const query = new URLSearchParams({ watch: "1", allowWatchBookmarks: "true", includeObject: "Metadata" });
  for (const [name, value] of Object.entries({ labelSelector, fieldSelector, resourceVersion }))
    if (value !== undefined && value !== "") query.set(name, value);
  const path = `${collectionPath(type, namespace)}?${query.toString()}`;
  const splitter = new LineSplitter();
  for await (const chunk of client.stream(path, { accept: tableAccept, ...(signal && { signal }) }))
    for (const line of splitter.split(chunk)) yield* readEvent(line, path);
}

function* readEvent(line: string, path: string): Generator<Observed> {
  const request = { method: "GET", path };
  let event: JsonObject;
  try {
    event = JSON.parse(line) as JsonObject;
  } catch (error) {
    throw new ProtocolError(request, "a line of the watch is not JSON", error);
  }
  const { object } = event;
  if (event.type === "ERROR") {
    const status = (isObject(object) ? object : {}) as Status;
    throw apiError(status, status.code ?? 500, request);
  }
  const { rows, resourceVersion: own } = readTable(object);
  for (const row of rows) {
    const resourceVersion = row.metadata.resourceVersion ?? own;
    const kind = changeTypes[event.type as keyof typeof changeTypes] as TableChange["type"] | undefined;
    yield kind === undefined || kind === "listed"
      ? { resourceVersion }
      : { change: { type: kind, row }, resourceVersion };
  }
  if (rows.length === 0 && own !== "") yield { resourceVersion: own };
}
