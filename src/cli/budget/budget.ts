import { Argument, Command, Option } from "commander";
import type { BudgetSummary } from "../../operations/budget-list.js";
import { printable } from "../../printable.js";
import { processIo, withExitCode, type CommandIo } from "../io.js";
import { exitOnUsageError } from "../options.js";
import type { Runs } from "../runs/runs.js";
import type { ServerOptions } from "../runs/server-access.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { budgetDescription, budgetTable } from "./budget-text.js";

interface Options extends ServerOptions {
  readonly allNamespaces?: boolean;
  readonly output: "table" | "json";
}

/** `orchestrator budget ...`: what several runs may spend together. */
export function budgetCommand(io: CommandIo = processIo): Command {
  const command = new Command("budget").description(
    "list Budgets: how far they are spent, and which runs wait for them",
  );
  for (const each of [listCommand(io), getCommand(io)]) {
    command.addCommand(each);
    exitOnUsageError(each);
  }
  return command;
}

const outputOption = (): Option =>
  new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table");

/** Exit codes: 0 success, also without Budgets; 1 the API server refuses; 2 wrong usage or no cluster. */
function listCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("list").alias("ls"))
    .description("list Budgets")
    .option("-A, --all-namespaces", "Budgets of all namespaces")
    .addOption(outputOption())
    .addHelpText("after", listExamples)
    .action(withExitCode(io, (options: Options) => withRuns(options, io, (runs) => list(options, runs, io))));
}

const listExamples = `
Examples:
  orchestrator budget list                            # in the namespace of the context
  orchestrator budget list -A
  orchestrator budget list -A -o json --server https://orchestrator.example.com`;

/** Exit codes: 0 success; 1 there is no such Budget; 2 wrong usage or no cluster. */
function getCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("get"))
    .description("print a Budget, and which runs wait for it")
    .addArgument(new Argument("<budget>", "name of the Budget"))
    .addOption(outputOption())
    .addHelpText("after", getExamples)
    .action(
      withExitCode(io, (name: string, options: Options) =>
        withRuns(options, io, (runs) => get(name, options, runs, io)),
      ),
    );
}

const getExamples = `
Examples:
  orchestrator budget get team-a -n team-a
  orchestrator budget get everyone -n orchestrator -o json`;

async function list({ allNamespaces, output }: Options, runs: Runs, io: CommandIo): Promise<number> {
  const isEverywhere = allNamespaces === true;
  const found = await runs.budgets(isEverywhere ? undefined : runs.namespace);
  const { items, isTruncated } = found;
  if (output === "json") io.out(`${JSON.stringify(found, null, 2)}\n`);
  else if (items.length === 0) io.err(`No Budgets found${isEverywhere ? "" : ` in namespace ${runs.namespace}`}.\n`);
  else io.out(budgetTable(items, isEverywhere));
  if (isTruncated) io.err(`Only the first ${items.length} Budgets are listed: choose a namespace with -n.\n`);
  return 0;
}

async function get(name: string, { output }: Options, runs: Runs, io: CommandIo): Promise<number> {
  const { items } = await runs.budgets(runs.namespace);
  const budget = items.find((each) => each.name === name);
  if (budget === undefined) {
    io.err(`error: ${missing(name, items, runs.namespace)}\n`);
    return 1;
  }
  io.out(output === "json" ? `${JSON.stringify(budget, null, 2)}\n` : budgetDescription(budget));
  return 0;
}

/** Budgets that an error names. */
const maxNamed = 10;

function missing(name: string, items: readonly BudgetSummary[], namespace: string): string {
  const names = items.slice(0, maxNamed).map((each) => each.name);
  const others =
    names.length === 0
      ? "it has none; choose another namespace with -n"
      : `it has: ${names.join(", ")}${items.length > maxNamed ? ", ..." : ""}`;
  return printable(`namespace ${namespace} has no Budget ${name}; ${others}`);
}
