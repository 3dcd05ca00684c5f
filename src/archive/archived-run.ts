/** The document that an archive keeps of a finished run: gzip-compressed JSON, described by schemas/archived-run.yaml. */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";

/** Version of the document's format. It changes only when a reader of the earlier one would misread it. */
export const formatVersion = 1;

/** Bytes of a document, uncompressed. An object of the API server has at most 1.5 MiB, and Events are few. */
export const maxDocumentBytes = 8 * 1024 * 1024;

const maxDepth = 200;

export interface ArchivedRun {
  readonly formatVersion: typeof formatVersion;
  readonly run: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: {
      readonly name: string;
      readonly namespace?: string;
      readonly uid: string;
      readonly resourceVersion: string;
      readonly [field: string]: unknown;
    };
    readonly spec?: unknown;
    readonly status?: unknown;
  };
  /** The latest last. */
  readonly events: readonly ArchivedEvent[];
}

export interface ArchivedEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly time: string;
  /** How often it occurred; at least 1. */
  readonly count: number;
}

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** @throws RangeError if the document is larger than `maxDocumentBytes` */
export async function encodeArchivedRun(document: ArchivedRun): Promise<Buffer> {
  const text = Buffer.from(`${JSON.stringify(document)}\n`);
  if (text.length > maxDocumentBytes)
    throw new RangeError(`the document has ${text.length} bytes; an archive accepts ${maxDocumentBytes}`);
  return compress(text);
}

/**
 * Reads a document. Nothing beyond `maxDocumentBytes` is decompressed.
 *
 * @throws Error if the bytes are no document of an archive, or one of a later format
 */
export async function decodeArchivedRun(bytes: Buffer): Promise<ArchivedRun> {
  let value: unknown;
  try {
    value = parseBoundedJson(await decompress(bytes, { maxOutputLength: maxDocumentBytes }), maxDepth);
  } catch (cause) {
    throw new Error("this is not a document of an archive: it is not gzip-compressed JSON, or too large", { cause });
  }
  const document = value as Partial<ArchivedRun> | null;
  if (document?.formatVersion !== formatVersion)
    throw new Error(`this document does not have formatVersion ${formatVersion}: read it with a later version`);
  const metadata: Partial<ArchivedRun["run"]["metadata"]> | undefined = document.run?.metadata;
  if (typeof metadata?.uid !== "string" || typeof metadata.resourceVersion !== "string")
    throw new Error("this is not a document of an archive: run.metadata has no uid or resourceVersion");
  return document as ArchivedRun;
}
