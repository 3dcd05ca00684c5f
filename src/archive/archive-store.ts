/** What a store of archived runs offers. */

/** Identifies a document. */
export interface ArchiveKey {
  readonly namespace: string;
  /** The kind's plural: `taskruns`. */
  readonly plural: string;
  readonly name: string;
  readonly uid: string;
  /** Number of an attempt, for the log of its agent. Absent: the run itself. */
  readonly attempt?: number;
}

/** Which documents. */
export interface ArchiveSelection {
  readonly namespace: string;
  readonly plural: string;
  /** Absent: all names. */
  readonly name?: string;
}

/** A document that is there. */
export interface ArchivedEntry extends ArchiveKey {
  /** When it was written; RFC 3339. */
  readonly writtenAt: string;
  /** Compressed. */
  readonly bytes: number;
}

export interface ArchivePage {
  /** In the order of their paths. */
  readonly entries: readonly ArchivedEntry[];
  /** What the next page comes after; absent on the last one. A page can be empty although others follow. */
  readonly next?: string;
}

export interface ArchiveStore {
  /**
   * Stores a document durably, as a whole or not at all. One of the same key and the same version stays as it is; one
   * of another version is replaced.
   *
   * @param version the run's resourceVersion; of an attempt, the UID of its Job
   * @throws the store's error, whose message has no credentials
   */
  put(key: ArchiveKey, version: string, document: Buffer, signal: AbortSignal): Promise<void>;
  /**
   * Lists documents of runs.
   *
   * @param range.limit of entries, at least 1
   * @param range.after `next` of the page before
   * @throws as {@link put}
   */
  list(
    selection: ArchiveSelection,
    range: { readonly limit: number; readonly after?: string },
    signal: AbortSignal,
  ): Promise<ArchivePage>;
  /** The document of a key; undefined if there is none. @throws Error if it is larger than any document may be; as {@link put} */
  get(key: ArchiveKey, signal: AbortSignal): Promise<Buffer | undefined>;
  /** Releases connections. Absent: the store has none. */
  close?(): void;
}

const suffix = ".json.gz";

/** Names of Kubernetes objects, plurals and UIDs: none contains a slash or begins with a dot. */
const segment = /^[a-z0-9][-a-z0-9.]{0,252}$/i;

/**
 * The document's path in a store: `<namespace>/<plural>/<name>/<uid>.json.gz`; of an attempt,
 * `<namespace>/<plural>/<name>/<uid>/attempt-<number>.json.gz`.
 *
 * @throws Error for an invalid segment
 */
export function archivePath({ namespace, plural, name, uid, attempt }: ArchiveKey): string {
  const segments = [namespace, plural, name, uid, ...(attempt === undefined ? [] : [`attempt-${attempt}`])];
  checkSegments(segments);
  return `${segments.join("/")}${suffix}`;
}

/** What the paths of selected documents begin with. @throws Error for an invalid segment */
export function archivePrefix({ namespace, plural, name }: ArchiveSelection): string {
  const segments = [namespace, plural, ...(name === undefined ? [] : [name])];
  checkSegments(segments);
  return `${segments.join("/")}/`;
}

/** The key of a run's document by its path; undefined for other files, such as one that is still being written. */
export function keyOfPath(path: string): ArchiveKey | undefined {
  const [namespace = "", plural = "", name = "", file = "", ...more] = path.split("/");
  const uid = file.endsWith(suffix) ? file.slice(0, -suffix.length) : "";
  const isKey = more.length === 0 && [namespace, plural, name, uid].every((each) => segment.test(each));
  return isKey ? { namespace, plural, name, uid } : undefined;
}

function checkSegments(segments: readonly string[]): void {
  for (const each of segments)
    if (!segment.test(each)) throw new Error(`${JSON.stringify(each)} cannot be part of a path in the archive`);
}
