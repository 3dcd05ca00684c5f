/** What commands read and write. */
import { readFileSync } from "node:fs";

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

/** The command has nothing to say about what it was asked: a file that can't be read, or a wrong call. Exit code 2. */
export class Unreadable extends Error {}

/** The text of a file, or of standard input for `-`. */
export function contentOf(file: string, io: CommandIo): string {
  if (file === "-") return io.readStdin();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Unreadable(`${file}: error: can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
