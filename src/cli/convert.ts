import { Command } from "commander";
import { convertManifests, LastDocument, type ConvertedManifests } from "../convert/manifests.js";
import type { RunRemark } from "../convert/report.js";
import { inLineOrder } from "../configuration/convert.js";
import { escaped, escapedLines } from "../printable.js";
import { deniedFields } from "./converted-runs.js";
import { loadConfiguration } from "./configuration-file.js";
import { printRemarks, processIo, withExitCode, type CommandIo } from "./io.js";
import { whyNothing } from "./nothing-found.js";
import { repeatable } from "./options.js";
import { readSources } from "./sources.js";

interface Options {
  readonly filename: readonly string[];
  readonly config?: string;
  readonly namespace: string;
  readonly strict?: boolean;
}

/**
 * `orchestrator convert -f FILE`: converts manifests of older API groups to `orchestrator.io/v1` on standard output,
 * validates the result, and reports changes on standard error.
 *
 * Exit codes: 0 every run is converted and would be admitted; 1 a field needs a decision or would be denied, there is no
 * run, or with --strict something that the author wrote was dropped; 2 wrong usage, or a file that cannot be read.
 */
export function convertCommand(io: CommandIo = processIo): Command {
  return new Command("convert")
    .description("convert TaskRuns, CodeRuns and DocsRuns of older API groups and versions to orchestrator.io/v1")
    .requiredOption("-f, --filename <file>", "file, directory, or - for standard input; repeatable", repeatable)
    .option("-n, --namespace <name>", "namespace of objects that do not set one", "default")
    .option("--config <file>", "operator configuration (config.yaml) that the result must satisfy")
    .option("--strict", "exit with 1 also if a field of a spec was dropped")
    .addHelpText(
      "after",
      "\nThe result goes to standard output, with comments. Every field that was dropped, renamed or changed its meaning is\nreported on standard error, and so is every field of the result that the cluster would deny: then the exit code is 1.\nRuns that have already started are suspended, so that none starts again.",
    )
    .action(withExitCode(io, (options: Options) => convert(options, io)));
}

interface Result extends ConvertedManifests {
  readonly file: string;
}

function convert(options: Options, io: CommandIo): number {
  const configuration = options.config === undefined ? undefined : loadConfiguration(options.config, io);
  const sources = readSources(options.filename, io);
  const last = new LastDocument();
  const results = sources.map(({ file, text }): Result => ({ file, ...convertManifests(text, last) }));
  const denied = deniedFields(results, configuration, options.namespace);
  for (const [index, { file, remarks }] of results.entries())
    printRemarks(file, inLineOrder([...remarks, ...(denied[index] ?? [])]), io);
  if (results.some(({ text }) => text === undefined)) return 2;
  const text = results.map((result) => result.text ?? "").filter((each) => each !== "");
  for (const [index, each] of text.entries()) {
    const part = index === 0 ? each : `---\n${each}`;
    io.out(io.terminal === undefined ? part : escapedLines(part));
  }
  if (results.every(({ runs }) => runs.length === 0)) {
    io.err(`${escaped(whyNothing("convert", options.filename, sources))}\n`);
    return 1;
  }
  const remarks: RunRemark[] = [...results.flatMap((result) => result.remarks), ...denied.flat()];
  return remarks.some(({ severity, lost }) => severity === "error" || (options.strict === true && lost === true))
    ? 1
    : 0;
}
