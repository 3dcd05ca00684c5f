/** The document that an archive keeps of an attempt's log: gzip-compressed JSON, described by schemas/archived-transcript.yaml. */
import type { formatVersion } from "./document.js";
import { decodeDocument, encodeDocument } from "./document.js";

export interface ArchivedTranscript {
  readonly formatVersion: typeof formatVersion;
  readonly run: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly attempt: number;
  readonly jobUID: string;
  readonly pod: string;
  readonly container: string;
  /** Whether the log had more before this. */
  readonly isCut: boolean;
  readonly text: string;
}

/** @throws RangeError if the document is larger than `maxDocumentBytes` */
export function encodeTranscript(document: ArchivedTranscript): Promise<Buffer> {
  return encodeDocument(document);
}

/** @throws Error if the bytes are no such document, or one of a later format */
export async function decodeTranscript(bytes: Buffer): Promise<ArchivedTranscript> {
  const document = (await decodeDocument(bytes)) as Partial<ArchivedTranscript>;
  if (typeof document.jobUID !== "string" || typeof document.text !== "string")
    throw new Error("this is not the log of an attempt: it has no jobUID or text");
  return document as ArchivedTranscript;
}
