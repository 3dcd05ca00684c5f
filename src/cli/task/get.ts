import { Command } from "commander";
import { UsageError, withColorOf, withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import type { Runs } from "../runs/runs.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { archivedOption, getArchived } from "./archived.js";
import { runArgument } from "./run-argument.js";
import { followObjects } from "./follow-objects.js";
import { liveTable } from "./live-table.js";
import { isTable, objectText, outputOption, tableText, watchDescription, type Format } from "./run-output.js";

interface Options extends ServerOptions {
  readonly output: Format;
  readonly watch?: boolean;
  readonly archived?: boolean;
  readonly uid?: string;
}

/** `orchestrator task get`. Exit codes: 0 success; 1 there is no such run; 2 wrong usage or no cluster. */
export function getCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("get"))
    .description("print a run")
    .addArgument(runArgument())
    .addOption(outputOption())
    .option("-w, --watch", watchDescription)
    .addOption(archivedOption())
    .option("--uid <uid>", "uid of the archived run (default: that of the latest one with this name)")
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
  orchestrator task get auth-task-5 --archived -o yaml
  orchestrator task get 5 -o jsonpath='{.status.pullRequestUrl}'`;

async function get(reference: string, options: Options, runs: Runs, io: CommandIo): Promise<number> {
  if (options.archived === true) return getArchived(reference, options, runs, io);
  if (options.uid !== undefined) throw new UsageError("error: --uid selects an archived run; add --archived");
  const { output, watch } = options;
  const found = await runs.find(reference);
  const where = { namespace: runs.namespace, name: found.run.metadata.name };
  if (!isTable(output)) {
    if (watch === true) return followObjects(runs, [found.type], where, output, io);
    io.out(objectText([found], output, true));
    return 0;
  }
  const style = { wide: output === "wide", namespaces: false };
  const selection = { ...where, wide: style.wide };
  if (watch === true) {
    await liveTable(runs, { types: [found.type], where: selection, style }, io);
    return 0;
  }
  const tables = await runs.tables([found.type], selection);
  io.out(tableText(tables, { ...style, now: Date.now() }, io.terminal) ?? "");
  return 0;
}
