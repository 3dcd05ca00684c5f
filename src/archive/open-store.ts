import type { ArchiveStore } from "./archive-store.js";
import { DirectoryStore } from "./directory-store.js";
import { S3Store } from "./s3-store.js";
import type { History } from "../configuration/configuration.js";

/** The store that `history.archive` names; undefined if it names none. Opens nothing yet. */
export function openStore({ directory, s3 }: Pick<History["archive"], "directory" | "s3">): ArchiveStore | undefined {
  if (directory !== undefined) return new DirectoryStore(directory);
  return s3 && new S3Store(s3);
}

/** The store of the configuration in force, which stays open until another one is configured. */
export class CurrentStore {
  #named: string | undefined;
  #store: ArchiveStore | undefined;

  of({ directory, s3 }: Pick<History["archive"], "directory" | "s3">): ArchiveStore | undefined {
    const named = JSON.stringify({ directory, s3 });
    if (named === this.#named) return this.#store;
    this.#store?.close?.();
    this.#named = named;
    this.#store = openStore({ ...(directory !== undefined && { directory }), ...(s3 && { s3 }) });
    return this.#store;
  }
}
