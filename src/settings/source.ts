import type { Environment } from "./layers.js";
import { parseSettings, type Parsed } from "./parse.js";
import type { Problem } from "./reading.js";
import type { Settings } from "./settings.js";

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
  #current: Settings;
  #last: Reload;

  /**
   * Begins with the defaults and the environment.
   *
   * @throws Error naming each variable that can't be read: a process that was started wrongly should say so at once.
   */
  constructor(environment: Environment = {}) {
    this.#environment = environment;
    const { settings, problems } = parseSettings("", environment);
    if (settings === undefined) throw new Error(`wrong environment: ${problems.map(formatProblem).join("; ")}`);
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
    const parsed: Parsed = parseSettings(yaml ?? "", this.#environment);
    if (parsed.settings !== undefined) this.#current = parsed.settings;
    this.#last = { accepted: parsed.settings !== undefined, problems: parsed.problems };
    return this.#last;
  }
}

/** `path: message`, as a line of a log or an answer. */
export function formatProblem({ path, message }: Problem): string {
  return path === "" ? `config.yaml ${message}` : `${path} ${message}`;
}
