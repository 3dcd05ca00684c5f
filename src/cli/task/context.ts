import { Command } from "commander";
import { nameOf } from "../../operations/any-run.js";
import { contentOf, UsageError, withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { runArgument } from "./run-argument.js";

interface Options extends ServerOptions {
  readonly file?: string;
  readonly message?: string;
}

/** Bytes: what all files of a run may have together. */
const maxBytes = 1024 * 1024;

/** `orchestrator task context`. Exit codes: 0 added, or there already; 1 refused; 2 wrong usage or no cluster. */
export function contextCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("context"))
    .description("add context for a run's agent: stops a running attempt, and starts another one with the context")
    .addArgument(runArgument())
    .option("-f, --file <path>", "file with the context; - for standard input")
    .option("-m, --message <text>", "text of the context")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (reference: string, options: Options) => {
        const text = textOf(options, io);
        return withRuns(options, io, async (runs) => {
          const found = await runs.find(reference);
          const { changed, run, what } = await runs.addContext(found, text);
          const next = changed ? `; contextVersion ${run.spec.contextVersion ?? 1} starts another attempt with it` : "";
          io.out(`${nameOf(found)}: ${what}${next}\n`);
          return 0;
        });
      }),
    );
}

const examples = `
Examples:
  orchestrator task context auth-task-5 -m "Use the table users, not accounts."
  orchestrator task context 5 -f review.md
  gh pr view 12 --comments | orchestrator task context 5 -f -`;

function textOf({ file, message }: Options, io: CommandIo): string {
  if ((file === undefined) === (message === undefined))
    throw new UsageError("error: name the context with either --file or --message");
  const text = message ?? contentOf(file ?? "", io);
  if (Buffer.byteLength(text) >= maxBytes)
    throw new UsageError(
      `error: the context has ${Buffer.byteLength(text)} bytes, and must have fewer than ${maxBytes}`,
    );
  return text;
}
