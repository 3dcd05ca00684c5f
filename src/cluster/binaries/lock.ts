import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { identify, isAlive, self } from "../process.js";
import type { ProcessIdentity } from "../process.js";

/**
 * Holds `file` as a lock while `work` runs. Takes over a lock whose holder has exited; waits for a running holder, and
 * calls `onWait` with its PID immediately and then every ten seconds. The file is created atomically (link), so that it
 * is never read half-written.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: (holder: number) => void,
  signal?: AbortSignal,
): Promise<T> {
  const mine = JSON.stringify(self());
  let reportAt = 0;
  while (!take(file, mine)) {
    signal?.throwIfAborted();
    const text = read(file);
    const holder = text === undefined ? undefined : parse(text);
    if (text !== undefined && (holder === undefined || !isAlive(holder))) {
      breakLock(file, text);
      continue;
    }
    if (holder !== undefined && Date.now() >= reportAt) {
      reportAt = Date.now() + 10_000;
      onWait(holder.pid);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    if (read(file) === mine) rmSync(file, { force: true });
  }
}

function take(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes the lock of a process that has exited, but not one that another process took since we read it. */
function breakLock(file: string, expected: string): void {
  const aside = `${file}.broken.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another process removed it first
  }
  if (read(aside) !== expected) {
    try {
      linkSync(aside, file);
    } catch {
      // taken again meanwhile: each holder's result appears atomically, so that two builds only cost time
    }
  }
  rmSync(aside, { force: true });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number")
      return undefined;
    if (!("startTime" in value) || typeof value.startTime !== "string") return identify(value.pid);
    return { pid: value.pid, startTime: value.startTime };
  } catch {
    return undefined;
  }
}
