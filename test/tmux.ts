/** A terminal that a person could sit at: a shell in tmux, with keys that are typed and a screen that is read. */
import { spawnSync } from "node:child_process";
import type { Test } from "tap";
import { eventually } from "./eventually.js";

export const whyNoTmux =
  spawnSync("tmux", ["-V"]).status === 0 ? (false as const) : "tmux is not installed (apt-get install tmux)";

export interface TmuxOptions {
  readonly columns: number;
  readonly rows: number;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Program and arguments. Its prompt has to be `$ `. */
  readonly shell: readonly string[];
}

let sessions = 0;

export class Tmux {
  readonly #socket = `orchestrator-test-${process.pid}-${++sessions}`;

  constructor(t: Test, { columns, rows, directory, environment, shell }: TmuxOptions) {
    const { PATH = "", HOME = "/root" } = process.env;
    const variables = { PATH, HOME, TERM: "screen-256color", LC_ALL: "C.UTF-8", HISTFILE: "", ...environment };
    t.teardown(() => spawnSync("tmux", ["-L", this.#socket, "kill-server"]));
    this.#tmux(
      ...["-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows), "-c", directory],
      ...["env", "-i", ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...shell],
    );
  }

  /** The lines of the screen without spaces at their ends, and without empty ones at the end; with colors as escape sequences if asked. */
  screen(colors = false): string {
    return this.#tmux("capture-pane", "-p", ...(colors ? ["-e"] : []))
      .replaceAll(/ +$/gm, "")
      .trimEnd();
  }

  /** Types text as it is. */
  type(text: string): void {
    this.#tmux("send-keys", "-l", "--", text);
  }

  /** Presses keys by tmux's names: `Enter`, `Tab`, `C-c`. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Types a line and presses Enter. */
  enter(line: string): void {
    this.type(line);
    this.press("Enter");
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** The screen as soon as it matches. */
  async shows(pattern: RegExp): Promise<string> {
    return eventually(`the screen shows ${String(pattern)}`, () => {
      const screen = this.screen();
      return pattern.test(screen) ? screen : undefined;
    }).catch((error: unknown) => {
      throw new Error(`the screen is:\n${this.screen()}`, { cause: error });
    });
  }

  #tmux(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`tmux ${args[0] ?? ""}: ${stderr}`);
    return stdout;
  }
}
