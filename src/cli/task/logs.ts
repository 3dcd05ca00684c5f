import { Command } from "commander";
import { findRun } from "../../operations/find.js";
import { agentOutput } from "../../operations/logs.js";
import { inCluster, withAccessOptions, type AccessOptions } from "../cluster-access.js";
import { withExitCode, type CommandIo } from "../io.js";
import { positiveInteger } from "../options.js";
import { runArgument } from "./run-argument.js";

interface Options extends AccessOptions {
  readonly follow?: boolean;
  readonly attempt?: number;
  readonly tail?: number;
  readonly timestamps?: boolean;
}

/** `orchestrator task logs`. Exit codes: 0 success; 1 there is no output; 2 wrong usage or no cluster. */
export function logsCommand(io: CommandIo): Command {
  return withAccessOptions(new Command("logs"))
    .description("print the output of a run's agent")
    .addArgument(runArgument())
    .option("-f, --follow", "output as it comes, until the run ends, also through further attempts")
    .option("--attempt <number>", "number of the attempt (default: the latest)", positiveInteger)
    .option("--tail <lines>", "number of lines from the end of each attempt's output (default: all)", positiveInteger)
    .option("--timestamps", "time at the beginning of each line")
    .action(
      withExitCode(io, (reference: string, options: Options) =>
        inCluster(options, io, async ({ client, namespace }) => {
          const found = await findRun(client, namespace, reference);
          const stop = new AbortController();
          const isOne = options.follow !== true;
          for await (const { attempt, pod, bytes } of agentOutput(client, found, options, stop.signal)) {
            if (!isOne) io.err(`==> attempt ${attempt}, pod ${pod}\n`);
            const decoder = new TextDecoder();
            for await (const chunk of bytes) io.out(decoder.decode(chunk, { stream: true }));
          }
          return 0;
        }),
      ),
    );
}
