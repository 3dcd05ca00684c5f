/** A new user's shell: runs what documents print, in a directory with the content of a built checkout. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Test } from "tap";
import { packageRoot } from "#src/version.js";
import { notExecutedOf, type NotExecuted } from "../cli/executed-documents.js";
import { isPrinted, printedSteps, withoutChance, type PrintedStep } from "../cli/printed-steps.js";

export interface NewcomerOptions {
  /** Directories with kubectl, and with other programs that the documents use. */
  readonly programs: readonly string[];
  readonly documents: readonly string[];
  /** What is printed, and what stands for it here, such as an image that this cluster has. */
  readonly replaced?: readonly (readonly [printed: string, here: string])[];
  /** Further variables of the shell. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Commands that run until Ctrl-C; they get it when they have printed what the document prints. */
const endless = /^npx orchestrator ui\b/;

export class Newcomer {
  readonly directory: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #documents: readonly string[];
  readonly #skipped: readonly NotExecuted[];
  readonly #replaced: readonly (readonly [string, string])[];
  /** The commands that were run, by document. */
  readonly #followed = new Map<string, Set<string>>();

  constructor(t: Test, { programs, documents, replaced = [], environment = {} }: NewcomerOptions) {
    this.directory = mkdtempSync(join(tmpdir(), "newcomer-"));
    t.teardown(() => rmSync(this.directory, { recursive: true, force: true }));
    // a symbolic link for each entry, so that what a reader saves stays out of the checkout
    for (const entry of readdirSync(packageRoot))
      if (entry !== "kubeconfig") symlinkSync(join(packageRoot, entry), join(this.directory, entry));
    this.#documents = documents;
    this.#skipped = notExecutedOf(documents);
    this.#replaced = replaced;
    this.#environment = {
      PATH: `${programs.join(":")}:${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
      HOME: process.env.HOME,
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
      // never the cluster of whoever runs the test, also if the step fails that exports it
      KUBECONFIG: join(this.directory, "kubeconfig"),
      // clusters of this user with the same names are others
      XDG_STATE_HOME: join(this.directory, ".state"),
      ...Object.fromEntries(
        ["CONFIG", "DATA", "CACHE"].map((kind) => [`HELM_${kind}_HOME`, join(this.directory, ".helm", kind)]),
      ),
      npm_config_loglevel: "error",
      npm_config_update_notifier: "false",
      ...environment,
    };
  }

  /** The commands of its documents that it has not run. */
  get remaining(): string[] {
    return this.#documents.flatMap((document) =>
      this.stepsOf(document).flatMap((step) =>
        "run" in step && this.#followed.get(document)?.has(step.run) !== true ? [`${document}: ${step.run}`] : [],
      ),
    );
  }

  /** Does what a document says, and compares what it prints. */
  async follow(t: Test, document: string, steps = this.stepsOf(document)): Promise<void> {
    for (const step of steps) {
      if ("save" in step) {
        writeFileSync(join(this.directory, step.save), step.text);
        continue;
      }
      this.#followed.set(document, (this.#followed.get(document) ?? new Set()).add(step.run));
      const { output: printed = "" } = step;
      const { code, output } = await this.run(
        step.run,
        endless.test(step.run) ? (text) => isPrinted(text, printed) : undefined,
      );
      const title = `${document}: ${step.run.trim().split("\n").join("; ")}`;
      const fails =
        step.output !== undefined && /^(?:error:|Error from server|The \w+ "[^"]*" is invalid)/m.test(step.output);
      t.comment(`$ ${step.run}${output}`);
      if (!fails && code !== 0) {
        t.comment(
          (await this.run("kubectl describe orchestrator --all-namespaces --request-timeout=10s || true")).output,
        );
        throw new Error(`${title} ended with exit code ${code}:\n${output}`);
      }
      t.pass(title);
      if (step.output === undefined || isPrinted(output, step.output)) continue;
      t.equal(withoutChance(output), withoutChance(step.output), `the output of ${title}`);
    }
  }

  /** The steps of a document without the commands that are not run. */
  stepsOf(document: string): PrintedStep[] {
    const text = this.#replaced.reduce(
      (text, [printed, here]) => text.replaceAll(printed, here),
      readFileSync(join(packageRoot, document), "utf8"),
    );
    const skipped = this.#skipped.filter((each) => each.document === document);
    return printedSteps(text).flatMap((step): PrintedStep[] => {
      if ("save" in step) return [step];
      const lines = step.run.split("\n").filter((line) => !skipped.some((each) => each.line.test(line)));
      const run = lines.join("\n");
      return run.trim() === "" ? [] : [{ ...step, run }];
    });
  }

  /**
   * Runs a block of shell; variables that it exports are kept for the next, so that no two blocks may run at once.
   *
   * @param isEnough of what is printed: then Ctrl-C is pressed. Absent: never
   */
  run(
    script: string,
    isEnough?: (output: string) => boolean,
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    const exported = join(this.directory, ".exported");
    // at the end of a pipeline, grep that finds nothing is no failure
    const search = 'grep() { command grep "$@" || { [ $? = 1 ] && [ -p /dev/stdin ]; }; }';
    const whole = `if [ -e ${exported} ]; then . ${exported}; fi\nexec 2>&1\nset -e -o pipefail\n${search}\n${script}\nexport -p > ${exported}`;
    return new Promise((resolve) => {
      const shell = spawn("bash", ["-c", whole], {
        cwd: this.directory,
        env: this.#environment,
        stdio: ["ignore", "pipe", "pipe"],
        timeout: 400_000,
        // Ctrl-C reaches the whole group
        detached: isEnough !== undefined,
      });
      let output = "";
      const read = (chunk: Buffer): void => {
        const wasEnough = isEnough?.(output) === true;
        output += chunk.toString();
        if (!wasEnough && isEnough?.(output) === true && shell.pid !== undefined) process.kill(-shell.pid, "SIGINT");
      };
      for (const stream of [shell.stdout, shell.stderr]) stream.on("data", read);
      shell.once("close", (code, signal) => {
        // npx and the shell end by the signal that they were sent
        const isInterrupted = isEnough?.(output) === true && signal === "SIGINT";
        resolve({ code: isInterrupted ? 0 : code, output });
      });
    });
  }
}
