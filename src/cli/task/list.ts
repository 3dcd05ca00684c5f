import { Command } from "commander";
import { labels } from "../../api/labels.js";
import { runType, runTypes } from "../../operations/any-run.js";
import { withColorOf, withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import type { Runs } from "../runs/runs.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { repeatable } from "../options.js";
import { archivedOption, listArchived } from "./archived.js";
import { followObjects } from "./follow-objects.js";
import { liveTable } from "./live-table.js";
import { isTable, nameText, objectText, outputOption, tableText, watchDescription, type Format } from "./run-output.js";

interface Options extends ServerOptions {
  readonly allNamespaces?: boolean;
  readonly kind?: readonly string[];
  readonly selector?: string;
  readonly service?: string;
  readonly task?: string;
  readonly output: Format;
  readonly watch?: boolean;
  readonly archived?: boolean;
}

/** `orchestrator task list`. Exit codes: 0 success, also without runs; 1 the API server refuses; 2 wrong usage or no cluster. */
export function listCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("list").alias("ls"))
    .description("list runs of all kinds")
    .option("-A, --all-namespaces", "runs of all namespaces")
    .option("--kind <kind>", "kind of the runs: taskrun, coderun or docsrun; can be repeated", repeatable)
    .option("-l, --selector <selector>", "labels of the runs, as with kubectl")
    .option("--service <name>", "service of the runs")
    .option("--task <id>", "task of the runs")
    .addOption(outputOption())
    .option("-w, --watch", watchDescription)
    .addOption(archivedOption())
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (options: Options) =>
        withRuns(options, io, (runs) => list(options, runs, withColorOf(options, io))),
      ),
    );
}

const examples = `
Examples:
  orchestrator task list                              # in the namespace of the context
  orchestrator task list -A -o wide                   # everywhere, with Jobs and messages
  orchestrator task list --service billing --kind coderun
  orchestrator task list -A -w                        # live
  orchestrator task list -w -o jsonpath='{.metadata.name}{"\\t"}{.status.phase}{"\\n"}'   # for each change
  orchestrator task list --archived --kind coderun
  orchestrator task list --task 7 -o name
  orchestrator task list --server https://orchestrator.example.com -n team-a
  orchestrator task list -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}'`;

async function list(options: Options, runs: Runs, io: CommandIo): Promise<number> {
  const { allNamespaces, kind, output, watch } = options;
  const { namespace } = runs;
  const types = kind === undefined ? runTypes : [...new Set(kind.map(runType))];
  if (options.archived === true) return listArchived(types, output, runs, io);
  const labelSelector = selectorOf(options);
  const where = { ...(allNamespaces !== true && { namespace }), ...(labelSelector !== "" && { labelSelector }) };
  if (!isTable(output)) {
    if (watch === true) return followObjects(runs, types, where, output, io);
    if (output === "name") io.out(nameText(await runs.names(types, where)));
    else io.out(objectText(await runs.objects(types, where), output, false));
    return 0;
  }
  const style = { wide: output === "wide", namespaces: allNamespaces === true };
  const selection = { ...where, wide: style.wide };
  if (watch === true) {
    await liveTable(runs, { types, where: selection, style }, io);
    return 0;
  }
  const tables = await runs.tables(types, selection);
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
