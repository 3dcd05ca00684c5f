import { Command } from "commander";
import { UsageError, withColorOf, withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import type { Runs } from "../runs/runs.js";
import { requireClient, withRuns, withRunsOptions } from "../runs/with-runs.js";
import { runArgument } from "./run-argument.js";
import { liveTable } from "./live-table.js";
import { isTable, objectText, outputOption, tableText, type Format } from "./run-output.js";

interface Options extends ServerOptions {
  readonly output: Format;
  readonly watch?: boolean;
}

/** `orchestrator task get`. Exit codes: 0 success; 1 there is no such run; 2 wrong usage or no cluster. */
export function getCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("get"))
    .description("print a run")
    .addArgument(runArgument())
    .addOption(outputOption())
    .option("-w, --watch", "changes too, until Ctrl-C: redrawn on a terminal, else a line for each")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (reference: string, options: Options) =>
        withRuns(options, io, (runs) => get(reference, options, runs, withColorOf(options, io))),
      ),
    );
}

const examples = `
Examples:
  orchestrator task get auth-task-5 -o yaml
  orchestrator task get coderun/auth-code-5 -w
  orchestrator task get 5 -o jsonpath='{.status.pullRequestUrl}'`;

async function get(reference: string, { output, watch }: Options, runs: Runs, io: CommandIo): Promise<number> {
  if (!isTable(output) && watch === true) throw new UsageError("error: --watch prints tables; omit -o, or use -o wide");
  const { client, namespace } = runs;
  requireClient(client, output, watch);
  const found = await runs.find(reference);
  if (!isTable(output)) {
    io.out(objectText([found], output, true));
    return 0;
  }
  const where = { namespace, fieldSelector: `metadata.name=${found.run.metadata.name}` };
  const style = { wide: output === "wide", namespaces: false };
  if (watch === true && client !== undefined) {
    await liveTable(client, { types: [found.type], where, style }, io);
    return 0;
  }
  const table = await runs.tableOf(found);
  io.out(tableText([table], { ...style, now: Date.now() }, io.terminal) ?? "");
  return 0;
}
