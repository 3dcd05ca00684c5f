/** Input and output of commands. */
import { errorText } from "../runtime/error-text.js";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Document } from "yaml";
import type { Remark } from "../configuration/convert.js";
import { processAsk, processTerminal, type Terminal } from "./terminal.js";
import { fileBounds, parseBoundedDocuments, YamlBoundsError, type YamlOptions } from "../runtime/input/bounded-yaml.js";

/** The streams and the exit code of a command; tests pass their own. */
export interface CommandIo {
  readonly readStdin: () => string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly exit: (code: number) => void;
  /** The terminal at standard output. Absent: there is none, as in a pipe. */
  readonly terminal?: Terminal | undefined;
  /** Asks the person at the terminal. Absent: nobody can answer. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

export const processIo: CommandIo = {
  readStdin: () => readFileSync(0, "utf8"),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  exit: (code) => (process.exitCode = code),
  get terminal() {
    return processTerminal();
  },
  get ask() {
    return processAsk();
  },
};

/** The same streams, without color on the terminal if `--no-color` is given. */
export function withColorOf({ color }: { readonly color?: boolean }, io: CommandIo): CommandIo {
  if (color !== false) return io;
  const { readStdin, out, err, exit } = io;
  return {
    ...{ readStdin, out, err, exit },
    get terminal() {
      const { terminal } = io;
      return terminal && { ...terminal, colors: false };
    },
    get ask() {
      return io.ask;
    },
  };
}

/** The command cannot do its work: wrong usage, or a file or cluster that cannot be read or written. Exit code 2. */
export class UsageError extends Error {}

/** The text of a file, or of standard input for `-`. @throws UsageError */
export function contentOf(file: string, io: CommandIo): string {
  if (file === "-") return io.readStdin();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file}: error: can't be read: ${errorText(error)}`);
  }
}

/** The documents of a file's text; their errors are in each. @throws UsageError if the text exceeds the bounds of a file */
export function parseFile(file: string, text: string, options?: YamlOptions): Document.Parsed[] {
  try {
    return parseBoundedDocuments(text, fileBounds, options);
  } catch (error) {
    if (error instanceof YamlBoundsError) throw new UsageError(`${file}: error: ${error.message}`);
    throw error;
  }
}

export interface Source {
  readonly file: string;
  readonly text: string;
}

/** A file, standard input for `-`, or all YAML and JSON files below a directory, sorted by name. @throws UsageError */
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

/** Wraps a command's function as its action: the result is the exit code; a {@link UsageError} is printed and gives 2. */
export function withExitCode<Arguments extends unknown[]>(
  io: CommandIo,
  run: (...args: Arguments) => number | Promise<number>,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    try {
      io.exit(await run(...args));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      io.err(`${error.message}\n`);
      io.exit(2);
    }
  };
}

/** `1 error`, `2 errors`. */
export const countOf = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** Prints the remarks of a conversion, one per line. */
export function printRemarks(file: string, remarks: readonly Remark[], io: CommandIo): void {
  for (const { severity, line, path, message } of remarks)
    io.err(`${file}${line === undefined ? "" : `:${line}`}: ${severity}: ${path === "" ? "" : `${path} `}${message}\n`);
}
