import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the same process. On Linux clock ticks since boot, elsewhere what `ps` says. */
  readonly startTime: string;
}

const procfs = existsSync("/proc/self/stat");

/** The identity of a running process; undefined when there is none, or only its zombie is left. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    if (!procfs) {
      const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
      return line === "" || line.startsWith("Z") ? undefined : { pid, startTime: line.replace(/^\S+\s+/, "") };
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTime] = [fields[0], fields[19]];
    return startTime === undefined || state === "Z" || state === "X" ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

/** This process. */
export function self(): ProcessIdentity {
  const identity = identify(process.pid);
  if (identity === undefined) throw new Error("this process can't see itself: is /proc mounted, or ps installed?");
  return identity;
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Signals exactly that process; false when it is gone, even if its number is in use again. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch {
    return false;
  }
}

/** The processes that `pid` started itself. Linux only; empty elsewhere. */
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
 * Every process whose environment holds `entry`, whatever its parent became: this finds what a killed supervisor
 * left running. Linux only; empty elsewhere.
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
        return []; // ended meanwhile, or another user's
      }
    })
    .flatMap((pid) => identify(pid) ?? []);
}

/** Resident memory in bytes, or undefined when it can't be known. */
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

/** Where administrators' programs are; an ordinary user's PATH on Debian lacks the sbin directories. */
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
 * A command line under which `argv` is killed by the kernel as soon as the thread that started it is gone.
 * Without util-linux (not Linux) the line is unchanged and the janitor alone has to find it.
 */
export function diesWithParent(argv: readonly string[]): [string, ...string[]] {
  const setpriv = process.platform === "linux" ? which("setpriv", SYSTEM_PATH) : undefined;
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error("an empty command line");
  return setpriv === undefined ? [program, ...rest] : [setpriv, "--pdeathsig", "KILL", "--", program, ...rest];
}

/** `spawn` of a whole command line. */
export function start(argv: readonly string[], options: SpawnOptions): ChildProcess {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error("an empty command line");
  return spawn(program, args, options);
}

export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/** Runs a command to its end; stdout and stderr together. Never rejects for the command's own failure. */
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
      child.stdin.on("error", () => undefined); // it ended without reading all: its exit code tells
      input.pipe(child.stdin);
    }
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}` }));
    child.on("close", (code, by) =>
      resolve({ code: code ?? 128, output: by === null ? output : `${output}(ended by ${by})` }),
    );
  });
}

/** Like {@link run}, but a failure is an error that says what was run and what it answered. */
export async function must(argv: readonly string[], options: Parameters<typeof run>[1] = {}): Promise<string> {
  const { code, output } = await run(argv, options);
  if (code !== 0) throw new Error(`${argv.join(" ")}: exit code ${code}: ${output.trim().slice(-2_000)}`);
  return output;
}

/** Polls until `condition` gives something; undefined once `milliseconds` are over. */
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
