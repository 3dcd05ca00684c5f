import type { Environment, Flag } from "./layers.js";
import { configure, type Parsed } from "./parse.js";
import type { Problem } from "./reading.js";
import type { Settings } from "./configuration.js";

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
export class SettingsSource {
  readonly #environment: Environment;
  readonly #flags: readonly Flag[];
  #current: Settings;
  #last: Reload;

  /**
   * Begins with the defaults, the environment and the flags.
   *
   * @throws Error naming each variable and flag that can't be read: a process that was started wrongly should say so at once.
   */
  constructor(environment: Environment = {}, flags: readonly Flag[] = []) {
    this.#environment = environment;
    this.#flags = flags;
    const { settings, problems } = configure({ environment, flags });
    if (settings === undefined)
      throw new Error(`wrong environment or flags: ${problems.map(formatProblem).join("; ")}`);
    this.#current = settings;
    this.#last = { accepted: true, problems };
  }

  current(): Settings {
    return this.#current;
  }

  /** What became of the newest update. */
  get last(): Reload {
    return this.#last;
  }

  /** Takes the text of `config.yaml`; `undefined` where the ConfigMap or its key is gone, which means the defaults. */
  update(yaml: string | undefined): Reload {
    const parsed: Parsed = configure({ file: yaml ?? "", environment: this.#environment, flags: this.#flags });
    if (parsed.settings !== undefined) this.#current = parsed.settings;
    this.#last = { accepted: parsed.settings !== undefined, problems: parsed.problems };
    return this.#last;
  }
}

/** `path: message`, as a line of a log or an answer. */
export function formatProblem({ path, message }: Problem): string {
  return path === "" ? `config.yaml ${message}` : `${path} ${message}`;
}
