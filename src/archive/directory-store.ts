/** Keeps archived runs in a directory, usually on a mounted volume. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { archivePath, type ArchiveKey, type ArchiveStore } from "./archive-store.js";
import { decodeArchivedRun, maxDocumentBytes } from "./archived-run.js";

export class DirectoryStore implements ArchiveStore {
  readonly #root: string;

  /** @param root an existing directory: a volume that is not mounted is an error, not a new directory */
  constructor(root: string) {
    this.#root = root;
  }

  async put(key: ArchiveKey, version: string, document: Buffer, signal: AbortSignal): Promise<void> {
    const path = join(this.#root, archivePath(key));
    if (!(await stat(this.#root)).isDirectory()) throw new Error(`${this.#root} is not a directory`);
    if ((await versionOf(path)) === version) return;
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    signal.throwIfAborted();
    // the suffix keeps two processes apart; a reader looks for .json.gz only
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await writeDurably(temporary, document);
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
}

/** The version of the document at this path; undefined if none is there that can be read. */
async function versionOf(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    if ((await file.stat()).size > maxDocumentBytes) return undefined;
    return (await decodeArchivedRun(await file.readFile())).run.metadata.resourceVersion;
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
