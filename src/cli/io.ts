/** Input and output of commands. */
import { errorText } from "../runtime/error-text.js";
import { closeSync, openSync, readSync } from "node:fs";
import type { Document } from "yaml";
import type { Remark } from "../configuration/convert.js";
import { processAsk, processTerminal, type Terminal } from "./terminal.js";
import { fileBounds, parseBoundedDocuments, YamlBoundsError, type YamlOptions } from "../runtime/input/bounded-yaml.js";
import { decodeUtf8, TextError } from "../runtime/input/utf8-text.js";
import { escaped, escapedLines } from "../printable.js";

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
  readStdin: () => textOf("<stdin>", () => boundedBytes(0)),
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

/**
 * The text of a file, or of standard input for `-`.
 *
 * @throws UsageError if it cannot be read, exceeds the bound of files, or is not text in UTF-8
 */
export function contentOf(file: string, io: CommandIo): string {
  if (file === "-") return io.readStdin();
  return textOf(file, () => {
    const descriptor = openSync(file, "r");
    try {
      return boundedBytes(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

function textOf(file: string, read: () => Buffer): string {
  try {
    return decodeUtf8(read());
  } catch (error) {
    if (error instanceof TextError)
      throw new UsageError(`${file}:${error.line}:${error.column}: error: ${error.message}`);
    if (error instanceof UsageError) throw new UsageError(`${file}: error: ${error.message}`);
    throw new UsageError(`${file}: error: can't be read: ${errorText(error)}`);
  }
}

/** All bytes behind a descriptor. A device such as /dev/zero has no end. */
function boundedBytes(descriptor: number): Buffer {
  const { maxBytes } = fileBounds;
  const chunks: Buffer[] = [];
  for (let size = 0; size <= maxBytes;) {
    const chunk = Buffer.allocUnsafe(256 * 1024);
    const count = readSync(descriptor, chunk, 0, chunk.length, null);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    size += count;
  }
  throw new UsageError(`has more than ${maxBytes} bytes; split it into several files`);
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
      io.err(`${escapedLines(error.message)}\n`);
      io.exit(2);
    }
  };
}

/** `1 error`, `2 errors`. */
export const countOf = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** Prints the remarks of a conversion, one per line. */
export function printRemarks(file: string, remarks: readonly Remark[], io: CommandIo): void {
  const lines = remarks.map(({ severity, line, path, message }) => {
    const position = line === undefined ? file : `${file}:${line}`;
    return `${escaped(`${position}: ${severity}: ${path === "" ? "" : `${path} `}${message}`)}\n`;
  });
  if (lines.length > 0) io.err(lines.join(""));
}
