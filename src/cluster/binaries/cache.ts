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

/** A short hash of the names and contents of files: a change of a source gives another cache entry. */
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

/** Whether every file of the entry still has its recorded checksum. */
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
 * The directory of a cache entry, created by `make` if it is missing or damaged. Only one of several concurrent
 * processes creates it. `make` fills an empty directory, which becomes the entry in one step when it is complete.
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
      if (await isIntact(entry)) return entry; // created while we waited for the lock
      if (existsSync(entry)) progress(`${entry} is damaged and will be recreated`);
      // We hold the lock, so that any draft was left by a killed process.
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
    (holder) => progress(`waiting for process ${holder}, which is creating ${entry}`),
    signal,
  );
}
