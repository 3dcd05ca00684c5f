import type { Environment, Flag } from "./layers.js";
import { configure, type Parsed } from "./parse.js";
import type { Problem } from "./problem.js";
import type { Configuration } from "./configuration.js";

/** What became of an update. */
export interface Reload {
  /** False: the text has errors, and what held before still holds. */
  readonly accepted: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Holds the settings in force. A watch of the ConfigMap gives it each new text; readers ask {@link current} at each
 * use, so a good change holds for the next run, and a bad one changes nothing.
 */
export class ConfigurationSource {
  readonly #environment: Environment;
  readonly #flags: readonly Flag[];
  #current: Configuration;
  #last: Reload;

  /**
   * Begins with the defaults, the environment and the flags.
   *
   * @throws Error naming each variable and flag that can't be read: a process that was started wrongly should say so at once.
   */
  constructor(environment: Environment = {}, flags: readonly Flag[] = []) {
    this.#environment = environment;
    this.#flags = flags;
    const { configuration, problems } = configure({ environment, flags });
    if (configuration === undefined)
      throw new Error(`wrong environment or flags: ${problems.map(formatProblem).join("; ")}`);
    this.#current = configuration;
    this.#last = { accepted: true, problems };
  }

  current(): Configuration {
    return this.#current;
  }

  /** What became of the newest update. */
  get last(): Reload {
    return this.#last;
  }

  /** Takes the text of `config.yaml`; `undefined` where the ConfigMap or its key is gone, which means the defaults. */
  update(yaml: string | undefined): Reload {
    const parsed: Parsed = configure({ file: yaml ?? "", environment: this.#environment, flags: this.#flags });
    if (parsed.configuration !== undefined) this.#current = parsed.configuration;
    this.#last = { accepted: parsed.configuration !== undefined, problems: parsed.problems };
    return this.#last;
  }
}

/** `path: message`, as a line of a log or an answer. */
export function formatProblem({ path, message }: Problem): string {
  return path === "" ? `config.yaml ${message}` : `${path} ${message}`;
}
