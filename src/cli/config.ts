import { Command, Option } from "commander";
import { stringify } from "yaml";
import { convertValues, type Remark } from "../configuration/convert.js";
import { annotated, listKeys, sourcesOf, type FileName } from "../configuration/explain.js";
import { treeOf } from "../configuration/layers.js";
import { operatorNames } from "../configuration/names.js";
import type { Configured } from "../configuration/parse.js";
import type { Problem } from "../configuration/problem.js";
import { samePaths, schemaAt } from "../configuration/schema.js";
import {
  configurationIn,
  findConfiguration,
  collectSetting,
  noSuchKey,
  type FoundConfiguration,
  type SourceOptions,
} from "./config-source.js";
import { escaped, escapedJson, escapedLines } from "../printable.js";
import { problemLine } from "./configuration-file.js";
import { contentOf, countOf, printRemarks, processIo, UsageError, withExitCode, type CommandIo } from "./io.js";
import { exitOnUsageError } from "./options.js";
import { withOperatorOptions } from "./operator-options.js";

type Output = "yaml" | "json";

/**
 * `orchestrator config show|get|list|validate|convert`.
 *
 * Exit codes: 0 success, and the configuration is valid and in force; 1 it has errors, the ConfigMap holds another one, or the
 * requested key is not set; 2 wrong usage, or a file or cluster that cannot be read.
 */
export function configCommand(io: CommandIo = processIo): Command {
  const command = new Command("config").description("show, explain, check and convert the operator's configuration");
  withSource(command.command("show"))
    .description(
      "print the configuration in force with the source of each value: default, file and line, variable or flag; exits with 1 if the ConfigMap contains a different one",
    )
    .action(withExitCode(io, (options: SourceOptions & { output: Output }) => show(options, io)));

  withSource(command.command("get"))
    .description("print the value of a key, or of all keys below it")
    .argument("<key>", "key, such as job.backoffLimit")
    .action(withExitCode(io, (key: string, options: SourceOptions & { output: Output }) => get(key, options, io)));

  command
    .command("list")
    .description("list all keys with their defaults and meanings")
    .addOption(outputOption("text"))
    .action(withExitCode(io, (options: { output: "text" | "json" }) => list(options.output, io)));

  command
    .command("validate")
    .description("check a config.yaml, its ConfigMap, or Helm values")
    .requiredOption("-f, --filename <file>", "file to check, or - for standard input")
    .addOption(outputOption("text"))
    .option("--strict", "warnings, such as keys without effect, are errors")
    .action(
      withExitCode(io, (options: { filename: string; output: "text" | "json"; strict?: boolean }) =>
        validate(options, io),
      ),
    );

  command
    .command("convert")
    .description(
      "convert Helm values to the ConfigMap, with comments; keys without a counterpart are reported on stderr",
    )
    .requiredOption("-f, --filename <file>", "Helm values, or - for standard input")
    .option("-n, --namespace <name>", "namespace of the ConfigMap", "orchestrator")
    .option("--name <name>", "name of the ConfigMap", operatorNames.configuration)
    .option("--strict", "keys without a counterpart are errors")
    .action(withExitCode(io, (options: ConvertOptions) => convert(options, io)));

  for (const subcommand of command.commands) exitOnUsageError(subcommand);
  return command;
}

function outputOption(standard: "text" | "yaml"): Option {
  return new Option("-o, --output <format>", "output format").choices([standard, "json"]).default(standard);
}

function withSource(command: Command): Command {
  return withOperatorOptions(
    command.option(
      "-f, --filename <file>",
      "config.yaml, its ConfigMap or Helm values to read instead of the cluster, or - for standard input",
    ),
  )
    .option("--set <key=value>", "key to set, as the manager flag does; repeatable", collectSetting, [])
    .addOption(outputOption("yaml"));
}

interface ReadConfiguration {
  readonly configured: Configured;
  readonly name: FileName;
  readonly inForce?: FoundConfiguration["inForce"];
}

async function read(options: SourceOptions, io: CommandIo): Promise<ReadConfiguration> {
  const { configured, name, inForce } = await findConfiguration(options, io);
  for (const problem of configured.problems) io.err(`${problemLine(problem, name)}\n`);
  return { configured, name, inForce };
}

/** 1 if the configuration has errors, or the ConfigMap holds another one than is in force. */
const codeOf = ({ configured, inForce }: ReadConfiguration): number =>
  configured.configuration === undefined || inForce?.isStored === false ? 1 : 0;

async function show(options: SourceOptions & { output: Output }, io: CommandIo): Promise<number> {
  const found = await read(options, io);
  const { configured, name, inForce } = found;
  if (options.output === "json") {
    const settings = treeOf(configured.entries.values());
    io.out(`${escapedJson(JSON.stringify({ settings, sources: sourcesOf(configured, name), inForce }, null, 2))}\n`);
  } else {
    if (inForce !== undefined) io.out(`${escapedLines(inForce.message).replaceAll(/^/gm, "# ")}\n`);
    io.out(forTerminal(annotated(configured, name), io));
  }
  return codeOf(found);
}

async function get(key: string, options: SourceOptions & { output: Output }, io: CommandIo): Promise<number> {
  const path = key.split(".");
  const field = schemaAt(path);
  if (field === undefined) throw new UsageError(`error: ${noSuchKey(key)}`);
  if (field["x-no-effect"] !== undefined) throw new UsageError(`error: ${key} has no effect: ${field["x-no-effect"]}`);
  const same = field["x-same-as"];
  const [wanted = path] = same === undefined || same.includes("*") ? [path] : samePaths(same);
  const found = await read(options, io);
  const { configured } = found;
  const tree: unknown = treeOf(configured.entries.values());
  const value = wanted.reduce<unknown>(
    (under, each) =>
      typeof under === "object" && under !== null && Object.hasOwn(under, each)
        ? (under as Record<string, unknown>)[each]
        : undefined,
    tree,
  );
  if (value === undefined) {
    const hint = same?.includes("*") === true ? `: it is an alias of ${same}` : "";
    io.err(`${key} is not set${hint}\n`);
    return 1;
  }
  if (options.output === "json") io.out(`${escapedJson(JSON.stringify(value, null, 2))}\n`);
  else io.out(forTerminal(typeof value === "string" ? `${value}\n` : stringify(value, { lineWidth: 0 }), io));
  return codeOf(found);
}

function list(output: "text" | "json", io: CommandIo): number {
  const keys = listKeys();
  if (output === "json") {
    io.out(`${JSON.stringify(keys, null, 2)}\n`);
    return 0;
  }
  for (const { path, default: standard, variable, flag, meaning } of keys) {
    const sources = [variable, flag].filter((each) => each !== undefined).join(", ");
    io.out(`${path}${standard === undefined ? "" : ` = ${JSON.stringify(standard)}`}${sources && `  [${sources}]`}\n`);
    if (meaning !== "") io.out(`    ${meaning}\n`);
  }
  return 0;
}

const lineOf = ({ line, position }: Problem): number => position?.line ?? line ?? Infinity;

function validate(options: { filename: string; output: "text" | "json"; strict?: boolean }, io: CommandIo): number {
  const { found, name } = configurationIn(options.filename, io);
  const inOrder = found.configure().problems.toSorted((a, b) => lineOf(a) - lineOf(b) || 0);
  const findings = inOrder.map((problem) => {
    const { severity, path, message } = problem;
    const at = lineOf(problem);
    const counts = options.strict === true ? "error" : severity;
    return {
      ...{ file: name.name, ...(at !== Infinity && { line: at + name.before }) },
      ...{ severity: counts, path, message },
    };
  });
  const errors = findings.filter(({ severity }) => severity === "error").length;
  if (options.output === "json")
    io.out(
      `${escapedJson(JSON.stringify({ valid: errors === 0, errors, warnings: findings.length - errors, findings }, null, 2))}\n`,
    );
  else {
    for (const { file, line, severity, path, message } of findings)
      io.out(
        `${escaped(`${file}${line === undefined ? "" : `:${line}`}: ${severity}: ${path === "" ? "" : `${path} `}${message}`)}\n`,
      );
    io.err(`${countOf(errors, "error")}, ${countOf(findings.length - errors, "warning")}\n`);
  }
  return errors === 0 ? 0 : 1;
}

/** Text of a file as it is for a pipe, and with control characters as escapes for a terminal. */
const forTerminal = (text: string, io: CommandIo): string => (io.terminal === undefined ? text : escapedLines(text));

interface ConvertOptions {
  readonly filename: string;
  readonly namespace: string;
  readonly name: string;
  readonly strict?: boolean;
}

function convert({ filename, namespace, name, strict }: ConvertOptions, io: CommandIo): number {
  const { text, remarks } = convertValues(contentOf(filename, io), namespace, name);
  printRemarks(filename === "-" ? "<stdin>" : filename, remarks, io);
  if (text === undefined) return 2;
  io.out(forTerminal(text, io));
  // warnings without a line are about what the user did not write
  const counts = ({ severity, line }: Remark): boolean =>
    severity === "error" || (strict === true && severity === "warning" && line !== undefined);
  const bad = remarks.some(counts);
  return bad ? 1 : 0;
}
