/** What commands read and write. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Remark } from "../configuration/convert.js";
import { errorText } from "../runtime/error-text.js";

/** A test puts its own in place. */
export interface CommandIo {
  readonly readStdin: () => string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly exit: (code: number) => void;
}

export const processIo: CommandIo = {
  readStdin: () => readFileSync(0, "utf8"),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  exit: (code) => (process.exitCode = code),
};

/** The command has nothing to say about what it was asked: a file that can't be read or written, or a wrong call. Exit code 2. */
export class Unreadable extends Error {}

/** The text of a file, or of standard input for `-`. */
export function contentOf(file: string, io: CommandIo): string {
  if (file === "-") return io.readStdin();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Unreadable(`${file}: error: can't be read: ${errorText(error)}`);
  }
}

export interface Source {
  readonly file: string;
  readonly text: string;
}

/** A file, standard input for `-`, or all YAML and JSON files below a directory, by name. */
export function sourcesOf(name: string, io: CommandIo): Source[] {
  if (name === "-") return [{ file: "<stdin>", text: io.readStdin() }];
  if (statSync(name, { throwIfNoEntry: false })?.isDirectory() !== true)
    return [{ file: name, text: contentOf(name, io) }];
  const files = readdirSync(name, { recursive: true, encoding: "utf8" })
    .filter((entry) => /\.(ya?ml|json)$/.test(entry))
    .sort()
    .map((entry) => join(name, entry))
    .filter((entry) => statSync(entry).isFile());
  return files.map((file) => ({ file, text: contentOf(file, io) }));
}

/** An action whose result is the exit code; {@link Unreadable} is told, and gives 2. */
export function settled<Arguments extends unknown[]>(
  io: CommandIo,
  run: (...args: Arguments) => number | Promise<number>,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    try {
      io.exit(await run(...args));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      io.err(`${error.message}\n`);
      io.exit(2);
    }
  };
}

/** `1 error`, `2 errors`. */
export const many = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** What a conversion has to say, a line each. */
export function tellRemarks(file: string, remarks: readonly Remark[], io: CommandIo): void {
  for (const { severity, line, path, message } of remarks)
    io.err(`${file}${line === undefined ? "" : `:${line}`}: ${severity}: ${path === "" ? "" : `${path} `}${message}\n`);
}
