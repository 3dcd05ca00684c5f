import { Command, Option } from "commander";
import { UsageError, withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { positiveInteger } from "../options.js";
import { logArchived } from "./archived.js";
import { runArgument } from "./run-argument.js";

interface Options extends ServerOptions {
  readonly follow?: boolean;
  readonly attempt?: number;
  readonly tail?: number;
  readonly timestamps?: boolean;
  readonly archived?: boolean;
  readonly uid?: string;
}

/** `orchestrator task logs`. Exit codes: 0 success; 1 there is no output; 2 wrong usage or no cluster. */
export function logsCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("logs"))
    .description("print the output of a run's agent")
    .addArgument(runArgument())
    .option("-f, --follow", "output as it comes, until the run ends, also through further attempts")
    .option("--attempt <number>", "number of the attempt (default: the latest)", positiveInteger)
    .option("--tail <lines>", "number of lines from the end of each attempt's output (default: all)", positiveInteger)
    .option("--timestamps", "time at the beginning of each line")
    .addOption(
      new Option("--archived", "log that the archive has kept; see docs/guide/history.md").conflicts([
        "follow",
        "timestamps",
      ]),
    )
    .option("--uid <uid>", "uid of the archived run (default: that of the latest one with this name)")
    .action(
      withExitCode(io, (reference: string, options: Options) =>
        withRuns(options, io, async (runs) => {
          if (options.archived === true) return logArchived(reference, options, runs, io);
          if (options.uid !== undefined) throw new UsageError("error: --uid selects an archived run; add --archived");
          const found = await runs.find(reference);
          const stop = new AbortController();
          const isOne = options.follow !== true;
          for await (const { attempt, pod, bytes } of runs.output(found, options, stop.signal)) {
            if (!isOne) io.err(`==> attempt ${attempt}, pod ${pod}\n`);
            const decoder = new TextDecoder();
            for await (const chunk of bytes) io.out(decoder.decode(chunk, { stream: true }));
          }
          return 0;
        }),
      ),
    );
}
