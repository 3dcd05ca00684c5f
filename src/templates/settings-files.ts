/** The programs' own settings files, of those that a run's `cliConfig.settings` are written to. */

export interface SettingsFile {
  /** Its key in a run's ConfigMap, and the name of its schema. */
  readonly file: string;
  /** What the program does with a value of a wrong type; a clause. */
  readonly wrongType: string;
  /** It works as it should, but for that value. */
  readonly goesOn?: boolean;
  /** Why there can be no null in it; absent: there can. */
  readonly noNull?: string;
  /** What it does with a word that it doesn't know; absent: it passes over that. */
  readonly unknownWord?: string;
  /** What it does with a member at the top that it doesn't know; absent: it passes over that. */
  readonly unknownMember?: string;
}

/** By program. What each does was tried with claude 2.1.330, codex 0.169.0, gemini 0.61.0 and opencode 1.18.33. */
const settingsFiles: Readonly<Record<string, SettingsFile>> = {
  claude: {
    file: "settings.json",
    wrongType: "claude passes over its whole settings file for it, with the run's permissions and hooks",
  },
  codex: {
    file: "codex-config.toml",
    wrongType: "codex doesn't start with it",
    noNull: "codex' settings file is TOML, which has none",
    unknownWord: "a codex that doesn't know it doesn't start with it",
  },
  gemini: {
    file: "gemini-settings.json",
    wrongType: "gemini complains of it, and starts nevertheless",
    goesOn: true,
  },
  opencode: {
    file: "opencode-opencode.json",
    wrongType: "opencode doesn't start with it",
    unknownWord: "an opencode that doesn't know it doesn't start with it",
    unknownMember: "older versions of opencode don't start with one that they don't know",
  },
};

export function settingsFileOf(program: string): SettingsFile | undefined {
  return Object.hasOwn(settingsFiles, program) ? settingsFiles[program] : undefined;
}
