/** The document that an archive keeps of a finished run: gzip-compressed JSON, described by schemas/archived-run.yaml. */
import { decodeDocument, encodeDocument, type formatVersion } from "./document.js";

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

/** @throws RangeError if the document is larger than `maxDocumentBytes` */
export function encodeArchivedRun(document: ArchivedRun): Promise<Buffer> {
  return encodeDocument(document);
}

/** @throws Error if the bytes are no document of a run, or one of a later format */
export async function decodeArchivedRun(bytes: Buffer): Promise<ArchivedRun> {
  const document = (await decodeDocument(bytes)) as Partial<ArchivedRun>;
  const metadata: Partial<ArchivedRun["run"]["metadata"]> | undefined = document.run?.metadata;
  if (typeof metadata?.uid !== "string" || typeof metadata.resourceVersion !== "string")
    throw new Error("this is not a document of an archive: run.metadata has no uid or resourceVersion");
  return document as ArchivedRun;
}
