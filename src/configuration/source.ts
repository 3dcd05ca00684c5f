import { isDeepStrictEqual } from "node:util";
import type { Environment, Flag } from "./layers.js";
import { configure, type Parsed } from "./parse.js";
import type { Problem } from "./problem.js";
import type { Configuration } from "./configuration.js";

/** The result of an update. */
export interface Reload {
  /** False: the text has errors, and the previous configuration stays in force. */
  readonly accepted: boolean;
  readonly problems: readonly Problem[];
}

/** A text of `config.yaml` that was read. */
export interface ReadText {
  /** Undefined: the ConfigMap or its key does not exist, which means the defaults. */
  readonly text: string | undefined;
  /** resourceVersion of the ConfigMap with that text; absent if it is unknown. */
  readonly resourceVersion?: string;
  /** Warnings if it is in force, otherwise errors. */
  readonly problems: readonly Problem[];
}

/**
 * Holds the configuration in force. A watch of the ConfigMap passes each new text to it. Readers call {@link current} at each use, so
 * a valid change takes effect at once and an invalid one changes nothing.
 */
export class ConfigurationSource {
  readonly environment: Environment;
  readonly flags: readonly Flag[];
  readonly #listeners = new Set<() => void>();
  #current: Configuration;
  #inForce: ReadText;
  #refused: ReadText | undefined;
  #hasRead = false;

  /**
   * Starts with the defaults, environment variables and flags.
   *
   * @throws Error that names each invalid variable and flag, so that the operator does not start with them
   */
  constructor(environment: Environment = {}, flags: readonly Flag[] = []) {
    this.environment = environment;
    this.flags = flags;
    const { configuration, problems } = configure({ environment, flags });
    if (configuration === undefined)
      throw new Error(`invalid environment or flags: ${problems.map(formatProblem).join("; ")}`);
    this.#current = configuration;
    this.#inForce = { text: undefined, problems };
  }

  current(): Configuration {
    return this.#current;
  }

  /** The text in force. */
  get inForce(): ReadText {
    return this.#inForce;
  }

  /** The newest text, if it was refused. */
  get refused(): ReadText | undefined {
    return this.#refused;
  }

  /** Whether every text so far was refused, so that only {@link restore} can bring back an earlier one. */
  get needsRestore(): boolean {
    return this.#refused !== undefined && !this.#hasRead;
  }

  /** Calls back after each update, also one that was refused. Returns the function that removes the callback. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back when a part of the configuration has changed. Returns the function that removes the callback. */
  onChangeOf(part: (configuration: Configuration) => unknown, listener: () => void): () => void {
    let before = part(this.#current);
    return this.subscribe(() => {
      const now = part(this.#current);
      const isSame = isDeepStrictEqual(before, now);
      before = now;
      if (!isSame) listener();
    });
  }

  /** Applies the text of `config.yaml`; undefined if the ConfigMap or its key does not exist, which means the defaults. */
  update(text: string | undefined, resourceVersion?: string): Reload {
    const parsed = this.#parse(text);
    const read = { text, problems: parsed.problems, ...(resourceVersion !== undefined && { resourceVersion }) };
    this.#refused = parsed.configuration === undefined ? read : undefined;
    if (parsed.configuration !== undefined) this.#accept(parsed.configuration, read);
    this.#notify();
    return { accepted: parsed.configuration !== undefined, problems: parsed.problems };
  }

  /**
   * Puts a text in force that was in force in an earlier process. Has no effect if this process has accepted one, or if the text is
   * not valid any more.
   */
  restore(text: string | undefined): void {
    if (!this.needsRestore) return;
    const { configuration, problems } = this.#parse(text);
    if (configuration === undefined) return;
    this.#accept(configuration, { text, problems });
    this.#notify();
  }

  #parse(text: string | undefined): Parsed {
    return configure({ file: text ?? "", environment: this.environment, flags: this.flags });
  }

  #accept(configuration: Configuration, read: ReadText): void {
    this.#current = configuration;
    this.#inForce = read;
    this.#hasRead = true;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Path or position, message and line, on one line. */
export function formatProblem({ path, line, position, message }: Problem): string {
  if (position !== undefined) return `config.yaml line ${position.line}, column ${position.column}: ${message}`;
  const where = line === undefined ? "" : ` (line ${line})`;
  return path === "" ? `config.yaml ${message}` : `${path} ${message}${where}`;
}
