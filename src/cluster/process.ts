import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Identifies a process, and distinguishes it from a later one with the same PID. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the same process. On Linux clock ticks since boot, elsewhere the start time from `ps`. */
  readonly startTime: string;
}

const procfs = existsSync("/proc/self/stat");

/** The identity of a running process; undefined when it does not exist or is a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    if (!procfs) {
      const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
      return line === "" || line.startsWith("Z") ? undefined : { pid, startTime: line.replace(/^\S+\s+/, "") };
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, and may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTime] = [fields[0], fields[19]];
    return startTime === undefined || state === "Z" || state === "X" ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

/** The identity of this process. */
export function self(): ProcessIdentity {
  const identity = identify(process.pid);
  if (identity === undefined)
    throw new Error("cannot determine the identity of this process: mount /proc, or install ps");
  return identity;
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Sends a signal to exactly that process; false when it has exited, even if its PID is in use again. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch {
    return false;
  }
}

/** The direct children of a process. Linux only; empty elsewhere. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/**
 * Every process whose environment contains `entry`, whatever its parent: this finds what a killed supervisor left
 * running. Linux only; empty elsewhere.
 */
export function findByEnvironment(entry: string): ProcessIdentity[] {
  if (!procfs) return [];
  const needle = `${entry}\0`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        return `${readFileSync(`/proc/${name}/environ`, "utf8")}\0`.includes(needle) ? [Number(name)] : [];
      } catch {
        return []; // exited meanwhile, or owned by another user
      }
    })
    .flatMap((pid) => identify(pid) ?? []);
}

/** Resident memory in bytes; undefined when it cannot be determined. */
export function residentMemory(pid: number): number | undefined {
  try {
    const kibibytes = procfs
      ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
      : execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return kibibytes === undefined || kibibytes === "" ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

/** The first executable of that name on `path`. */
export function which(program: string, path: string = process.env.PATH ?? ""): string | undefined {
  for (const directory of path.split(delimiter)) {
    if (directory === "") continue;
    const file = join(directory, program);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not here
    }
  }
  return undefined;
}

/** PATH with the directories of administrators' programs, which an ordinary user's PATH on Debian lacks. */
export const SYSTEM_PATH = [
  process.env.PATH ?? "",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
].join(delimiter);

/**
 * A command line that runs `argv` such that the kernel kills it when the thread that started it exits. Without
 * util-linux (not Linux) the command line is unchanged, and only the janitor stops the process.
 */
export function diesWithParent(argv: readonly string[]): [string, ...string[]] {
  const setpriv = process.platform === "linux" ? which("setpriv", SYSTEM_PATH) : undefined;
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error("an empty command line");
  return setpriv === undefined ? [program, ...rest] : [setpriv, "--pdeathsig", "KILL", "--", program, ...rest];
}

/** `spawn` for a whole command line. */
export function start(argv: readonly string[], options: SpawnOptions): ChildProcess {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error("an empty command line");
  return spawn(program, args, options);
}

export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/** Runs a command until it exits and collects stdout and stderr together. Never rejects when the command fails. */
export function run(
  argv: readonly string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    signal?: AbortSignal;
    input?: NodeJS.ReadableStream;
    onLine?: (line: string) => void;
    uid?: number;
    gid?: number;
  } = {},
): Promise<CommandResult> {
  const { input, onLine, ...spawnOptions } = options;
  return new Promise((resolve) => {
    const child = start(diesWithParent(argv), {
      ...spawnOptions,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    let output = "";
    let rest = "";
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-65_536);
      if (onLine === undefined) return;
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(onLine);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    if (input !== undefined && child.stdin !== null) {
      child.stdin.on("error", () => undefined); // it exited without reading all input; its exit code says why
      input.pipe(child.stdin);
    }
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}` }));
    child.on("close", (code, by) =>
      resolve({ code: code ?? 128, output: by === null ? output : `${output}(killed by ${by})` }),
    );
  });
}

/** Like {@link run}, but returns the output. @throws Error with command line, exit code and output when it fails. */
export async function must(argv: readonly string[], options: Parameters<typeof run>[1] = {}): Promise<string> {
  const { code, output } = await run(argv, options);
  if (code !== 0) throw new Error(`${argv.join(" ")}: exit code ${code}: ${output.trim().slice(-2_000)}`);
  return output;
}

/** Polls `condition` until it returns a value; undefined after `milliseconds`. */
export async function until<T>(
  milliseconds: number,
  condition: () => Promise<T | undefined> | T | undefined,
  every = 50,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    signal?.throwIfAborted();
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() >= deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
