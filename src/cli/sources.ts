/** The files that `-f` names. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../runtime/error-text.js";
import { contentOf, UsageError, type CommandIo } from "./io.js";

export interface Source {
  /** As it is named in messages; `<stdin>` for standard input. */
  readonly file: string;
  readonly text: string;
}

/** Directories inside each other. */
const maxDepth = 64;
const maxFiles = 20_000;

/**
 * The texts of all names: of a file, of standard input for `-`, or of all YAML and JSON files below a directory, sorted by
 * name. Links are followed, and each file is read once, however many links lead to it.
 *
 * @throws UsageError where something cannot be read
 */
export function readSources(names: readonly string[], io: CommandIo): Source[] {
  return names.flatMap((name) => {
    if (name === "-") return [{ file: "<stdin>", text: io.readStdin() }];
    const files = isDirectory(name) ? filesBelow(name) : [name];
    return files.map((file) => ({ file, text: contentOf(file, io) }));
  });
}

function isDirectory(name: string): boolean {
  return tried(name, () => statSync(name)).isDirectory();
}

function filesBelow(root: string): string[] {
  const files: string[] = [];
  const seen = new Set<string>([tried(root, () => realpathSync(root))]);
  const visit = (directory: string, depth: number): void => {
    if (depth > maxDepth) throw new UsageError(`${directory}: error: is nested deeper than ${maxDepth} directories`);
    // names that begin with two dots are copies that a mounted ConfigMap has of its files
    const names = tried(directory, () => readdirSync(directory)).filter((name) => !name.startsWith(".."));
    for (const name of names.sort()) {
      const path = join(directory, name);
      const isWanted = /\.(ya?ml|json)$/.test(name);
      // a link that leads nowhere matters only where it has the name of a manifest
      const stats = isWanted ? tried(path, () => statSync(path)) : statSync(path, { throwIfNoEntry: false });
      if (stats === undefined || !(stats.isDirectory() || (stats.isFile() && isWanted))) continue;
      const real = tried(path, () => realpathSync(path));
      if (seen.has(real)) continue;
      seen.add(real);
      if (stats.isDirectory()) visit(path, depth + 1);
      else if (files.push(path) > maxFiles)
        throw new UsageError(`${root}: error: has more than ${maxFiles} files; name a directory below it`);
    }
  };
  visit(root, 1);
  return files.sort();
}

function tried<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const isLoop = (error as NodeJS.ErrnoException).code === "ELOOP";
    throw new UsageError(`${path}: error: can't be read: ${isLoop ? "it is a link to itself" : errorText(error)}`);
  }
}
