/** Several writers (writer.ts) as separate processes, and their output. */
import { randomBytes } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import type { WriterEvent, WriterOptions } from "./writer.js";

const program = fileURLToPath(new URL("./writer.js", import.meta.url));

export class WriterProcess {
  readonly events: WriterEvent[] = [];
  /** Its stderr: its log, if it is verbose, and why it died. */
  log = "";
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | undefined>;

  constructor(readonly options: WriterOptions) {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => this.events.push(JSON.parse(line) as WriterEvent));
    child.stderr.on("data", (text: Buffer) => (this.log += text.toString()));
    this.#exited = new Promise((resolve) => child.once("close", (code) => resolve(code ?? undefined)));
  }

  get name(): string {
    return this.options.name;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  has(event: WriterEvent["event"]): boolean {
    return this.events.some((one) => one.event === event);
  }

  /** The port of its probes and metrics, once it started. */
  get probes(): number | undefined {
    const started = this.events.find((one) => one.event === "started");
    return started?.probes;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit code when it ended; undefined if a signal ended it. */
  async exited(): Promise<number | undefined> {
    return this.#exited;
  }
}

/** Maintains a number of writers: one that ends is replaced by a new process with a new name. */
export class Writers {
  readonly all: WriterProcess[] = [];
  readonly #prefix = `writer-${randomBytes(3).toString("hex")}`;
  #next = 0;
  #ended = false;

  constructor(
    t: Test,
    private readonly count: number,
    private readonly optionsOf: (index: number) => Omit<WriterOptions, "name">,
  ) {
    t.teardown(async () => {
      this.#ended = true;
      for (const writer of this.running) writer.kill("SIGKILL");
      await Promise.all(this.all.map((writer) => writer.exited()));
    });
    for (let index = 0; index < count; index++) this.#start(index);
  }

  get running(): WriterProcess[] {
    return this.all.filter((writer) => writer.running);
  }

  named(name: string): WriterProcess | undefined {
    return this.all.find((writer) => writer.name === name);
  }

  #start(index: number): void {
    const writer = new WriterProcess({ ...this.optionsOf(index), name: `${this.#prefix}-${this.#next++}` });
    this.all.push(writer);
    void writer.exited().then(() => {
      if (!this.#ended && this.running.length < this.count) this.#start(index);
    });
  }
}
