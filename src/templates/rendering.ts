/** The scopes, the output and the counters of one rendering of a template. */
import { TemplateError } from "./problem.js";

/** Limits of one rendering. The files of an attempt have to fit in a ConfigMap, which can hold 1 MiB. */
export interface Bounds {
  /** Number of evaluated statements and expressions. */
  readonly steps: number;
  /** Characters of the output. */
  readonly size: number;
  /** Characters that helpers return, whether or not they are part of the output. */
  readonly work: number;
}

export const defaultBounds: Bounds = { steps: 100_000, size: 512 * 1024, work: 16 * 1024 * 1024 };

/** The value of a name that was reported as unknown, so that what is inside of its block can be explored. */
export const unknown = Symbol("unknown");

/** The scope in which names are resolved. */
export class Frame {
  constructor(
    readonly root: object,
    readonly here: unknown,
    readonly outer?: Frame,
    /** `@index`, `@key`, `@first`, `@last`. */
    readonly data: Readonly<Record<string, unknown>> = {},
    /** Block parameters: the names in `as |item|`. */
    readonly named: Readonly<Record<string, unknown>> = {},
  ) {}
}

/** A rendering exceeds one of its {@link Bounds}. */
export class BoundsError extends Error {}

/** Errors of one exploration: for each the variable that was meant is searched, and nobody reads thousands. */
const mostErrors = 100;

function tooMany({ file, line, column }: TemplateError): TemplateError {
  const cause = new BoundsError(`has more than ${mostErrors} errors; correct these first`);
  return new TemplateError(file, line, column, cause.message, { cause });
}

/** The output and the counters of one rendering. */
export class State {
  readonly #pieces: string[] = [];
  #size = 0;
  #steps = 0;
  #work = 0;

  /** @param found receives errors, and the evaluation continues after each; absent: the first one ends it */
  constructor(
    readonly bounds: Bounds,
    readonly found?: TemplateError[],
  ) {}

  /** Every branch is evaluated, to find the errors in it. */
  get exploring(): boolean {
    return this.found !== undefined;
  }

  /** The result of the action; undefined if it failed and errors are collected. What exceeds a bound ends everything. */
  tried<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (this.found === undefined || !(error instanceof TemplateError) || error.cause instanceof BoundsError)
        throw error;
      this.found.push(error);
      if (this.found.length >= mostErrors) throw tooMany(error);
      return undefined;
    }
  }

  get output(): string {
    return this.#pieces.join("");
  }

  write(text: string): void {
    this.#size += text.length;
    if (this.#size > this.bounds.size) throw new BoundsError(`renders more than ${this.bounds.size} characters`);
    this.#pieces.push(text);
  }

  step(): void {
    if (++this.#steps > this.bounds.steps) throw new BoundsError(`takes more than ${this.bounds.steps} steps`);
  }

  worked(value: unknown): void {
    if (typeof value !== "string") return;
    this.#work += value.length;
    if (this.#work > this.bounds.work)
      throw new BoundsError(`calls helpers that return more than ${this.bounds.work} characters in total`);
  }
}

/** The frame of a block, which can still see the names of the outer blocks. */
export function inner(frame: Frame, here: unknown, data: Frame["data"], named: Frame["named"]): Frame {
  return new Frame(frame.root, here, frame, data, named);
}

/** The variables of a partial with arguments. */
export function withArguments(here: unknown, given: Readonly<Record<string, unknown>>): unknown {
  if (Object.keys(given).length === 0) return here;
  return typeof here === "object" && here !== null ? { ...here, ...given } : given;
}

/** The result of an action; `unknown` if it failed while errors are collected. */
export function orUnknown(state: State, action: () => unknown): unknown {
  const done = state.tried(() => ({ value: action() }));
  return done === undefined ? unknown : done.value;
}

export function entriesOf(value: unknown): [string | number, unknown][] {
  if (value === unknown) return [[0, unknown]];
  if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item]);
  if (typeof value === "object" && value !== null) return Object.entries(value);
  if (value === null || value === undefined) return [];
  throw new Error("each takes a list or an object");
}
