/**
 * Fuzzing guided by coverage: Jazzer.js keeps each input that reaches new code, and makes further ones from it. It is no dependency of this
 * project, since its engine is a native addon: tools/jazzer pins it, and it is installed into the user's cache, without install scripts.
 */
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, cached, sourceHash } from "#src/cluster/binaries/cache.js";
import { packageRoot } from "#src/version.js";
import { targets } from "./targets.js";

export interface GuidedOptions {
  /** Receives corpora, inputs that failed, and the slowest. */
  readonly directory: string;
  /** For each target. */
  readonly seconds: number;
  readonly seed: number;
  /** Only this one. Default: all. */
  readonly target?: string;
}

/** What became of one target. */
export interface GuidedReport {
  readonly target: string;
  readonly inputs: number;
  /** Edges of code that inputs reached. */
  readonly coverage: number;
  /** Edges that the inputs in the repository reach. */
  readonly coverageBefore: number;
  /** Inputs that are kept since each reaches something that no other does. */
  readonly kept: number;
  /** The end of the output of a process that found something, or could not start. */
  readonly failure?: string;
}

const module = fileURLToPath(new URL("guided-target.js", import.meta.url));

/** What is instrumented: our code, and the parsers of foreign text below it. Parts of paths. */
const includes = ["/dist/", "/node_modules/yaml/", "/node_modules/handlebars/"];

/** Megabytes that an input may be worth: instrumented code and the engine take most of it. */
const maxMemory = 2048;

/** Fuzzes the targets one after the other, and calls back for each that ended. */
export async function fuzzGuided(options: GuidedOptions, report: (each: GuidedReport) => void): Promise<void> {
  const program = await jazzer();
  for (const { name } of targets)
    if (options.target === undefined || options.target === name) report(await fuzzTarget(name, program, options));
}

/** @returns the program's file, installed once for a user */
async function jazzer(): Promise<string> {
  const pinned = join(packageRoot, "tools/jazzer");
  const files = ["package.json", "package-lock.json"];
  const entry = join(cacheDirectory(), `jazzer-${sourceHash(files.map((file) => join(pinned, file)))}`);
  const install = async (draft: string): Promise<void> => {
    for (const file of files) copyFileSync(join(pinned, file), join(draft, file));
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: draft, stdio: "ignore" });
    await Promise.resolve();
  };
  return join(await cached(entry, install, console.log), "node_modules/@jazzer.js/core/dist/cli.js");
}

/** The command that runs Node.js: FUZZ_NODE is for machines whose C library is older than what the engine was built for (glibc 2.38). */
const node = process.env.FUZZ_NODE?.split(" ") ?? [process.execPath];

async function fuzzTarget(target: string, program: string, options: GuidedOptions): Promise<GuidedReport> {
  const directory = resolve(options.directory, target);
  const corpus = join(directory, "corpus");
  mkdirSync(corpus, { recursive: true });
  const [command = process.execPath, ...first] = node;
  const child = spawn(
    command,
    [
      ...[...first, "--expose-gc", program, module, corpus, join(packageRoot, "test/fuzz/corpus", target)],
      ...[...includes.flatMap((part) => ["-i", part]), "-e", "/test/", "--timeout", "60000", "--"],
      ...[`-max_total_time=${options.seconds}`, `-seed=${options.seed}`, `-artifact_prefix=${directory}/`],
      ...[`-max_len=${targets.find(({ name }) => name === target)?.maxBytes ?? 4096}`, `-rss_limit_mb=${maxMemory}`],
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, FUZZ_TARGET: target, FUZZ_SLOWEST: join(directory, "slowest") },
    },
  );
  let output = "";
  let coverageBefore = 0;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      coverageBefore ||= Number(/INITED\s+cov: (\d+)/.exec(output + text)?.[1] ?? 0);
      output = (output + text).slice(-20_000);
    });
  const code = await new Promise<number | NodeJS.Signals | null>((done, failed) => {
    child.once("error", failed);
    child.once("close", (exit, signal) => done(exit ?? signal));
  });
  const [, inputs = "0", coverage = "0"] = [...output.matchAll(/^#(\d+)\s+\w+\s+cov: (\d+)/gm)].at(-1) ?? [];
  return {
    ...{ target, inputs: Number(inputs), coverage: Number(coverage), coverageBefore },
    kept: readdirSync(corpus).length,
    ...(code !== 0 && { failure: `ended with ${String(code)}\n${output.slice(-4000)}` }),
  };
}
