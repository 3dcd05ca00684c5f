/** The settings files of agent programs, to which a run's `cliConfig.settings` are written. */

export interface SettingsFile {
  /** Its key in the ConfigMap of an attempt, and the name of its schema. */
  readonly file: string;
  /** What the agent program does with a value of the wrong type; a clause. */
  readonly wrongType: string;
  /** The agent program ignores only that value and works otherwise. Default false. */
  readonly toleratesWrongType?: boolean;
  /** Why the file cannot contain null; absent if it can. */
  readonly noNull?: string;
  /** What the agent program does with a word that it does not know; absent if it ignores the word. */
  readonly unknownWord?: string;
  /** What the agent program does with an unknown top-level member; absent if it ignores the member. */
  readonly unknownMember?: string;
}

/** By agent program. Their behavior was tested with claude 2.1.330, codex 0.169.0, gemini 0.61.0 and opencode 1.18.33. */
const settingsFiles: Readonly<Record<string, SettingsFile>> = {
  claude: {
    file: "settings.json",
    wrongType: "claude ignores its whole settings file because of it, including the permissions and hooks of the run",
  },
  codex: {
    file: "codex-config.toml",
    wrongType: "codex does not start with it",
    noNull: "the settings file of codex is TOML, which has no null",
    unknownWord: "codex does not start with a word that its version does not know",
  },
  gemini: {
    file: "gemini-settings.json",
    wrongType: "gemini reports it, and starts anyway",
    toleratesWrongType: true,
  },
  opencode: {
    file: "opencode-opencode.json",
    wrongType: "opencode does not start with it",
    unknownWord: "opencode does not start with a word that its version does not know",
    unknownMember: "older versions of opencode do not start with an unknown setting",
  },
};

export function settingsFileOf(program: string): SettingsFile | undefined {
  return Object.hasOwn(settingsFiles, program) ? settingsFiles[program] : undefined;
}
