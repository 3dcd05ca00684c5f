import { errorText } from "../runtime/error-text.js";
import { accessSync, constants, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { LineCounter, type Document } from "yaml";
import { checkManifests, type AnyRun } from "../admission/index.js";
import { codeRunKind } from "../kinds/coderun/coderun.js";
import { docsRunKind } from "../kinds/docsrun/docsrun.js";
import { taskRunKind } from "../kinds/taskrun/taskrun.js";
import { FilesError } from "../runs/run.js";
import { isObject, member } from "../runtime/schema/json.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import type { Configuration } from "../configuration/configuration.js";
import { TemplateSource } from "../templates/source.js";
import { loadConfiguration } from "./configuration-file.js";
import { escaped, escapedLines } from "../printable.js";
import { contentOf, parseFile, processIo, UsageError, withExitCode, type CommandIo } from "./io.js";
import { readRuns } from "./manifest-files.js";
import { whyNothing } from "./nothing-found.js";
import { positiveInteger, repeatable } from "./options.js";
import { runDirectories } from "./run-directories.js";
import { readSources } from "./sources.js";

interface Options {
  readonly filename: readonly string[];
  readonly output?: string;
  readonly config?: string;
  readonly templates?: string;
  readonly namespace: string;
  readonly number: number;
}

/** The part of a kind that rendering uses. */
interface RenderedKind {
  readonly type: { readonly kind: string };
  files(run: AnyRun, number: number, configuration: Configuration): Record<string, string>;
}

/**
 * `orchestrator render -f FILE`: the files that the attempts of runs would get, without a cluster.
 *
 * Exit codes: 0 rendered; 1 a run would be denied, or a template has an error; 2 wrong usage, or a file that cannot be
 * read or written.
 */
export function renderCommand(io: CommandIo = processIo): Command {
  return new Command("render")
    .description("render the files that attempts of TaskRuns, CodeRuns and DocsRuns would get")
    .requiredOption("-f, --filename <file>", "file, directory, or - for standard input; repeatable", repeatable)
    .option("-o, --output <directory>", "directory to write to, one subdirectory per run (default: standard output)")
    .option("-n, --namespace <name>", "namespace of objects that do not set one", "default")
    .option("--number <number>", "attempt number", positiveInteger, 1)
    .option("--config <file>", "operator configuration (config.yaml)")
    .option("--templates <file>", "manifest of the ConfigMap agent-templates, to test it before you apply it")
    .action(withExitCode(io, (options: Options) => run(options, io)));
}

function run(options: Options, io: CommandIo): number {
  const configuration = loadConfiguration(options.config, io);
  const templates = new TemplateSource();
  if (options.templates !== undefined) {
    const { accepted, problems } = templates.update(templatesIn(options.templates, io));
    for (const { message } of problems) io.err(`${escaped(`${options.templates}: ${message}`)}\n`);
    if (!accepted) return 1;
  }
  const kinds: readonly RenderedKind[] = [taskRunKind(templates), codeRunKind(templates), docsRunKind(templates)];
  if (options.output !== undefined) createDirectory(options.output);
  const sources = readSources(options.filename, io);
  const read = sources.map(({ file, text }) => readRuns(file, text));
  const found = read.flatMap(({ runs: each }) => each);
  if (found.length === 0) throw new UsageError(whyNothing("render", options.filename, sources, read));
  const checked = checkManifests(
    found.map(({ kind, object }) => ({ kind, object, namespace: options.namespace })),
    configuration,
  );
  const runs = checked.map(({ object }) => withNamespace(object, options.namespace));
  const names = runDirectories(runs);
  let failed = false;
  for (const [index, { errors }] of checked.entries()) {
    const [object, name = ""] = [runs[index], names[index]];
    for (const { field, message } of errors) io.err(`${escaped(`${name}: error: ${field}: ${message}`)}\n`);
    const kind = kinds.find(({ type }) => type.kind === found[index]?.kind.type.kind);
    if (errors.length > 0 || kind === undefined || object === undefined) {
      failed = true;
      continue;
    }
    try {
      put(name, kind.files(object, options.number, configuration), options.output, io);
    } catch (error) {
      if (!(error instanceof FilesError)) throw error;
      const remedy = "correct the template, or the field of the run that it uses";
      io.err(`${escaped(`${name}: error: template ${error.message}; ${remedy}`)}\n`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

/** The run in its namespace, as it would be in the cluster. */
function withNamespace(object: AnyRun, namespace: string): AnyRun {
  return { ...object, metadata: { namespace, ...object.metadata } };
}

function put(
  name: string,
  files: Readonly<Record<string, string>>,
  directory: string | undefined,
  io: CommandIo,
): void {
  if (directory !== undefined) createDirectory(join(directory, name));
  for (const [file, text] of Object.entries(files)) {
    if (directory === undefined) {
      // a file gets the text as it is; a terminal would obey what is in it
      const shown = io.terminal === undefined ? text : escapedLines(text);
      io.out(`==> ${name}/${file} <==\n${shown}${text.endsWith("\n") ? "" : "\n"}\n`);
      continue;
    }
    const path = join(directory, name, file);
    written(path, () => writeFileSync(path, text));
    io.out(`${path}\n`);
  }
}

function createDirectory(path: string): void {
  written(path, () => {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) throw new Error("it is not a directory");
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  });
}

/** @throws UsageError where the action fails */
function written(path: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new UsageError(`${path}: error: can't be written: ${errorText(error)}`);
  }
}

function templatesIn(file: string, io: CommandIo): Record<string, string> {
  const lines = new LineCounter();
  const [document, second] = parseFile(file, contentOf(file, io), { lineCounter: lines });
  const [problem] = document === undefined ? [] : syntaxProblems(document, lines);
  if (problem !== undefined)
    throw new UsageError(`${file}:${problem.line}:${problem.column}: error: ${problem.message}`);
  if (second !== undefined) throw new UsageError(`${file}: error: has more than one document; name a file with one`);
  const data = dataIn(file, document);
  if (!isObject(data)) throw new UsageError(`${file}: error: not a ConfigMap with data`);
  for (const [key, text] of Object.entries(data))
    if (typeof text !== "string") throw new UsageError(`${file}: error: data[${key}] is not text; begin it with |`);
  return data as Record<string, string>;
}

function dataIn(file: string, document: Document | undefined): unknown {
  try {
    const content: unknown = document?.toJS({ maxAliasCount: 100 });
    return isObject(content) ? member(content, "data") : undefined;
  } catch (error) {
    throw new UsageError(`${file}: error: invalid YAML: ${errorText(error)}`);
  }
}
