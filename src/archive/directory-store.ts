/** Keeps archived runs in a directory, usually on a mounted volume. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import {
  archivePath,
  archivePrefix,
  keyOfPath,
  type ArchivedEntry,
  type ArchiveKey,
  type ArchivePage,
  type ArchiveSelection,
  type ArchiveStore,
} from "./archive-store.js";
import { decodeArchivedRun } from "./archived-run.js";
import { decodeTranscript } from "./archived-transcript.js";
import { maxDocumentBytes } from "./document.js";
import { LinkedAbort, unlessAborted } from "../runtime/abort.js";
import { systemClock, type Clock } from "../runtime/clock.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";

/** Milliseconds in which a document is written, with the wait for its turn. */
const writeLimit = 60_000;

/**
 * Writes at a time. Nothing can end a call to a volume that hangs, and until it returns it holds one of the four threads
 * that Node.js has for files and names of hosts. Each of the three kinds of runs has a store.
 */
const mostWrites = 1;

export class DirectoryStore implements ArchiveStore {
  readonly #root: string;
  readonly #clock: Clock;
  #writes = 0;
  readonly #waiting = new Set<() => void>();

  /** @param root an existing directory: a volume that is not mounted is an error, not a new directory */
  constructor(root: string, clock: Clock = systemClock) {
    this.#root = resolve(root);
    this.#clock = clock;
  }

  /** Rejects when the time limit is over; a write that still hangs then leaves the document as it is, if it ever returns. */
  async put(key: ArchiveKey, version: string, document: Buffer, signal: AbortSignal): Promise<void> {
    const limit = new LinkedAbort(signal);
    const timer = this.#clock.after(writeLimit, () => {
      const seconds = writeLimit / 1000;
      limit.abort(new Error(`${this.#root} took more than ${seconds} s to write a document; check its volume`));
    });
    try {
      await unlessAborted(
        this.#inTurn(() => this.#write(key, version, document, limit.signal), limit.signal),
        limit.signal,
      );
    } finally {
      timer.cancel();
      limit.unlink();
    }
  }

  async #inTurn(write: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (this.#writes >= mostWrites) {
      let next = (): void => undefined;
      const turn = new Promise<void>((resolve) => (next = resolve));
      this.#waiting.add(next);
      try {
        await unlessAborted(turn, signal);
      } finally {
        this.#waiting.delete(next);
      }
    }
    this.#writes++;
    try {
      await write();
    } finally {
      this.#writes--;
      const [next] = this.#waiting;
      next?.();
    }
  }

  async #write(key: ArchiveKey, version: string, document: Buffer, signal: AbortSignal): Promise<void> {
    const path = join(this.#root, archivePath(key));
    if (!(await stat(this.#root)).isDirectory()) throw new Error(`${this.#root} is not a directory`);
    if ((await versionOf(path, key)) === version) return;
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    signal.throwIfAborted();
    // what a killed process left; one that still writes fails when it renames
    for (const name of await readdir(folder))
      if (name.startsWith(`${basename(path)}.`) && name.endsWith(".tmp")) await rm(join(folder, name), { force: true });
    // the suffix keeps two processes apart; a reader looks for .json.gz only
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await writeDurably(temporary, document);
      // another attempt may have written a later version in the meantime
      signal.throwIfAborted();
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    // a crash must lose neither the file's name nor those of new directories
    for (let each = folder; each.startsWith(this.#root); each = dirname(each)) {
      await syncDirectory(each);
      if (each === this.#root || each === dirname(each)) break;
    }
  }

  async list(
    selection: ArchiveSelection,
    { limit, after }: { readonly limit: number; readonly after?: string },
    signal: AbortSignal,
  ): Promise<ArchivePage> {
    archivePrefix(selection); // checks the name, too
    // a volume that is not mounted is no empty archive
    await readdir(this.#root);
    const { namespace, plural, name: only } = selection;
    const base = archivePrefix({ namespace, plural });
    const names = only === undefined ? await this.#names(base) : [only];
    const from = after?.startsWith(base) === true ? after.slice(base.length).split("/")[0] : undefined;
    const entries: ArchivedEntry[] = [];
    for (const name of names) {
      if (from !== undefined && name < from) continue;
      signal.throwIfAborted();
      for (const file of await this.#names(`${base}${name}/`)) {
        const path = `${base}${name}/${file}`;
        const key = keyOfPath(path);
        if (key === undefined || (name === from && after !== undefined && path <= after)) continue;
        if (entries.length === limit) return { entries, next: archivePath(entries[limit - 1] ?? key) };
        const entry = await this.#entry(path, key);
        if (entry !== undefined) entries.push(entry);
      }
    }
    return { entries };
  }

  async get(key: ArchiveKey, signal: AbortSignal): Promise<Buffer | undefined> {
    signal.throwIfAborted();
    return readBoundedFile(join(this.#root, archivePath(key)), maxDocumentBytes);
  }

  /** Names in a directory, sorted; none if it does not exist. */
  async #names(path: string): Promise<string[]> {
    return ((await unlessGone(readdir(join(this.#root, path)))) ?? []).sort();
  }

  async #entry(path: string, key: ArchiveKey): Promise<ArchivedEntry | undefined> {
    const found = await unlessGone(stat(join(this.#root, path)));
    return found && { ...key, writtenAt: found.mtime.toISOString(), bytes: found.size };
  }
}

/** Undefined for what does not exist, or no longer. */
async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** The version of the document at this path; undefined if none is there that can be read. */
async function versionOf(path: string, { attempt }: ArchiveKey): Promise<string | undefined> {
  const file = await unlessGone(open(path, "r"));
  if (file === undefined) return undefined;
  try {
    if ((await file.stat()).size > maxDocumentBytes) return undefined;
    const bytes = await file.readFile();
    if (attempt !== undefined) return (await decodeTranscript(bytes)).jobUID;
    return (await decodeArchivedRun(bytes)).run.metadata.resourceVersion;
  } catch {
    // cut off or foreign content is replaced
    return undefined;
  } finally {
    await file.close();
  }
}

async function writeDurably(path: string, content: Buffer): Promise<void> {
  const file = await open(path, "wx", 0o640);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
