/** The files of a GitHub App's Secret. */
import { join } from "node:path";
import { readBoundedFile } from "../runtime/input/bounded-file.js";

/** Bytes of a file: a key has some thousands. */
const maxBytes = 65_536;

/** Names of the same file: the old system's Secrets spell them as variables. */
const spellings = {
  id: ["app-id", "GITHUB_APP_ID"],
  privateKey: ["private-key", "GITHUB_APP_PRIVATE_KEY"],
} as const;

/** @returns its content without surrounding space; undefined if the directory has no such file */
export async function readAppFile(directory: string, file: keyof typeof spellings): Promise<string | undefined> {
  for (const name of spellings[file]) {
    const content = await readBoundedFile(join(directory, name), maxBytes);
    if (content !== undefined) return content.toString("utf8").trim();
  }
  return undefined;
}
