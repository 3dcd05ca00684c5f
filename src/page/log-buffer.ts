/** The lines of a log, of which the latest are kept. */

/** Lines and characters that the page keeps. */
export const bounds = { lines: 20_000, characters: 8 * 1024 * 1024, line: 4_000 };

export interface LogLine {
  readonly text: string;
  /** Of the line that begins an attempt. */
  readonly attempt?: number;
}

// colors and other sequences that a terminal would obey, of which agents' programs write many
// eslint-disable-next-line no-control-regex -- these are the characters that start them
const terminalSequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

export class LogBuffer {
  #lines: LogLine[] = [];
  #characters = 0;
  #dropped = 0;
  /** The line that is not complete. */
  #rest = "";

  /** The lines, with the incomplete one as the last. Of very long lines the beginning. */
  lines(): readonly LogLine[] {
    return this.#rest === "" ? [...this.#lines] : [...this.#lines, lineOf(this.#rest)];
  }

  /** Lines that were dropped from the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  clear(): void {
    this.#lines = [];
    this.#characters = 0;
    this.#dropped = 0;
    this.#rest = "";
  }

  /** Begins the output of an attempt, with a line that says so. */
  begin(attempt: number, pod: string): void {
    this.#endLine();
    this.#push({ text: `Attempt ${attempt}, pod ${pod}`, attempt });
  }

  append(text: string): void {
    const parts = text.split("\n");
    for (const [index, part] of parts.entries()) {
      // what is beyond the bound of a line is not shown, and so not kept
      this.#rest += part.slice(0, Math.max(0, 2 * bounds.line - this.#rest.length));
      if (index < parts.length - 1) {
        this.#push(lineOf(this.#rest));
        this.#rest = "";
      }
    }
  }

  #endLine(): void {
    if (this.#rest !== "") this.#push(lineOf(this.#rest));
    this.#rest = "";
  }

  #push(line: LogLine): void {
    this.#lines.push(line);
    this.#characters += line.text.length;
    let excess = 0;
    while (this.#lines.length - excess > bounds.lines || this.#characters > bounds.characters) {
      this.#characters -= this.#lines[excess]?.text.length ?? 0;
      excess += 1;
    }
    // in larger steps, since each moves all lines
    if (excess === 0) return;
    const step = Math.min(this.#lines.length, Math.max(excess, bounds.lines / 20));
    for (const { text } of this.#lines.slice(excess, step)) this.#characters -= text.length;
    this.#lines.splice(0, step);
    this.#dropped += step;
  }
}

function lineOf(text: string): LogLine {
  const plain = text.replace(/\r$/, "").replaceAll(terminalSequences, "");
  return { text: plain.length > bounds.line ? `${plain.slice(0, bounds.line)} … (longer: download the log)` : plain };
}
