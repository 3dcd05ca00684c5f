import { Command, Option } from "commander";
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Range,
  type Tags,
} from "yaml";
import { checkManifests, type AdmittedKind, type Checked } from "../admission/index.js";
import { admittedKinds } from "../kinds/admitted-kinds.js";
import { groups, kinds as convertible } from "../convert/kinds.js";
import { errorText } from "../runtime/error-text.js";
import { isList, isObject, type JsonObject } from "../runtime/schema/json.js";
import { defaultConfiguration } from "../configuration/defaults.js";
import { parseConfiguration } from "../configuration/parse.js";
import type { Configuration } from "../configuration/configuration.js";
import { contentOf, many, processIo, sourcesOf, Unreadable, type CommandIo } from "./io.js";

/** One thing to say about an object in a file. Lines and columns count from 1. */
interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: "error" | "warning" | "note";
  /** Path in the object; empty where it is about the whole of it. */
  readonly field: string;
  /** The reason as in a Status' causes; absent for warnings and notes. */
  readonly reason?: string;
  readonly message: string;
}

/** A run where it stands. */
interface Found {
  readonly kind: AdmittedKind;
  readonly object: JsonObject;
  readonly place: Place;
}

interface Options {
  readonly filename?: readonly string[];
  readonly output: "text" | "json";
  readonly config?: string;
  readonly namespace: string;
  readonly strict?: boolean;
}

/**
 * `orchestrator validate -f FILE`: what admission would say, without a cluster.
 *
 * Exit codes: 0 all would be admitted; 1 something would be denied; 2 it was called wrongly, or a file can't be read.
 */
export function validateCommand(io: CommandIo = processIo): Command {
  return new Command("validate")
    .description(
      "check TaskRuns, CodeRuns and DocsRuns in files as the cluster would, with the same rules and words; all files together",
    )
    .option(
      "-f, --filename <file>",
      "file, directory or - for standard input; may be given several times",
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .addOption(new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"))
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--config <file>", "the controller's config.yaml, for the defaults it gives")
    .option("--strict", "count unknown fields as errors")
    .action((options: Options) => {
      try {
        io.exit(run(options, io));
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        io.err(`${error.message}\n`);
        io.exit(2);
      }
    });
}

function run(options: Options, io: CommandIo): number {
  if (options.filename === undefined || options.filename.length === 0)
    throw new Unreadable("error: nothing to check; name a file with -f FILE, or - for standard input");
  const configuration = settingsFrom(options.config, io);
  const sources = options.filename.flatMap((name) => sourcesOf(name, io));
  const read = sources.map(({ file, text }) => objectsIn(file, text));
  const runs = read.flatMap(({ runs: found }) => found);
  const checked = checkManifests(
    runs.map(({ kind, object }) => ({ kind, object, namespace: options.namespace })),
    configuration,
  );
  const strict = options.strict === true;
  const findings = [
    ...read.flatMap(({ notes }) => notes),
    ...runs.flatMap((each, index) => findingsOf(each, checked[index], strict)),
  ].sort(byPlace(sources.map(({ file }) => file)));
  print(findings, runs, options.output, io);
  return findings.some(({ severity }) => severity === "error") ? 1 : 0;
}

/** The configuration of a file, with what is to say of it; the defaults without one. */
export function settingsFrom(file: string | undefined, io: CommandIo): Configuration {
  if (file === undefined) return defaultConfiguration;
  const { configuration, problems } = parseConfiguration(contentOf(file, io));
  const lines = problems.map(({ severity, path, message }) => `${file}: ${severity}: ${path}: ${message}`);
  if (configuration === undefined) throw new Unreadable(lines.join("\n"));
  for (const line of lines) io.err(`${line}\n`);
  return configuration;
}

/** kubectl reads YAML 1.1, in which `yes` is true; but it knows no times, no numbers to the base 60, and `.` is no number. */
const customTags = (tags: Tags): Tags =>
  tags
    .filter((tag) => typeof tag !== "object" || !(tag.tag === "tag:yaml.org,2002:timestamp" || tag.format === "TIME"))
    .map((tag) =>
      typeof tag === "object" && tag.collection === undefined && tag.test instanceof RegExp && tag.test.test(".")
        ? { ...tag, test: floatWithDigits }
        : tag,
    );

/** As the yaml library's test of YAML 1.1, but with a digit. */
const floatWithDigits = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/;

/** The runs of a file, and what else is in it. */
export function objectsIn(file: string, text: string): { runs: Found[]; notes: Finding[] } {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, schema: "yaml-1.1", customTags, merge: true });
  const runs: Found[] = [];
  const notes: Finding[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [problem] = document.errors;
    if (problem) {
      const { line, col } = lines.linePos(problem.pos[0]);
      throw new Unreadable(`${file}:${line}:${col}: error: not YAML: ${problem.message.split("\n")[0] ?? ""}`);
    }
    const place = new Place(file, lines, document, "");
    for (const each of unpacked(plainValue(document, place), place)) {
      const kind = isObject(each.value) ? kindOf(each.value) : undefined;
      if (isObject(each.value) && kind !== undefined) runs.push({ kind, object: each.value, place: each.place });
      else if (isObject(each.value))
        notes.push(each.place.finding("note", "", `${nameOf(each.value)} is skipped: ${whySkipped(each.value)}`));
      else if (each.value !== null) notes.push(each.place.finding("error", "", "is not a Kubernetes object"));
    }
  }
  return { runs, notes };
}

function whySkipped({ apiVersion, kind }: Readonly<Record<string, unknown>>): string {
  const [group] = typeof apiVersion === "string" ? apiVersion.split("/") : [];
  const isOlder = typeof kind === "string" && Object.hasOwn(convertible, kind) && groups.some((one) => one === group);
  return isOlder
    ? "it is of an older group or version; bring it over with orchestrator convert"
    : "it is no run of orchestrator.io";
}

function plainValue(document: Document, place: Place): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const { file, line, column } = place.finding("error", "", "");
    const why = errorText(error);
    throw new Unreadable(`${file}:${line}:${column}: error: not usable YAML: ${why}`);
  }
}

/** The objects of a document: itself, or the items of a list. */
function unpacked(value: unknown, place: Place): { value: unknown; place: Place }[] {
  if (!isObject(value) || typeof value.kind !== "string" || !value.kind.endsWith("List") || !isList(value.items))
    return [{ value, place }];
  return value.items.map((item, index) => ({ value: item, place: place.below(`items[${index}]`) }));
}

function kindOf({ apiVersion, kind }: JsonObject): AdmittedKind | undefined {
  return admittedKinds.find(
    ({ type }) => kind === type.kind && typeof apiVersion === "string" && apiVersion.startsWith(`${type.group}/`),
  );
}

function nameOf({ apiVersion, kind, metadata }: JsonObject): string {
  const name = isObject(metadata) && typeof metadata.name === "string" ? ` ${JSON.stringify(metadata.name)}` : "";
  const type = [apiVersion, kind].filter((part) => typeof part === "string").join(" ");
  return `${type === "" ? "an object without kind" : type}${name}`;
}

function findingsOf({ place }: Found, checked: Checked | undefined, strict: boolean): Finding[] {
  if (checked === undefined) return [];
  return [
    ...checked.errors.map(({ field, reason, message }) => ({ ...place.finding("error", field, message), reason })),
    ...checked.unknownFields.map((field) =>
      place.finding(
        strict ? "error" : "warning",
        field,
        "unknown field; kubectl refuses it, and without kubectl the cluster drops it: check its spelling",
      ),
    ),
    ...checked.warnings.map((warning) => {
      const [, field, message] = /^([\w.[\]]+): (.*)$/s.exec(warning) ?? [];
      return place.finding("warning", field ?? "", message ?? warning);
    }),
  ];
}

/** Where an object stands: finds the position of its fields. */
class Place {
  constructor(
    private readonly file: string,
    private readonly lines: LineCounter,
    private readonly document: Document,
    private readonly root: string,
  ) {}

  /** The place of an object within this one. */
  below(path: string): Place {
    return new Place(this.file, this.lines, this.document, path);
  }

  finding(severity: Finding["severity"], field: string, message: string): Finding {
    const path = [this.root, field].filter((part) => part !== "").join(".");
    const { line, col } = this.lines.linePos(offsetOf(this.document, path));
    return { file: this.file, line, column: col, severity, field, message };
  }
}

/** Where a field's value begins; a list's or map's own name, where it has one; of a field that isn't there, its parent. */
function offsetOf(document: Document, path: string): number {
  let offset = startOf(document.contents) ?? 0;
  let node: unknown = document.contents;
  let rest = path;
  while (rest !== "") {
    rest = isMap(node) ? rest.replace(/^\[([^\]]*)\]/, "$1") : rest; // a key of a map: labels[task-id]
    const step = isMap(node) ? stepIntoMap(node, rest) : isSeq(node) ? stepIntoList(node, rest) : undefined;
    if (step === undefined) return offset;
    ({ offset, node, rest } = step);
  }
  return offset;
}

interface Step {
  readonly offset: number;
  readonly node: unknown;
  readonly rest: string;
}

/** A key may hold dots itself: of those that fit, the longest. */
function stepIntoMap(map: { items: { key: unknown; value: unknown }[] }, path: string): Step | undefined {
  const fitting = map.items
    .map(({ key, value }) => ({ key, value, name: isScalar(key) ? String(key.value) : "" }))
    .filter(({ name }) => name !== "" && path.startsWith(name) && /^($|[.[])/.test(path.slice(name.length)))
    .sort((a, b) => b.name.length - a.name.length)[0];
  if (fitting === undefined) return undefined;
  const own = isScalar(fitting.value) ? fitting.value : fitting.key;
  return {
    offset: startOf(own) ?? startOf(fitting.key) ?? 0,
    node: fitting.value,
    rest: path.slice(fitting.name.length).replace(/^\./, ""),
  };
}

function stepIntoList(list: { items: unknown[] }, path: string): Step | undefined {
  const index = /^\[(\d+)\]\.?/.exec(path);
  const item = index ? list.items[Number(index[1])] : undefined;
  const offset = startOf(item);
  return index && offset !== undefined ? { offset, node: item, rest: path.slice(index[0].length) } : undefined;
}

function startOf(node: unknown): number | undefined {
  const range: Range | null | undefined = (node as Node | undefined)?.range;
  return range?.[0];
}

function byPlace(files: readonly string[]): (a: Finding, b: Finding) => number {
  return (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column;
}

function print(findings: readonly Finding[], runs: readonly Found[], output: Options["output"], io: CommandIo): void {
  const count = (severity: Finding["severity"]): number => findings.filter((each) => each.severity === severity).length;
  const [errors, warnings, skipped] = [count("error"), count("warning"), count("note")];
  if (output === "json") {
    io.out(
      `${JSON.stringify({ valid: errors === 0, checked: runs.length, skipped, errors, warnings, findings }, null, 2)}\n`,
    );
    return;
  }
  for (const { file, line, column, severity, field, message } of findings) {
    const text = field === "" ? message : `${field}: ${message}`;
    io.out(`${file}:${line}:${column}: ${severity}: ${text}\n`);
  }
  const others = skipped === 0 ? "" : `, ${many(skipped, "other object")} skipped`;
  const kinds = new Set(runs.map(({ kind }) => kind.type.kind));
  const noun = kinds.size > 1 ? "run" : ([...kinds][0] ?? "TaskRun");
  io.err(`${many(runs.length, noun)} checked: ${many(errors, "error")}, ${many(warnings, "warning")}${others}\n`);
}
