import { Command } from "commander";
import { labels } from "../../api/labels.js";
import { runType, runTypes } from "../../operations/any-run.js";
import { runTable } from "../../operations/table.js";
import { inCluster, withAccessOptions, type AccessOptions, type ClusterAccess } from "../cluster-access.js";
import { UsageError, withColorOf, withExitCode, type CommandIo } from "../io.js";
import { repeatable } from "../options.js";
import { liveTable } from "./live-table.js";
import { isTable, objectText, outputOption, tableText, type Format } from "./run-output.js";

interface Options extends AccessOptions {
  readonly allNamespaces?: boolean;
  readonly kind?: readonly string[];
  readonly selector?: string;
  readonly service?: string;
  readonly task?: string;
  readonly output: Format;
  readonly watch?: boolean;
}

/** `orchestrator task list`. Exit codes: 0 success, also without runs; 1 the API server refuses; 2 wrong usage or no cluster. */
export function listCommand(io: CommandIo): Command {
  return withAccessOptions(new Command("list").alias("ls"))
    .description("list runs of all kinds")
    .option("-A, --all-namespaces", "runs of all namespaces")
    .option("--kind <kind>", "kind of the runs: taskrun, coderun or docsrun; can be repeated", repeatable)
    .option("-l, --selector <selector>", "labels of the runs, as with kubectl")
    .option("--service <name>", "service of the runs")
    .option("--task <id>", "task of the runs")
    .addOption(outputOption())
    .option("-w, --watch", "changes too, until Ctrl-C: redrawn on a terminal, else a line for each")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (options: Options) =>
        inCluster(options, io, (access) => list(options, access, withColorOf(options, io))),
      ),
    );
}

const examples = `
Examples:
  orchestrator task list                              # in the namespace of the context
  orchestrator task list -A -o wide                   # everywhere, with Jobs and messages
  orchestrator task list --service billing --kind coderun
  orchestrator task list -A -w                        # live
  orchestrator task list --task 7 -o name
  orchestrator task list -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}'`;

async function list(options: Options, { client, namespace }: ClusterAccess, io: CommandIo): Promise<number> {
  const { allNamespaces, kind, output, watch } = options;
  const types = kind === undefined ? runTypes : [...new Set(kind.map(runType))];
  const labelSelector = selectorOf(options);
  const where = { ...(allNamespaces !== true && { namespace }), ...(labelSelector !== "" && { labelSelector }) };
  if (!isTable(output)) {
    if (watch === true) throw new UsageError("error: --watch prints tables; omit -o, or use -o wide");
    const lists = await Promise.all(
      types.map(async (type) => (await client.list(type, where)).items.map((run) => ({ type, run }))),
    );
    io.out(objectText(lists.flat(), output, false));
    return 0;
  }
  const style = { wide: output === "wide", namespaces: allNamespaces === true };
  if (watch === true) {
    await liveTable(client, { types, where, style }, io);
    return 0;
  }
  const tables = await Promise.all(types.map((type) => runTable(client, type, where)));
  const text = tableText(tables, { ...style, now: Date.now() }, io.terminal);
  if (text === undefined) io.err(`No runs found${allNamespaces === true ? "" : ` in namespace ${namespace}`}.\n`);
  else io.out(text);
  return 0;
}

function selectorOf({ selector, service, task }: Options): string {
  return [
    ...(selector === undefined ? [] : [selector]),
    ...(service === undefined ? [] : [`${labels.service}=${service}`]),
    ...(task === undefined ? [] : [`${labels.taskId}=${task}`]),
  ].join(",");
}
