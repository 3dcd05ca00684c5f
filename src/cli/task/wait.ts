import { Command, Option } from "commander";
import { isTerminal } from "../../api/phase.js";
import { nameOf, type AnyRun } from "../../operations/any-run.js";
import { withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { seconds } from "../options.js";
import { runArgument } from "./run-argument.js";

interface Options extends ServerOptions {
  readonly for: "ended" | "running" | "deleted";
  readonly timeout?: number;
}

/** As timeout(1). */
const timedOut = 124;

/**
 * `orchestrator task wait`. Exit codes: 0 the run is as wanted; for `ended` only if it succeeded; 1 it ended otherwise or is
 * gone; 2 wrong usage or no cluster; 124 the time is over.
 */
export function waitCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("wait"))
    .description("wait until a run has ended, and exit with 0 if it succeeded")
    .addArgument(runArgument())
    .addOption(
      new Option("--for <state>", "state to wait for").choices(["ended", "running", "deleted"]).default("ended"),
    )
    .option("--timeout <seconds>", "give up after this time, with exit code 124 (default: never)", seconds)
    .action(
      withExitCode(io, (reference: string, options: Options) =>
        withRuns(options, io, async (runs) => {
          const found = await runs.find(reference);
          const { timeout } = options;
          const signal = timeout === undefined ? new AbortController().signal : AbortSignal.timeout(timeout * 1000);
          const isWanted = ({ status }: AnyRun): boolean =>
            options.for !== "deleted" &&
            (isTerminal(status?.phase) || (options.for === "running" && status?.phase === "Running"));
          try {
            const run = await runs.when(found, isWanted, signal);
            return report(nameOf(found), run, options, io);
          } catch (error) {
            if (!signal.aborted) throw error;
            io.err(`error: ${nameOf(found)} is not ${options.for} after ${timeout ?? 0} s\n`);
            return timedOut;
          }
        }),
      ),
    );
}

function report(name: string, run: AnyRun | undefined, options: Options, io: CommandIo): number {
  if (run === undefined) {
    (options.for === "deleted" ? io.out : io.err)(`${name}: deleted\n`);
    return options.for === "deleted" ? 0 : 1;
  }
  const { phase = "Pending", message } = run.status ?? {};
  io.out(`${name}: ${phase}${message === undefined ? "" : `: ${message}`}\n`);
  return phase === "Succeeded" || (options.for === "running" && phase === "Running") ? 0 : 1;
}
