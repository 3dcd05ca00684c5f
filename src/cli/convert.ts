import { Command } from "commander";
import { convertManifests } from "../convert/manifests.js";
import { processIo, settled, sourcesOf, tellRemarks, type CommandIo } from "./io.js";

interface Options {
  readonly filename: readonly string[];
  readonly strict?: boolean;
}

/**
 * `orchestrator convert -f FILE`: manifests of the system before as `orchestrator.io/v1`, on standard output; what changed on
 * standard error.
 *
 * Exit codes: 0 done; 1 something has to be decided by a person, or with --strict something was left out; 2 it was called wrongly,
 * or a file can't be read.
 */
export function convertCommand(io: CommandIo = processIo): Command {
  return new Command("convert")
    .description("bring TaskRuns, CodeRuns and DocsRuns of older groups and shapes to orchestrator.io/v1")
    .requiredOption(
      "-f, --filename <file>",
      "file, directory or - for standard input; may be given several times",
      (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
    )
    .option("--strict", "exit code 1 also where something was left out")
    .addHelpText(
      "after",
      "\nThe result goes to standard output, with comments; every field that was left out, renamed or means something\nelse is told on standard error. Objects that have been at work already are suspended, so that none starts anew.",
    )
    .action(settled(io, (options: Options) => convert(options, io)));
}

function convert({ filename, strict }: Options, io: CommandIo): number {
  const results = filename
    .flatMap((name) => sourcesOf(name, io))
    .map(({ file, text }) => ({ file, ...convertManifests(text) }));
  for (const { file, remarks } of results) tellRemarks(file, remarks, io);
  if (results.some(({ text }) => text === undefined)) return 2;
  io.out(results.map(({ text = "" }) => text).join("---\n"));
  const remarks = results.flatMap((result) => result.remarks);
  return remarks.some(({ severity }) => severity === "error" || (strict === true && severity === "warning")) ? 1 : 0;
}
