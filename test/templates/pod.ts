/**
 * What a run's pod would be, without one: the files, secrets and workspace in directories of their own, real programs, and
 * a stand-in for `claude` alone. Programs that the script calls note their arguments first.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Repositories } from "./repositories.js";

/** Programs that get credentials. */
const trusted = ["git", "curl", "jq", "ssh", "ssh-keygen"];
const others = ["tar", "sed", "cat", "cp", "tr", "grep", "mktemp", "find"];
const watched = [...trusted, ...others];

/** The paths of those that this machine has; looked up once, since each look-up is a process. */
const programsHere: readonly (readonly [string, string])[] = execFileSync(
  "sh",
  ["-c", 'for program; do printf "%s\\n" "$(command -v "$program")"; done', "sh", ...watched],
  { encoding: "utf8" },
)
  .split("\n")
  .flatMap((path, index): [string, string][] => {
    const program = watched[index];
    return program === undefined || path === "" ? [] : [[program, path]];
  });

export type Phase = "prepare" | "agent" | "deliver";

export interface End {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly output: string;
  readonly message: { summary?: string; pullRequestUrl?: string; sessionId?: string; qaStatus?: string };
}

export class Pod {
  readonly root = mkdtempSync(join(tmpdir(), "agent-run-"));
  readonly workspace = this.#directory("workspace");
  /** Mounted in the containers that deliver. */
  readonly secrets = this.#directory("secrets");
  /** Each has the socket of an ssh-agent. */
  readonly sockets = { prepare: this.#directory("ssh-prepare"), deliver: this.#directory("ssh-deliver") };
  /** Mounted in the gateway alone. */
  readonly gatewaySecrets = this.#directory("gateway-secrets");
  /** What containers that may write show the gateway. */
  capability = "";
  readonly repositories = new Repositories(this.#directory("repositories"));
  /** Values that may stand nowhere. */
  readonly confidential: string[] = [];
  /** What comes first in its PATH. */
  readonly programs = this.#directory("programs");
  readonly #temporary = this.#directory("tmp");
  readonly #arguments = join(this.root, "arguments");

  constructor() {
    this.#watch(process.env.TEST_FULL === "1" ? watched : trusted);
  }

  /** Has all programs note their arguments, and not only those that get credentials: twice as many processes for a run. */
  watchAll(): void {
    this.#watch(watched);
  }

  #watch(programs: readonly string[]): void {
    for (const [program, real] of programsHere) if (programs.includes(program)) this.install(program, real);
  }

  /** A key of a Secret. */
  secret(name: string, value: string): void {
    writeFileSync(join(this.gatewaySecrets, name), value, { mode: 0o440 });
    if (name !== "app-id")
      this.confidential.push(...value.split("\n").filter((line) => line.length > 8 && !line.startsWith("-----")));
  }

  /** The stand-in for the agent's program: a script that is run as that with what the real one would get. */
  agent(script: string, program = "claude"): void {
    this.#program(program, `#!/bin/bash\nset -eu\nprompt=$(cat)\n${script}\n`);
  }

  /** The real program. */
  install(program: string, command: string): void {
    // sh, which mostly starts faster than bash: a run calls hundreds of programs
    this.#program(
      program,
      `#!/bin/sh\n{ printf '%s ' "$0" "$@"; echo; } >> '${this.#arguments}'\nexec '${command}' "$@"\n`,
    );
  }

  /** The run's files, in a directory that is for them alone. */
  place(files: Readonly<Record<string, string>>): string {
    const directory = join(this.root, "files");
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    for (const each of ["", "-prepare", "-agent", "-deliver"])
      writeFileSync(join(this.root, `termination-log${each}`), "");
    // new in each pod
    for (const each of ["origin", "handover"]) {
      rmSync(join(this.root, each), { recursive: true, force: true });
      mkdirSync(join(this.root, each));
    }
    return directory;
  }

  /** All phases in one container, or one of them. The files are in place already for a phase. */
  start(
    files: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
    phase?: Phase,
  ): ChildProcess {
    const directory = phase === undefined ? this.place(files) : join(this.root, "files");
    return spawn("bash", [join(directory, "container.sh"), ...(phase === undefined ? [] : [phase])], {
      cwd: this.workspace,
      env: {
        PATH: `${this.programs}:${process.env.PATH ?? ""}`,
        HOME: this.#directory("home"),
        TMPDIR: this.#temporary,
        FILES: directory,
        // what a container does not mount is nowhere
        ...(phase !== "deliver" && { WORKSPACE: this.workspace }),
        ...(phase === "deliver" && { WORKSPACE: "/nowhere" }),
        ORIGIN: phase === "agent" ? "/nowhere" : join(this.root, "origin"),
        HANDOVER: join(this.root, "handover"),
        SSH_DIRECTORY: phase === "agent" ? "/nowhere" : this.sockets[phase ?? "deliver"],
        TERMINATION_LOG: join(this.root, `termination-log${phase === undefined ? "" : `-${phase}`}`),
        ...env,
        ...((phase === "prepare" || phase === "agent") && { WRITE_CAPABILITY: "/nowhere" }),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async end(child: ChildProcess, phase?: Phase): Promise<End> {
    const pieces: string[] = [];
    child.stdout?.on("data", (piece: Buffer) => pieces.push(piece.toString()));
    child.stderr?.on("data", (piece: Buffer) => pieces.push(piece.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    const file = join(this.root, `termination-log${phase === undefined ? "" : `-${phase}`}`);
    const log = existsSync(file) ? readFileSync(file, "utf8") : "";
    return { code, output: pieces.join(""), message: log === "" ? {} : (JSON.parse(log) as End["message"]) };
  }

  /** The three phases as the containers of one pod. */
  async run(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Promise<End> {
    this.place(files);
    const prepared = await this.phase("prepare", env);
    return prepared.code === 0 ? await this.afterPreparation(prepared, env) : prepared;
  }

  async phase(phase: Phase, env: Readonly<Record<string, string>> = {}): Promise<End> {
    return await this.end(this.start({}, env, phase), phase);
  }

  /** Agent and delivery beside one another; of the agent's end, its own words count. */
  async afterPreparation(prepared: End, env: Readonly<Record<string, string>>): Promise<End> {
    const [agent, delivered] = await Promise.all([this.phase("agent", env), this.phase("deliver", env)]);
    const output = prepared.output + agent.output + delivered.output;
    if (agent.code !== 0) return { ...agent, output };
    const { summary, ...result } = delivered.message;
    const message = { ...agent.message, ...result, ...(delivered.code !== 0 && summary !== undefined && { summary }) };
    return { code: delivered.code, output, message };
  }

  /** Where a confidential value can be read: what was printed, arguments, and what the run left behind. */
  leaks({ output, message }: End, further: readonly string[] = []): string[] {
    const values = [...this.confidential, ...further];
    const places: [string, string][] = [
      ["output", output],
      ["termination message", JSON.stringify(message)],
      ["arguments", existsSync(this.#arguments) ? readFileSync(this.#arguments, "latin1") : ""],
      ...filesBelow(this.workspace),
      ...filesBelow(this.#temporary),
    ];
    return places.filter(([, text]) => values.some((value) => text.includes(value))).map(([place]) => place);
  }

  get temporaryFiles(): string[] {
    return readdirSync(this.#temporary);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #program(name: string, script: string): void {
    const file = join(this.programs, name);
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }

  #directory(name: string): string {
    const directory = join(this.root, name);
    mkdirSync(directory, { recursive: true });
    return directory;
  }
}

function filesBelow(directory: string): [string, string][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [file, readFileSync(file, "latin1")];
    });
}
