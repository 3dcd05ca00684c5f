import { Command } from "commander";
import { labels } from "../../api/labels.js";
import { runType, runTypes } from "../../operations/any-run.js";
import { runTable } from "../../operations/table.js";
import { inCluster, withAccessOptions, type AccessOptions, type ClusterAccess } from "../cluster-access.js";
import { withExitCode, type CommandIo } from "../io.js";
import { repeatable } from "../options.js";
import { objectText, outputOption, tableText, type Format } from "./run-output.js";

interface Options extends AccessOptions {
  readonly allNamespaces?: boolean;
  readonly kind?: readonly string[];
  readonly selector?: string;
  readonly service?: string;
  readonly task?: string;
  readonly output: Format;
}

/** `orchestrator task list`. Exit codes: 0 success, also without runs; 1 the API server refuses; 2 wrong usage or no cluster. */
export function listCommand(io: CommandIo): Command {
  return withAccessOptions(new Command("list").alias("ls"))
    .description("list runs of all kinds")
    .option("-A, --all-namespaces", "in all namespaces")
    .option("--kind <kind>", "only this kind: taskrun, coderun or docsrun; can be repeated", repeatable)
    .option("-l, --selector <selector>", "only runs with these labels, as with kubectl")
    .option("--service <name>", "only runs of this service")
    .option("--task <id>", "only runs of this task")
    .addOption(outputOption())
    .addHelpText("after", examples)
    .action(withExitCode(io, (options: Options) => inCluster(options, io, (access) => list(options, access, io))));
}

const examples = `
Examples:
  orchestrator task list                              # in the namespace of the context
  orchestrator task list -A -o wide                   # everywhere, with Jobs and messages
  orchestrator task list --service billing --kind coderun
  orchestrator task list --task 7 -o name`;

async function list(
  { allNamespaces, kind, selector, service, task, output }: Options,
  { client, namespace }: ClusterAccess,
  io: CommandIo,
): Promise<number> {
  const types = kind === undefined ? runTypes : [...new Set(kind.map(runType))];
  const selectors = [
    ...(selector === undefined ? [] : [selector]),
    ...(service === undefined ? [] : [`${labels.service}=${service}`]),
    ...(task === undefined ? [] : [`${labels.taskId}=${task}`]),
  ];
  const where = {
    ...(allNamespaces !== true && { namespace }),
    ...(selectors.length > 0 && { labelSelector: selectors.join(",") }),
  };
  if (output === "json" || output === "yaml" || output === "name") {
    const lists = await Promise.all(
      types.map(async (type) => (await client.list(type, where)).items.map((run) => ({ type, run }))),
    );
    io.out(objectText(lists.flat(), output, false));
    return 0;
  }
  const tables = await Promise.all(types.map((type) => runTable(client, type, where)));
  const style = { wide: output === "wide", namespaces: allNamespaces === true, now: Date.now() };
  const text = tableText(tables, style);
  if (text === undefined) io.err(`No runs found${allNamespaces === true ? "" : ` in namespace ${namespace}`}.\n`);
  else io.out(text);
  return 0;
}
