import { Command, Option } from "commander";
import { checkBudgets, checkManifests, type Checked } from "../admission/index.js";
import { loadConfiguration } from "./configuration-file.js";
import { Budgets } from "../api/budget.js";
import { byPosition, type Finding } from "./finding.js";
import { escaped, escapedJson } from "../printable.js";
import { countOf, processIo, UsageError, withExitCode, type CommandIo } from "./io.js";
import { readRuns } from "./manifest-files.js";
import { whyNothing } from "./nothing-found.js";
import { repeatable } from "./options.js";
import type { Position } from "./position.js";
import { readSources } from "./sources.js";

interface Options {
  readonly filename?: readonly string[];
  readonly output: "text" | "json";
  readonly config?: string;
  readonly namespace: string;
  readonly strict?: boolean;
}

/**
 * `orchestrator validate -f FILE`: the decisions of admission, without a cluster.
 *
 * Exit codes: 0 every object would be admitted; 1 at least one would be denied, or there is none; 2 wrong usage, or an unreadable file.
 */
export function validateCommand(io: CommandIo = processIo): Command {
  return new Command("validate")
    .description(
      "check TaskRuns, CodeRuns, DocsRuns and Budgets in files with the cluster's admission rules; all files are checked together",
    )
    .option("-f, --filename <file>", "file, directory, or - for standard input; repeatable", repeatable)
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .option("-n, --namespace <name>", "namespace of objects that do not set one", "default")
    .option("--config <file>", "operator configuration (config.yaml) to take defaults from")
    .option("--strict", "unknown fields are errors instead of warnings")
    .action(withExitCode(io, (options: Options) => run(options, io)));
}

function run(options: Options, io: CommandIo): number {
  if (options.filename === undefined || options.filename.length === 0)
    throw new UsageError("error: nothing to check: name a file with -f FILE, or use -f - for standard input");
  const configuration = loadConfiguration(options.config, io);
  const sources = readSources(options.filename, io);
  const read = sources.map(({ file, text }) => readRuns(file, text));
  const runs = read.flatMap(({ runs: found }) => found);
  const budgets = read.flatMap(({ budgets: found }) => found);
  const { namespace } = options;
  const checkedRuns = checkManifests(
    runs.map(({ kind, object }) => ({ kind, object, namespace })),
    configuration,
  );
  const checkedBudgets = checkBudgets(budgets.map(({ object }) => ({ object, namespace })));
  const strict = options.strict === true;
  const findings = [
    ...read.flatMap(({ notes }) => notes),
    ...runs.flatMap(({ position }, index) => findingsOf(position, checkedRuns[index], strict)),
    ...budgets.flatMap(({ position }, index) => findingsOf(position, checkedBudgets[index], strict)),
  ].sort(byPosition(sources.map(({ file }) => file)));
  const kinds = [...runs.map(({ kind }) => kind.type.kind), ...budgets.map(() => Budgets.kind)];
  print(findings, kinds, options.output, io);
  const nothing = kinds.length === 0 ? whyNothing("check", options.filename, sources, read) : undefined;
  if (nothing !== undefined) io.err(`${escaped(nothing)}\n`);
  return nothing !== undefined || findings.some(({ severity }) => severity === "error") ? 1 : 0;
}

type Verdict = Pick<Checked, "errors" | "warnings" | "unknownFields">;

function findingsOf(position: Position, checked: Verdict | undefined, strict: boolean): Finding[] {
  if (checked === undefined) return [];
  return [
    ...checked.errors.map(({ field, reason, message }) => ({ ...position.finding("error", field, message), reason })),
    ...checked.unknownFields.map((field) =>
      position.finding(
        strict ? "error" : "warning",
        field,
        "unknown field: kubectl rejects it, and the API server drops it for other clients; check the spelling",
      ),
    ),
    ...checked.warnings.map((warning) => {
      const [, field, message] = /^([\w.[\]]+): (.*)$/s.exec(warning) ?? [];
      return position.finding("warning", field ?? "", message ?? warning);
    }),
  ];
}

/** @param kinds of the objects that were checked */
function print(findings: readonly Finding[], kinds: readonly string[], output: Options["output"], io: CommandIo): void {
  const count = (severity: Finding["severity"]): number => findings.filter((each) => each.severity === severity).length;
  const [errors, warnings, skipped] = [count("error"), count("warning"), count("note")];
  if (output === "json") {
    const valid = errors === 0 && kinds.length > 0;
    const report = { valid, checked: kinds.length, skipped, errors, warnings, findings };
    io.out(`${escapedJson(JSON.stringify(report, null, 2))}\n`);
    return;
  }
  const lines = findings.map(({ file, line, column, severity, field, message }) => {
    const text = field === "" ? message : `${field}: ${message}`;
    return `${escaped(`${file}:${line}:${column}: ${severity}: ${text}`)}\n`;
  });
  if (lines.length > 0) io.out(lines.join(""));
  const others = skipped === 0 ? "" : `, ${countOf(skipped, "other object")} skipped`;
  io.err(`${checkedText(kinds)} checked: ${countOf(errors, "error")}, ${countOf(warnings, "warning")}${others}\n`);
}

/** `2 TaskRuns and 1 CodeRun`. */
function checkedText(kinds: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const parts = [...counts].map(([kind, number]) => countOf(number, kind));
  const last = parts.pop() ?? "0 objects";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}
