import { Command } from "commander";
import { findRun } from "../../operations/find.js";
import { runTable } from "../../operations/table.js";
import { inCluster, withAccessOptions, type AccessOptions, type ClusterAccess } from "../cluster-access.js";
import { UsageError, withColorOf, withExitCode, type CommandIo } from "../io.js";
import { runArgument } from "./run-argument.js";
import { liveTable } from "./live-table.js";
import { isTable, objectText, outputOption, tableText, type Format } from "./run-output.js";

interface Options extends AccessOptions {
  readonly output: Format;
  readonly watch?: boolean;
}

/** `orchestrator task get`. Exit codes: 0 success; 1 there is no such run; 2 wrong usage or no cluster. */
export function getCommand(io: CommandIo): Command {
  return withAccessOptions(new Command("get"))
    .description("print a run")
    .addArgument(runArgument())
    .addOption(outputOption())
    .option("-w, --watch", "changes too, until Ctrl-C: redrawn on a terminal, else a line for each")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (reference: string, options: Options) =>
        inCluster(options, io, (access) => get(reference, options, access, withColorOf(options, io))),
      ),
    );
}

const examples = `
Examples:
  orchestrator task get auth-task-5 -o yaml
  orchestrator task get coderun/auth-code-5 -w
  orchestrator task get 5 -o jsonpath='{.status.pullRequestUrl}'`;

async function get(
  reference: string,
  { output, watch }: Options,
  { client, namespace }: ClusterAccess,
  io: CommandIo,
): Promise<number> {
  if (!isTable(output) && watch === true) throw new UsageError("error: --watch prints tables; omit -o, or use -o wide");
  const found = await findRun(client, namespace, reference);
  if (!isTable(output)) {
    io.out(objectText([found], output, true));
    return 0;
  }
  const where = { namespace, fieldSelector: `metadata.name=${found.run.metadata.name}` };
  const style = { wide: output === "wide", namespaces: false };
  if (watch === true) {
    await liveTable(client, { types: [found.type], where, style }, io);
    return 0;
  }
  const table = await runTable(client, found.type, where);
  io.out(tableText([table], { ...style, now: Date.now() }, io.terminal) ?? "");
  return 0;
}
