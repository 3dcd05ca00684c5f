import { errorText } from "../runtime/error-text.js";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { checkManifests, type AnyRun } from "../admission/index.js";
import { codeRunKind } from "../kinds/coderun/coderun.js";
import { docsRunKind } from "../kinds/docsrun/docsrun.js";
import { taskRunKind } from "../kinds/taskrun/taskrun.js";
import { FilesError } from "../runs/run.js";
import { isObject, member } from "../runtime/schema/json.js";
import type { Configuration } from "../configuration/configuration.js";
import { TemplateSource } from "../templates/source.js";
import { loadConfiguration } from "./configuration-file.js";
import { contentOf, parseFile, processIo, sourcesOf, UsageError, withExitCode, type CommandIo } from "./io.js";
import { readRuns } from "./manifest-files.js";
import { positiveInteger, repeatable } from "./options.js";

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
    .option("--templates <file>", "manifest of the ConfigMap agent-templates, to try it before applying it")
    .action(withExitCode(io, (options: Options) => run(options, io)));
}

function run(options: Options, io: CommandIo): number {
  const configuration = loadConfiguration(options.config, io);
  const templates = new TemplateSource();
  if (options.templates !== undefined) {
    const { accepted, problems } = templates.update(templatesIn(options.templates, io));
    for (const { message } of problems) io.err(`${options.templates}: ${message}\n`);
    if (!accepted) return 1;
  }
  const kinds: readonly RenderedKind[] = [taskRunKind, codeRunKind(templates), docsRunKind(templates)];
  const found = options.filename
    .flatMap((name) => sourcesOf(name, io))
    .flatMap(({ file, text }) => readRuns(file, text).runs);
  if (found.length === 0) throw new UsageError("error: there is no TaskRun, CodeRun or DocsRun in these files");
  const checked = checkManifests(
    found.map(({ kind, object }) => ({ kind, object, namespace: options.namespace })),
    configuration,
  );
  const runs = checked.map(({ object }) => withNamespace(object, options.namespace));
  const names = directoriesOf(runs);
  let failed = false;
  for (const [index, { errors }] of checked.entries()) {
    const [object, name = ""] = [runs[index], names[index]];
    for (const { field, message } of errors) io.err(`${name}: error: ${field}: ${message}\n`);
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
      io.err(`${name}: error: template ${error.message}; ${remedy}\n`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

/** The run in its namespace, as it would be in the cluster. */
function withNamespace(object: AnyRun, namespace: string): AnyRun {
  return { ...object, metadata: { namespace, ...object.metadata } };
}

/**
 * A directory for each run: `<kind>-<name>`. Runs that would share one are put below their namespaces, and those that
 * still would, because they only have a generateName, are numbered.
 */
function directoriesOf(runs: readonly AnyRun[]): string[] {
  const plain = runs.map(
    ({ kind = "", metadata }) => `${kind.toLowerCase()}-${metadata?.name ?? metadata?.generateName ?? ""}`,
  );
  const isShared = (name: string): boolean => plain.indexOf(name) !== plain.lastIndexOf(name);
  const placed = plain.map((name, index) => {
    const namespaces = new Set(
      runs.filter((_, other) => plain[other] === name).map(({ metadata }) => metadata?.namespace),
    );
    return isShared(name) && namespaces.size > 1 ? `${runs[index]?.metadata?.namespace ?? ""}/${name}` : name;
  });
  return placed.map((name, index) => {
    const before = placed.slice(0, index).filter((other) => other === name).length;
    return before === 0 ? name : `${name}@${before + 1}`;
  });
}

function put(
  name: string,
  files: Readonly<Record<string, string>>,
  directory: string | undefined,
  io: CommandIo,
): void {
  for (const [file, text] of Object.entries(files)) {
    if (directory === undefined) {
      io.out(`==> ${name}/${file} <==\n${text}${text.endsWith("\n") ? "" : "\n"}\n`);
      continue;
    }
    try {
      mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(join(directory, name, file), text);
    } catch (error) {
      const why = errorText(error);
      throw new UsageError(`${join(directory, name, file)}: error: can't be written: ${why}`);
    }
    io.out(`${join(directory, name, file)}\n`);
  }
}

function templatesIn(file: string, io: CommandIo): Record<string, string> {
  let content: unknown;
  try {
    const [document, second] = parseFile(file, contentOf(file, io));
    const [problem] = document?.errors ?? [];
    if (problem !== undefined) throw problem;
    if (second !== undefined) throw new UsageError(`${file}: error: has more than one document; name a file with one`);
    content = document?.toJS();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file}: error: invalid YAML: ${errorText(error)}`);
  }
  const data = isObject(content) ? member(content, "data") : undefined;
  if (!isObject(data)) throw new UsageError(`${file}: error: not a ConfigMap with data`);
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, String(text)]));
}
