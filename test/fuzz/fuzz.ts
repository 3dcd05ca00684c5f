/** Starts the process that inputs are tried in, and reports how it ended. */
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface FuzzOptions {
  /** Of all random choices. */
  readonly seed: number;
  /** Receives the inputs that failed, and the slowest. */
  readonly directory: string;
  /** Only this one. Default: all. */
  readonly target?: string;
  /** Seconds for each target. Default: its count of inputs. */
  readonly seconds?: number;
}

/** What became of one target. */
export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  /** Milliseconds of processor time of the slowest input, the least of three times. */
  readonly worst: number;
  /** Bytes of heap after collection, compared with those after the corpus. */
  readonly heapGrowth: number;
  /** What did not hold; absent: all held. */
  readonly failure?: string;
  /** The file with the input that failed. */
  readonly input?: string;
  /** The file with the slowest input. */
  readonly slowest?: string;
}

const program = fileURLToPath(new URL("fuzz-process.js", import.meta.url));

/** Megabytes of heap, well below what an operator has. */
const maxHeap = 512;

/** Seconds that a process may write no report, beyond what its target is given. */
const patience = 300;

/** Fuzzes the targets, and calls back for each that ended. A process that aborted or hung is a failure of its target. */
export function fuzz(options: FuzzOptions, report: (each: FuzzReport) => void): Promise<void> {
  const node = ["--enable-source-maps", "--expose-gc", `--max-old-space-size=${maxHeap}`];
  const child = spawn(process.execPath, [...node, program, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill("SIGKILL"), ((options.seconds ?? 0) + patience) * 1000);
  };
  wait();
  let [out, errors] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4000)));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (out + text).split("\n");
    out = lines.pop() ?? "";
    for (const line of lines) report(JSON.parse(line) as FuzzReport);
    wait();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) report(brokenOff(options.directory, `ended by ${signal ?? `exit code ${code}`}\n${errors}`));
      resolve();
    });
  });
}

/** The report of a process that did not come to write one: the last input that it noted is the one that ended it. */
function brokenOff(directory: string, failure: string): FuzzReport {
  const noted = join(directory, "target");
  const target = existsSync(noted) ? readFileSync(noted, "utf8") : "before the first target";
  const input = join(directory, `${target}-aborted`);
  if (existsSync(noted)) copyFileSync(join(directory, "input"), input);
  return { target, inputs: 0, worst: 0, heapGrowth: 0, failure, input };
}
