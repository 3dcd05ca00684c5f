/** Warnings of the API server, such as those of admission, for the person at the terminal. */
import { printable } from "../printable.js";
import type { CommandIo } from "./io.js";

/** Prints each warning once, as kubectl does. */
export class WarningPrinter {
  readonly #io: Pick<CommandIo, "err">;
  readonly #shown = new Set<string>();
  #isQuiet = false;

  constructor(io: Pick<CommandIo, "err">) {
    this.#io = io;
  }

  readonly print = (text: string): void => {
    if (this.#isQuiet) return;
    if (!this.#shown.has(text)) this.#io.err(`Warning: ${printable(text)}\n`);
    this.#shown.add(text);
  };

  /** Does something whose warnings are not printed, such as what is repeated later. */
  readonly quietly = async <T>(work: () => Promise<T>): Promise<T> => {
    this.#isQuiet = true;
    return work().finally(() => (this.#isQuiet = false));
  };
}
