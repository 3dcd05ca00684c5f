import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { parse } from "yaml";
import { checkManifests, type AnyRun } from "../admission/index.js";
import { codeRunKind } from "../kinds/coderun/coderun.js";
import { docsRunKind } from "../kinds/docsrun/docsrun.js";
import { taskRunKind } from "../kinds/taskrun/taskrun.js";
import { isObject, member } from "../runtime/schema/json.js";
import type { Configuration } from "../configuration/configuration.js";
import { TemplateError } from "../templates/problem.js";
import { TemplateSource } from "../templates/source.js";
import { contentOf, processIo, settled, sourcesOf, Unreadable, type CommandIo } from "./io.js";
import { objectsIn, settingsFrom } from "./validate.js";

interface Options {
  readonly filename: readonly string[];
  readonly output?: string;
  readonly config?: string;
  readonly templates?: string;
  readonly namespace: string;
  readonly number: number;
}

/** What is asked of a kind here. */
interface Rendered {
  readonly type: { readonly kind: string };
  files(run: AnyRun, number: number, configuration: Configuration): Record<string, string>;
}

/**
 * `orchestrator render -f FILE`: the files that runs would be given, without a cluster.
 *
 * Exit codes: 0 rendered; 1 a run would be denied, or a template has a mistake; 2 it was called wrongly, or a file can't
 * be read or written.
 */
export function renderCommand(io: CommandIo = processIo): Command {
  return new Command("render")
    .description("print or write the files that TaskRuns, CodeRuns and DocsRuns in files would be given")
    .requiredOption(
      "-f, --filename <file>",
      "file, directory or - for standard input; may be given several times",
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option("-o, --output <directory>", "write them below it, in a directory for each run; default: print them")
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--number <number>", "number of the run", positive, 1)
    .option("--config <file>", "the controller's config.yaml")
    .option("--templates <file>", "the ConfigMap agent-templates, to be tried before it is applied")
    .action(settled(io, (options: Options) => run(options, io)));
}

function run(options: Options, io: CommandIo): number {
  const configuration = settingsFrom(options.config, io);
  const templates = new TemplateSource();
  if (options.templates !== undefined) {
    const { accepted, problems } = templates.update(templatesIn(options.templates, io));
    for (const { message } of problems) io.err(`${options.templates}: ${message}\n`);
    if (!accepted) return 1;
  }
  const kinds: readonly Rendered[] = [taskRunKind, codeRunKind(templates), docsRunKind(templates)];
  const found = options.filename
    .flatMap((name) => sourcesOf(name, io))
    .flatMap(({ file, text }) => objectsIn(file, text).runs);
  if (found.length === 0) throw new Unreadable("error: there is no TaskRun, CodeRun or DocsRun in these files");
  const checked = checkManifests(
    found.map(({ kind, object }) => ({ kind, object, namespace: options.namespace })),
    configuration,
  );
  let failed = false;
  for (const [index, { object, errors }] of checked.entries()) {
    const { kind = "", metadata } = object;
    const name = `${kind.toLowerCase()}-${metadata?.name ?? ""}`;
    for (const { field, message } of errors) io.err(`${name}: error: ${field}: ${message}\n`);
    const rendered = kinds.find(({ type }) => type.kind === found[index]?.kind.type.kind);
    if (errors.length > 0 || rendered === undefined) {
      failed = true;
      continue;
    }
    try {
      put(name, rendered.files(placed(object, options.namespace), options.number, configuration), options.output, io);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      io.err(`${name}: error: ${error.message}\n`);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

/** In its namespace, as it would be in the cluster. */
function placed(object: AnyRun, namespace: string): AnyRun {
  return { ...object, metadata: { namespace, ...object.metadata } };
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
      const why = error instanceof Error ? error.message : String(error);
      throw new Unreadable(`${join(directory, name, file)}: error: can't be written: ${why}`);
    }
    io.out(`${join(directory, name, file)}\n`);
  }
}

function templatesIn(file: string, io: CommandIo): Record<string, string> {
  let content: unknown;
  try {
    content = parse(contentOf(file, io));
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`${file}: error: not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const data = isObject(content) ? member(content, "data") : undefined;
  if (!isObject(data)) throw new Unreadable(`${file}: error: is no ConfigMap with data`);
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, String(text)]));
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1 on");
  return number;
}
