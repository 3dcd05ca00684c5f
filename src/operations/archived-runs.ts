/** Runs that `history` removed, in the archive. Whether someone may read them is for the caller of these functions to decide. */
import type { AnyRun } from "./any-run.js";
import { OperationError } from "./operation-error.js";
import type { ArchivedEntry, ArchiveKey, ArchiveStore } from "../archive/archive-store.js";
import { decodeArchivedRun, type ArchivedRun } from "../archive/archived-run.js";
import { decodeTranscript, type ArchivedTranscript } from "../archive/archived-transcript.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject } from "../runtime/schema/json.js";

/** An archived run, as far as its place in the archive says. */
export interface ArchivedSummary {
  readonly kind: "TaskRun" | "CodeRun" | "DocsRun";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly archivedAt: string;
  /** Compressed. */
  readonly bytes: number;
}

export interface ArchivedPageOptions {
  readonly types: readonly ResourceType<AnyRun>[];
  readonly namespace: string;
  /** Runs of this name alone. */
  readonly name?: string;
  readonly limit: number;
  /** That of the page before; empty for the first. */
  readonly token: string;
}

export interface ArchivedPage {
  readonly items: readonly ArchivedSummary[];
  /** Absent on the last page. */
  readonly continue?: string;
}

type ReadableStore = Pick<ArchiveStore, "list" | "get">;

/** Archived runs, by kind, then by name. @throws OperationError for an invalid token; an error of the store */
export async function archivedPage(
  store: ReadableStore,
  { types, namespace, name, limit, token }: ArchivedPageOptions,
  signal: AbortSignal,
): Promise<ArchivedPage> {
  let { plural, after }: Position = token === "" ? { plural: types[0]?.plural ?? "", after: "" } : positionOf(token);
  const start = types.findIndex((type) => type.plural === plural);
  if (start < 0) throw invalidToken();
  const items: ArchivedSummary[] = [];
  for (const type of types.slice(start)) {
    ({ plural } = type);
    const selection = { namespace, plural, ...(name !== undefined && { name }) };
    do {
      if (items.length >= limit) return { items, continue: tokenOf({ plural, after }) };
      const range = { limit: limit - items.length, ...(after !== "" && { after }) };
      const { entries, next = "" } = await store.list(selection, range, signal);
      for (const entry of entries) items.push(summaryOf(type, entry));
      after = next;
    } while (after !== "");
  }
  return { items };
}

/** The document of an archived run. @throws OperationError if there is none; Error if it is damaged; an error of the store */
export async function archivedRun(store: ReadableStore, key: ArchiveKey, signal: AbortSignal): Promise<ArchivedRun> {
  const document = await store.get(key, signal);
  if (document === undefined)
    throw new OperationError(`the archive has no ${key.plural}/${key.name} with uid ${key.uid}`, {
      problem: "NotFound",
    });
  return decodeArchivedRun(document);
}

/**
 * The log of an attempt.
 *
 * @throws OperationError if the archive has none; Error if it is damaged; an error of the store
 */
export async function archivedTranscript(
  store: ReadableStore,
  key: ArchiveKey & { readonly attempt: number },
  signal: AbortSignal,
): Promise<ArchivedTranscript> {
  const document = await store.get(key, signal);
  if (document === undefined)
    throw new OperationError(
      `the archive has no log of attempt ${key.attempt} of ${key.plural}/${key.name} with uid ${key.uid}; see history.archive.transcriptKiB`,
      { problem: "NotFound" },
    );
  return decodeTranscript(document);
}

interface Position {
  readonly plural: string;
  /** `next` of the store's page; empty at the beginning of a kind. */
  readonly after: string;
}

function summaryOf(
  { kind }: ResourceType<AnyRun>,
  { writtenAt, plural: _, attempt: _attempt, ...entry }: ArchivedEntry,
): ArchivedSummary {
  return { kind: kind as ArchivedSummary["kind"], ...entry, archivedAt: writtenAt };
}

const tokenOf = (position: Position): string => Buffer.from(JSON.stringify(position)).toString("base64url");

function positionOf(token: string): Position {
  let value: unknown;
  try {
    value = parseBoundedJson(Buffer.from(token, "base64url"), 2);
  } catch {
    throw invalidToken();
  }
  if (!isObject(value) || typeof value.plural !== "string" || typeof value.after !== "string") throw invalidToken();
  return { plural: value.plural, after: value.after };
}

const invalidToken = (): OperationError =>
  new OperationError("continue is not that of a page with the same parameters; list again without it", {
    problem: "Invalid",
  });
