/** What all documents of an archive have in common: gzip-compressed JSON with a version of its format. */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";

/** Version of the documents' format. It changes only when a reader of the earlier one would misread it. */
export const formatVersion = 1;

/** Bytes of a document, uncompressed. An object of the API server has at most 1.5 MiB, and Events are few; a log of 1 MiB may need six times as many in JSON. */
export const maxDocumentBytes = 8 * 1024 * 1024;

const maxDepth = 200;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** @throws RangeError if the document is larger than `maxDocumentBytes` */
export async function encodeDocument(document: { readonly formatVersion: typeof formatVersion }): Promise<Buffer> {
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
export async function decodeDocument(bytes: Buffer): Promise<object> {
  let value: unknown;
  try {
    value = parseBoundedJson(await decompress(bytes, { maxOutputLength: maxDocumentBytes }), maxDepth);
  } catch (cause) {
    throw new Error("this is not a document of an archive: it is not gzip-compressed JSON, or too large", { cause });
  }
  const document = value as { readonly formatVersion?: unknown } | null;
  if (document?.formatVersion !== formatVersion)
    throw new Error(`this document does not have formatVersion ${formatVersion}: read it with a later version`);
  return document;
}
