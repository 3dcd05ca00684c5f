/** Pages over runs of several kinds, one kind after the other. */
import type { Client } from "../runtime/client/client.js";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import type { ObjectList, Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { listPath } from "../runtime/client/urls.js";
import { isObject } from "../runtime/schema/json.js";
import { runTypes, type AnyRun, type Found } from "./any-run.js";
import { OperationError } from "./operation-error.js";
import { summaries, type RunSummary } from "./run-summary.js";
import { tablePage, type TableOptions } from "./table.js";

/** The version of the list of each kind, by plural. A watch continues from it. */
export type Versions = Readonly<Record<string, string>>;

/** Which page. */
export interface PageOptions extends TableOptions {
  readonly types: readonly ResourceType<AnyRun>[];
  /** Items of a page. */
  readonly limit: number;
  /** That of the page before; empty for the first. */
  readonly token: string;
}

/** A page of something that is made of runs. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly continue?: string;
  /** Of the kinds listed so far. */
  readonly versions: Versions;
}

export type RunPage = Page<RunSummary>;

/** Rows of one request: the API server makes the next ones while these are read. */
const rowsAtOnce = 1_000;

/** A page. @throws OperationError for an invalid token; an API error: Gone if the token is too old */
export function runPage(
  client: Client,
  options: PageOptions & {
    /** Only these. The page can then have fewer items than `limit`, even none, although others follow. */
    readonly isWanted?: (run: RunSummary) => boolean;
    /** Wide summaries. Default false. */
    readonly wide?: boolean;
  },
): Promise<RunPage> {
  const { isWanted = () => true } = options;
  return pageOf(options, async (type, range) => {
    const limit = Math.min(range.limit, rowsAtOnce);
    const { columns, rows, ...page } = await tablePage(client, type, options, { ...range, limit });
    return {
      ...page,
      count: rows.length,
      items: () => rows.map(summaries(type, columns, options.wide)).filter(isWanted),
    };
  });
}

/** Objects of one request: each may have a MiB. */
const objectsAtOnce = 20;

/** A page of whole runs, each reduced to what `view` makes of it as soon as it is read. @throws as {@link runPage} */
export function objectPage<Item>(
  client: Client,
  options: PageOptions,
  view: (found: Found) => Item,
): Promise<Page<Item>> {
  return pageOf(options, async (type, { limit, token }) => {
    const path = listPath(
      type,
      { ...options, limit: Math.min(limit, objectsAtOnce) },
      token === "" ? undefined : token,
    );
    const answer = await client.raw({ method: "GET", path, ...(options.signal && { signal: options.signal }) });
    const { items, metadata = {} } = answer as Partial<ObjectList<Stored<AnyRun>>>;
    return {
      count: items?.length ?? 0,
      items: () => (items ?? []).map((run) => view({ type, run })),
      next: metadata.continue === "" ? undefined : metadata.continue,
      resourceVersion: metadata.resourceVersion ?? "",
    };
  });
}

interface Position {
  /** Plural of the kind that is being listed. */
  readonly kind: string;
  /** The API server's token; empty at the beginning of the kind. */
  readonly token: string;
  readonly versions: Versions;
}

/** What one request gives. */
interface Part<Item> {
  /** Objects of the answer, before a filter. */
  readonly count: number;
  readonly items: () => readonly Item[];
  readonly next: string | undefined;
  readonly resourceVersion: string;
}

/** Requests for one page beyond those that it needs if nothing is filtered: a filter may leave little. */
const maxRequests = 10;

async function pageOf<Item>(
  options: PageOptions,
  read: (type: ResourceType<AnyRun>, range: { readonly limit: number; readonly token: string }) => Promise<Part<Item>>,
): Promise<Page<Item>> {
  const { types, limit } = options;
  const items: Item[] = [];
  const start = options.token === "" ? undefined : readPosition(options.token, types);
  let token = start?.token ?? "";
  let versions = start?.versions ?? {};
  let requests = 0;
  const mayRead = (more = 0): boolean => items.length + more < limit && requests < maxRequests;
  for (let at = start === undefined ? 0 : types.findIndex(({ plural }) => plural === start.kind); ; at++) {
    const type = types[at];
    if (type === undefined) return { items, versions };
    let ahead: Promise<Part<Item>> | undefined;
    do {
      if (ahead === undefined) {
        if (!mayRead()) return { items, versions, ...next(type, token, versions) };
        requests++;
      }
      const part: Part<Item> = await (ahead ?? read(type, { limit: limit - items.length, token }));
      if (!Object.hasOwn(versions, type.plural)) versions = { ...versions, [type.plural]: part.resourceVersion };
      token = part.next ?? "";
      ahead = undefined;
      if (token !== "" && mayRead(part.count)) {
        requests++;
        ahead = read(type, { limit: limit - items.length - part.count, token });
        ahead.catch(() => undefined); // awaited next
      }
      for (const item of part.items()) items.push(item);
    } while (token !== "");
  }
}

function next({ plural }: ResourceType<AnyRun>, token: string, versions: Versions): { readonly continue: string } {
  const position: Position = { kind: plural, token, versions };
  return { continue: Buffer.from(JSON.stringify(position)).toString("base64url") };
}

function readPosition(text: string, types: readonly ResourceType<AnyRun>[]): Position {
  const invalid = (): OperationError =>
    new OperationError("continue is not that of a page with the same parameters; list again without it", {
      problem: "Invalid",
    });
  let value: unknown;
  try {
    value = parseBoundedJson(Buffer.from(text, "base64url"), 3);
  } catch {
    throw invalid();
  }
  if (!isObject(value) || typeof value.token !== "string" || !isObject(value.versions)) throw invalid();
  const { kind, token } = value;
  const versions = Object.entries(value.versions);
  if (typeof kind !== "string" || !types.some(({ plural }) => plural === kind)) throw invalid();
  if (!versions.every((each): each is [string, string] => isVersion(each[1]))) throw invalid();
  return { kind, token, versions: Object.fromEntries(versions) };
}

/** A version of the API server: digits, and fewer than make a number that is too large for it. */
const isVersion = (text: unknown): text is string => typeof text === "string" && /^\d{1,18}$/.test(text);

/** Versions as one opaque word. */
export function versionWord(versions: Versions): string {
  return runTypes
    .flatMap(({ plural }) => (versions[plural] === undefined ? [] : [`${plural}-${versions[plural]}`]))
    .join(".");
}

/** The versions of a word. @throws OperationError for another text */
export function readVersionWord(word: string): Versions {
  const versions = word.split(".").map((part): [string, string] => {
    const [plural = "", version = "", ...more] = part.split("-");
    if (more.length > 0 || !isVersion(version) || !runTypes.some((type) => type.plural === plural))
      throw new OperationError("version is not that of a list; list again", { problem: "Invalid" });
    return [plural, version];
  });
  return Object.fromEntries(versions);
}
