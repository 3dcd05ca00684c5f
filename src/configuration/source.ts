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

/**
 * Holds the configuration in force. A watch of the ConfigMap passes each new text to it. Readers call {@link current} at each use, so
 * a valid change takes effect at once and an invalid one changes nothing.
 */
export class ConfigurationSource {
  readonly #environment: Environment;
  readonly #flags: readonly Flag[];
  #current: Configuration;
  #last: Reload;

  /**
   * Starts with the defaults, environment variables and flags.
   *
   * @throws Error that names each invalid variable and flag, so that the operator does not start with them
   */
  constructor(environment: Environment = {}, flags: readonly Flag[] = []) {
    this.#environment = environment;
    this.#flags = flags;
    const { configuration, problems } = configure({ environment, flags });
    if (configuration === undefined)
      throw new Error(`invalid environment or flags: ${problems.map(formatProblem).join("; ")}`);
    this.#current = configuration;
    this.#last = { accepted: true, problems };
  }

  current(): Configuration {
    return this.#current;
  }

  /** The result of the latest update. */
  get last(): Reload {
    return this.#last;
  }

  /** Applies the text of `config.yaml`; undefined if the ConfigMap or its key does not exist, which means the defaults. */
  update(yaml: string | undefined): Reload {
    const parsed: Parsed = configure({ file: yaml ?? "", environment: this.#environment, flags: this.#flags });
    if (parsed.configuration !== undefined) this.#current = parsed.configuration;
    this.#last = { accepted: parsed.configuration !== undefined, problems: parsed.problems };
    return this.#last;
  }
}

/** Path and message on one line. */
export function formatProblem({ path, message }: Problem): string {
  return path === "" ? `config.yaml ${message}` : `${path} ${message}`;
}
