import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { withLock } from "./lock.js";

export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  return join(cache === undefined || cache === "" ? join(homedir(), ".cache") : cache, "agent-orchestrator");
}

/** Short for the content of files, by name: another source is another entry of the cache. */
export function sourceHash(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of [...files].sort())
    hash
      .update(`${file.slice(dirname(file).length)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex").slice(0, 12);
}

export async function digest(file: string, algorithm: "sha256" | "sha512" = "sha256"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

const MANIFEST = "checksums.json";

/** Whether every file of the entry is as it was made. An entry that isn't is of no use to anyone. */
export async function isIntact(entry: string): Promise<boolean> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(entry, MANIFEST), "utf8"));
    if (typeof manifest !== "object" || manifest === null) return false;
    const wrong = await Promise.all(
      Object.entries(manifest).map(async ([file, expected]) => (await digest(join(entry, file))) !== expected),
    );
    return wrong.length > 0 && !wrong.includes(true);
  } catch {
    return false;
  }
}

/**
 * The directory of a cache entry, made by `make` if it isn't there or isn't intact. Of several processes at once one
 * makes it. `make` gets an empty directory, which becomes the entry in one step when it is complete.
 */
export async function cached(
  entry: string,
  make: (directory: string) => Promise<void>,
  progress: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  if (await isIntact(entry)) return entry;
  mkdirSync(dirname(entry), { recursive: true });
  return withLock(
    `${entry}.lock`,
    async () => {
      if (await isIntact(entry)) return entry; // made while we waited
      if (existsSync(entry)) progress(`${entry} is damaged and is made anew`);
      // Whoever left a draft was killed at it: the lock is ours.
      for (const { name } of readdirSync(dirname(entry), { withFileTypes: true }).filter((one) => one.isDirectory())) {
        if (name.startsWith(`${basename(entry)}.`))
          rmSync(join(dirname(entry), name), { recursive: true, force: true });
      }
      const draft = `${entry}.${process.pid}`;
      mkdirSync(draft);
      try {
        await make(draft);
        const files = readdirSync(draft, { withFileTypes: true }).filter((file) => file.isFile());
        const checksums = await Promise.all(
          files.map(async ({ name }) => [name, await digest(join(draft, name))] as const),
        );
        writeFileSync(join(draft, MANIFEST), JSON.stringify(Object.fromEntries(checksums), null, 2));
        rmSync(entry, { recursive: true, force: true });
        renameSync(draft, entry);
      } finally {
        rmSync(draft, { recursive: true, force: true });
      }
      return entry;
    },
    (holder) => progress(`process ${holder} is making ${entry} already: waiting for it`),
    signal,
  );
}
