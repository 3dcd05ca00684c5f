/** Lists of runs as tables of the API server: its printer columns, and none of the contents. */
import type { Client } from "../runtime/client/client.js";
import { Gone } from "../runtime/client/errors.js";
import type { ObjectMeta } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { collectionPath } from "../runtime/client/urls.js";
import { isList, isObject } from "../runtime/schema/json.js";
import type { AnyRun } from "./any-run.js";

/** A column; those with a priority above 0 belong to wide output alone. */
export interface Column {
  readonly name: string;
  readonly priority: number;
}

/** One run. */
export interface Row {
  readonly metadata: ObjectMeta;
  readonly cells: readonly unknown[];
}

export interface RunTable {
  readonly type: ResourceType<AnyRun>;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Of the list: a watch can continue from it. */
  readonly resourceVersion?: string;
}

export interface TableOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
}

/** Requests a Table instead of objects. */
export const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io";

/** Rows of one request. */
const pageSize = 500;

/** All runs of a kind. Begins again if the list changed so much meanwhile that it cannot be continued. @throws an API error */
export async function runTable(
  client: Client,
  type: ResourceType<AnyRun>,
  options: TableOptions = {},
): Promise<RunTable> {
  try {
    return await allPages(client, type, options);
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    return allPages(client, type, options);
  }
}

async function allPages(client: Client, type: ResourceType<AnyRun>, options: TableOptions): Promise<RunTable> {
  let columns: readonly Column[] = [];
  const rows: Row[] = [];
  let resourceVersion = "";
  for (let token: string | undefined = ""; token !== undefined;) {
    const page: TablePage = await tablePage(client, type, options, { limit: pageSize, token });
    columns = page.columns;
    for (const row of page.rows) rows.push(row);
    // the pages of one list are of one version
    resourceVersion = page.resourceVersion;
    token = page.next;
  }
  return { type, columns, rows, ...(resourceVersion !== "" && { resourceVersion }) };
}

/** Rows of one request. */
export interface TablePage {
  /** Empty in later events of a watch. */
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** The token of the next page; undefined after the last one. */
  readonly next: string | undefined;
  /** The version of the list, or of an event. */
  readonly resourceVersion: string;
}

/** One page of a list. @param page `token`: of the page before, empty for the first. @throws an API error: Gone if the token is too old */
export async function tablePage(
  client: Client,
  type: ResourceType<AnyRun>,
  { namespace, labelSelector, fieldSelector, signal }: TableOptions,
  { limit, token }: { readonly limit: number; readonly token: string },
): Promise<TablePage> {
  const query = new URLSearchParams({ limit: String(limit), includeObject: "Metadata" });
  if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
  if (fieldSelector !== undefined) query.set("fieldSelector", fieldSelector);
  if (token !== "") query.set("continue", token);
  const path = `${collectionPath(type, namespace)}?${query.toString()}`;
  return readTable(await client.raw({ method: "GET", path, accept: tableAccept, ...(signal && { signal }) }));
}

/** The content of a Table. @throws Error for anything else */
export function readTable(answer: unknown): TablePage {
  if (!isObject(answer) || answer.kind !== "Table")
    throw new Error("the API server does not answer with a table; is a proxy in between?");
  const { columnDefinitions, rows, metadata } = answer;
  const next = isObject(metadata) && typeof metadata.continue === "string" ? metadata.continue : "";
  const resourceVersion = isObject(metadata) ? metadata.resourceVersion : undefined;
  return {
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
    columns: (isList(columnDefinitions) ? columnDefinitions : []).filter(isObject).map(({ name, priority }) => ({
      name: typeof name === "string" ? name : "",
      priority: typeof priority === "number" ? priority : 0,
    })),
    rows: (isList(rows) ? rows : []).filter(isObject).map(({ cells, object }) => ({
      cells: isList(cells) ? cells : [],
      metadata: isObject(object) && isObject(object.metadata) ? (object.metadata as ObjectMeta) : {},
    })),
    next: next === "" ? undefined : next,
  };
}
