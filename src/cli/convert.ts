import { Command } from "commander";
import { convertManifests } from "../convert/manifests.js";
import { printRemarks, processIo, sourcesOf, withExitCode, type CommandIo } from "./io.js";
import { repeatable } from "./options.js";

interface Options {
  readonly filename: readonly string[];
  readonly strict?: boolean;
}

/**
 * `orchestrator convert -f FILE`: converts manifests of older API groups to `orchestrator.io/v1` on standard output, and
 * reports changes on standard error.
 *
 * Exit codes: 0 converted; 1 a field needs a decision, or with --strict a field was dropped; 2 wrong usage, or a file
 * that cannot be read.
 */
export function convertCommand(io: CommandIo = processIo): Command {
  return new Command("convert")
    .description("convert TaskRuns, CodeRuns and DocsRuns of older API groups and versions to orchestrator.io/v1")
    .requiredOption("-f, --filename <file>", "file, directory, or - for standard input; repeatable", repeatable)
    .option("--strict", "exit with 1 also where a field was dropped")
    .addHelpText(
      "after",
      "\nThe result goes to standard output, with comments. Every field that was dropped, renamed or changed its meaning is\nreported on standard error. Runs that have already started are suspended, so that none starts again.",
    )
    .action(withExitCode(io, (options: Options) => convert(options, io)));
}

function convert({ filename, strict }: Options, io: CommandIo): number {
  const results = filename
    .flatMap((name) => sourcesOf(name, io))
    .map(({ file, text }) => ({ file, ...convertManifests(text) }));
  for (const { file, remarks } of results) printRemarks(file, remarks, io);
  if (results.some(({ text }) => text === undefined)) return 2;
  io.out(results.map(({ text = "" }) => text).join("---\n"));
  const remarks = results.flatMap((result) => result.remarks);
  return remarks.some(({ severity }) => severity === "error" || (strict === true && severity === "warning")) ? 1 : 0;
}
