/** Lines of JSON in a file of the pod's own, so that a killed gateway continues where it was. */
import { closeSync, openSync, readFileSync, renameSync, statSync, writeFileSync, writeSync } from "node:fs";
import { isList, isObject, type JsonObject } from "../runtime/schema/json.js";
import type { ModelUsage } from "./ledger.js";
import { count, type Tokens } from "./tokens.js";

/** A request: begun, further, or ended. */
interface RequestEntry {
  readonly id: number;
  readonly model: string;
  /** What is known so far, and estimated otherwise. */
  readonly tokens: Tokens;
  readonly isOpen: boolean;
  readonly isEstimated?: boolean;
}

/** The totals at the beginning of the file. */
interface TotalsEntry {
  readonly usage: readonly ModelUsage[];
}

export type JournalEntry = RequestEntry | TotalsEntry;

/** Bytes after which the file begins again with the totals. */
const maxBytes = 1024 * 1024;

export class Journal {
  readonly #file: string;
  readonly #totals: () => readonly ModelUsage[];
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #open = new Map<number, RequestEntry>();
  #descriptor: number | undefined;
  #size = 0;

  /** Begins the file again, with the totals. @param totals of the requests that have ended */
  constructor(file: string, totals: () => readonly ModelUsage[], onError?: (error: unknown) => void) {
    this.#file = file;
    this.#totals = totals;
    this.#onError = onError;
    this.#guarded(() => this.#beginAgain());
  }

  /** The entries of a file; none if there is no file. A line that was cut off, as the last one may be, is left out. */
  static read(file: string): readonly JournalEntry[] {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    return text.split("\n").flatMap((line) => {
      const entry = readEntry(line);
      return entry === undefined ? [] : [entry];
    });
  }

  write(entry: RequestEntry): void {
    if (entry.isOpen) this.#open.set(entry.id, entry);
    else this.#open.delete(entry.id);
    this.#guarded(() => {
      if (this.#descriptor === undefined || this.#size > maxBytes) this.#beginAgain();
      else this.#append(entry);
    });
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#onError?.(error);
    }
  }

  #append(entry: JournalEntry): void {
    if (this.#descriptor === undefined) return;
    const line = `${JSON.stringify(entry)}\n`;
    writeSync(this.#descriptor, line);
    this.#size += line.length;
  }

  /** A whole new file takes the place of the old one. */
  #beginAgain(): void {
    this.close();
    const entries: JournalEntry[] = [{ usage: this.#totals() }, ...this.#open.values()];
    const next = `${this.#file}.next`;
    writeFileSync(next, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { mode: 0o600 });
    renameSync(next, this.#file);
    this.#descriptor = openSync(this.#file, "a");
    this.#size = statSync(this.#file).size;
  }
}

function readEntry(line: string): JournalEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  if (isList(value.usage)) return { usage: value.usage.filter(isObject).flatMap(readUsage) };
  const { id, model, isOpen, isEstimated } = value;
  const tokens = readTokens(value.tokens);
  if (typeof id !== "number" || typeof model !== "string" || tokens === undefined) return undefined;
  return { id, model, tokens, isOpen: isOpen === true, isEstimated: isEstimated === true };
}

function readUsage({ model, tokens, requests, estimated }: JsonObject): readonly ModelUsage[] {
  const read = readTokens(tokens);
  if (typeof model !== "string" || read === undefined) return [];
  return [{ model, tokens: read, requests: count(requests) ?? 0, estimated: count(estimated) ?? 0 }];
}

function readTokens(value: unknown): Tokens | undefined {
  if (!isObject(value)) return undefined;
  const [input, output, cacheRead, cacheWrite] = [value.input, value.output, value.cacheRead, value.cacheWrite].map(
    count,
  );
  if (input === undefined || output === undefined || cacheRead === undefined || cacheWrite === undefined)
    return undefined;
  return { input, output, cacheRead, cacheWrite };
}
