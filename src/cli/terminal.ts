/** What a command knows about the user's terminal. */
import { createInterface } from "node:readline/promises";

/** A terminal at standard output. */
export interface Terminal {
  /** Its present size. */
  readonly columns: number;
  readonly rows: number;
  /** False with NO_COLOR in the environment (https://no-color.org), or TERM=dumb. */
  readonly colors: boolean;
  /** Calls the listener when the size changes; returns what ends that. Absent: the size stays. */
  readonly onResize?: (listener: () => void) => () => void;
}

/** The terminal at standard output; undefined if that is a file or pipe. */
export function processTerminal(): Terminal | undefined {
  const { isTTY, columns, rows } = process.stdout;
  // a pipe has no isTTY, whatever the types say
  if ((isTTY as boolean | undefined) !== true) return undefined;
  const { NO_COLOR, TERM } = process.env;
  const onResize = (listener: () => void): (() => void) => {
    process.stdout.on("resize", listener);
    return () => process.stdout.off("resize", listener);
  };
  return { columns: columns || 80, rows: rows || 24, colors: !NO_COLOR && TERM !== "dumb", onResize };
}

/** Asks the person at the terminal; undefined if nobody can answer there. */
export function processAsk(): ((question: string) => Promise<string>) | undefined {
  if ((process.stdin.isTTY as boolean | undefined) !== true) return undefined;
  if ((process.stderr.isTTY as boolean | undefined) !== true) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    // as at any other time: readline takes the terminal's own reaction away
    lines.once("SIGINT", () => {
      process.stderr.write("\n");
      lines.close();
      process.kill(process.pid, "SIGINT");
    });
    // the end of the input, Ctrl-D, is no answer
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    try {
      return await Promise.race([lines.question(question), ended]);
    } finally {
      lines.close();
    }
  };
}

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;

export type Color = keyof typeof codes;

/** The text in a color, if colors are on. */
export function colored(text: string, color: Color | undefined, colors: boolean): string {
  return colors && color !== undefined && text !== "" ? `\u001b[${codes[color]}m${text}\u001b[0m` : text;
}

const phases = new Map<string, Color>([
  ["Running", "cyan"],
  ["Succeeded", "green"],
  ["Failed", "red"],
  ["Pending", "yellow"],
  ["Cancelled", "dim"],
]);

/** The color of a phase of a run; undefined for other text. */
export const phaseColor = (text: string): Color | undefined => phases.get(text);
