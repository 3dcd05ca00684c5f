/** The process that inputs are tried in: one that aborts, or exhausts its memory, ends this one and no other. */
import { createHash } from "node:crypto";
import { ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "../property.js";
import type { FuzzTarget } from "./fuzz-target.js";
import type { FuzzOptions, FuzzReport } from "./fuzz.js";
import { inputsFrom } from "./generator.js";
import { targets } from "./targets.js";

const corpora = fileURLToPath(new URL("../../../test/fuzz/corpus", import.meta.url));

/** Milliseconds; slower inputs are tried again, since much else can take a processor's time once. */
const repeatedFrom = 20;

class Fuzzing {
  inputs = 0;
  worst = 0;
  worstInput: Buffer = Buffer.alloc(0);
  readonly #journal: number;

  constructor(
    readonly target: FuzzTarget,
    readonly options: FuzzOptions,
  ) {
    writeFileSync(join(options.directory, "target"), target.name);
    this.#journal = openSync(join(options.directory, "input"), "w");
  }

  /** Every file of the corpus, then generated inputs until the count or the time is reached. */
  async run(): Promise<FuzzReport> {
    const { target, options } = this;
    const folder = join(corpora, target.name);
    const files = readdirSync(folder).sort();
    const corpus = files.map((file) => readFileSync(join(folder, file)));
    let failure: Pick<FuzzReport, "failure" | "input"> = {};
    for (const [index, input] of corpus.entries())
      await this.#try(input).catch((error: unknown) => (failure = this.#failed(input, error, files[index])));
    const before = heapUsed();
    const end = performance.now() + (options.seconds ?? Infinity) * 1000;
    const most = options.seconds === undefined ? target.inputs : Infinity;
    const generated = fc.asyncProperty(inputsFrom(corpus, target.maxBytes), (input) => this.#try(input));
    for (let round = 0; failure.failure === undefined && this.inputs < most && performance.now() < end; round++) {
      const details = await fc.check(generated, {
        seed: options.seed + round,
        numRuns: Math.min(500, most - this.inputs),
        // the time to make a counterexample smaller, too
        ...(end < Infinity && { interruptAfterTimeLimit: Math.max(1, end - performance.now()) + 10_000 }),
      });
      const [input] = details.counterexample ?? [];
      if (details.failed && input !== undefined) failure = this.#failed(input, details.errorInstance);
    }
    const heapGrowth = heapUsed() - before;
    return { target: target.name, inputs: this.inputs, worst: this.worst, heapGrowth, ...failure };
  }

  /** Saves the slowest input; returns its file. */
  saveWorst(): string {
    return this.#save("slow", this.worstInput);
  }

  async #try(input: Buffer): Promise<void> {
    ftruncateSync(this.#journal, 0);
    writeSync(this.#journal, input, 0, input.length, 0);
    this.inputs += 1;
    let used = await this.#cpuOf(input);
    for (let again = 0; again < 2 && used > Math.max(repeatedFrom, this.worst); again++)
      used = Math.min(used, await this.#cpuOf(input));
    if (used > this.worst) [this.worst, this.worstInput] = [used, input];
    if (used > this.target.maxCpu)
      throw new Error(`takes ${used.toFixed(0)} ms of processor time, more than ${this.target.maxCpu}`);
  }

  /** Milliseconds. */
  async #cpuOf(input: Buffer): Promise<number> {
    const before = process.cpuUsage();
    await this.target.run(input);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }

  #failed(input: Buffer, error: unknown, file?: string): Pick<FuzzReport, "failure" | "input"> {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { failure, input: file ?? this.#save("failed", input) };
  }

  #save(why: string, input: Buffer): string {
    const hash = createHash("sha256").update(input).digest("hex").slice(0, 8);
    const file = join(this.options.directory, `${this.target.name}-${why}-${hash}`);
    writeFileSync(file, input);
    return file;
  }
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const options = JSON.parse(process.argv[2] ?? "{}") as FuzzOptions;
mkdirSync(options.directory, { recursive: true });
for (const target of targets) {
  if (options.target !== undefined && options.target !== target.name) continue;
  const fuzzing = new Fuzzing(target, options);
  const report = await fuzzing.run();
  process.stdout.write(`${JSON.stringify({ ...report, slowest: fuzzing.saveWorst() })}\n`);
}
