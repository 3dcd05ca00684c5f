/** What a store of archived runs offers. */

/** Identifies a document. */
export interface ArchiveKey {
  readonly namespace: string;
  /** The kind's plural: `taskruns`. */
  readonly plural: string;
  readonly name: string;
  readonly uid: string;
}

export interface ArchiveStore {
  /**
   * Stores a document durably, as a whole or not at all. One of the same key and the same version stays as it is; one
   * of another version is replaced.
   *
   * @param version the run's resourceVersion
   * @throws the store's error, whose message has no credentials
   */
  put(key: ArchiveKey, version: string, document: Buffer, signal: AbortSignal): Promise<void>;
  /** Releases connections. Absent: the store has none. */
  close?(): void;
}

/** Names of Kubernetes objects, plurals and UIDs: none contains a slash or begins with a dot. */
const segment = /^[a-z0-9][-a-z0-9.]{0,252}$/i;

/** The document's path in a store: `<namespace>/<plural>/<name>/<uid>.json.gz`. @throws Error for a segment that is none */
export function archivePath({ namespace, plural, name, uid }: ArchiveKey): string {
  for (const each of [namespace, plural, name, uid])
    if (!segment.test(each)) throw new Error(`${JSON.stringify(each)} cannot be part of a path in the archive`);
  return `${namespace}/${plural}/${name}/${uid}.json.gz`;
}
