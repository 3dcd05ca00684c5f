import { Command, InvalidArgumentError, Option } from "commander";
import { labels } from "../api/labels.js";
import { runType, runTypes } from "../operations/any-run.js";
import { usageGroups, type UsageGroup, type UsageReport, type UsageRow } from "../operations/usage-report.js";
import { printable } from "../printable.js";
import { aligned } from "./aligned.js";
import { processIo, withExitCode, type CommandIo } from "./io.js";
import { repeatable } from "./options.js";
import type { ServerOptions } from "./runs/server-access.js";
import type { Runs } from "./runs/runs.js";
import { withRuns, withRunsOptions } from "./runs/with-runs.js";

interface Options extends ServerOptions {
  readonly allNamespaces?: boolean;
  readonly by: UsageGroup;
  readonly kind?: readonly string[];
  readonly selector?: string;
  readonly service?: string;
  readonly since?: number;
  readonly output: "table" | "json";
}

/** `orchestrator cost`. Exit codes: 0 success, also without runs; 1 the API server refuses; 2 wrong usage or no cluster. */
export function costCommand(io: CommandIo = processIo): Command {
  return withRunsOptions(new Command("cost"))
    .description("print the model usage of the runs in the cluster, and its cost")
    .option("-A, --all-namespaces", "runs of all namespaces")
    .addOption(new Option("--by <group>", "group of the sums").choices(usageGroups).default("service"))
    .option("--kind <kind>", "kind of the runs: taskrun, coderun or docsrun; can be repeated", repeatable)
    .option("-l, --selector <selector>", "labels of the runs, as with kubectl")
    .option("--service <name>", "service of the runs")
    .option(
      "--since <time>",
      "date, such as 2026-11-01, or duration, such as 7d or 12h: only runs that ended since",
      readSince,
    )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .addHelpText("after", examples)
    .action(withExitCode(io, (options: Options) => withRuns(options, io, (runs) => cost(options, runs, io))));
}

const examples = `
Examples:
  orchestrator cost                                  # by service, in the namespace of the context
  orchestrator cost -A --by namespace --since 30d
  orchestrator cost --by model --service billing
  orchestrator cost -A --by month -o json`;

const units = { h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

function readSince(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  if (amount !== undefined) return Date.now() - Number(amount) * units[unit as keyof typeof units];
  const time = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError("It must be a date, such as 2026-11-01, or a duration, such as 12h, 7d or 4w.");
  return time;
}

async function cost(options: Options, runs: Runs, io: CommandIo): Promise<number> {
  const { allNamespaces, by, kind, selector, service, since, output } = options;
  const selectors = [
    ...(selector === undefined ? [] : [selector]),
    ...(service === undefined ? [] : [`${labels.service}=${service}`]),
  ];
  const report = await runs.usage({
    types: kind === undefined ? runTypes : [...new Set(kind.map(runType))],
    ...(allNamespaces !== true && { namespace: runs.namespace }),
    ...(selectors.length > 0 && { labelSelector: selectors.join(",") }),
    ...{ by, ...(since !== undefined && { since }) },
  });
  if (output === "json") io.out(`${JSON.stringify(report, null, 2)}\n`);
  else if (report.items.length === 0)
    io.err(
      `No run${allNamespaces === true ? "" : ` in namespace ${runs.namespace}`} has reported usage; runs report it when they end, unless the configuration says credentials: environment.\n`,
    );
  else io.out(table(report));
  if (output === "table" && report.unknownAttempts > 0)
    io.err(`What ${report.unknownAttempts} attempts used is not known: their gateways left no report.\n`);
  return 0;
}

function table({ by, items, total }: UsageReport): string {
  const head = [
    by.toUpperCase(),
    "RUNS",
    "ATTEMPTS",
    "REQUESTS",
    "INPUT",
    "OUTPUT",
    "CACHE-READ",
    "CACHE-WRITE",
    "COST",
  ];
  const line = (name: string, row: Omit<UsageRow, "name">): string[] => [
    name === "" ? "<none>" : printable(name),
    ...[row.runs, row.attempts, row.requests, row.inputTokens, row.outputTokens].map(String),
    ...[row.cacheReadTokens, row.cacheWriteTokens].map(String),
    row.costUSD === undefined ? "<none>" : `$${row.costUSD.toFixed(2)}`,
  ];
  const lines = items.map(({ name, ...row }) => line(name, row));
  return aligned([head, ...lines, ...(items.length > 1 ? [line("total", total)] : [])]);
}
