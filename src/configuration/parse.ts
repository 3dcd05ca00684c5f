import { LineCounter, type Document } from "yaml";
import { errorText } from "../runtime/error-text.js";
import { parseBoundedDocument, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { checkAcrossKeys, followsFrom } from "./checks.js";
import { defaults, configurationOf } from "./defaults.js";
import { lineFinder, type LineFinder } from "./line-finder.js";
import {
  environmentDefaultLayer,
  environmentLayer,
  fileLayer,
  flagLayer,
  merge,
  type Entry,
  type Environment,
  type Flag,
  type Layer,
} from "./layers.js";
import type { Problem } from "./problem.js";
import { isEmpty } from "./unset.js";
import type { Configuration } from "./configuration.js";

/** Whoever may write the ConfigMap can write any text, and every replica parses it on its only event loop. */
const bounds = { maxBytes: 64 * 1024 };

/** The sources of settings, other than the defaults. */
export interface Sources {
  /** The text of `config.yaml`. */
  readonly file?: string;
  /** `process.env`, or a part of it; overrides the file, except for the variables that have defaults. */
  readonly environment?: Environment;
  /** Override all others. */
  readonly flags?: readonly Flag[];
}

export interface Parsed {
  /** Absent if the problems contain an error. */
  readonly configuration?: Configuration;
  /** All findings, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** A configuration with the source of each setting. */
export interface Configured extends Parsed {
  /** By the text of the path. With problems, the settings that are valid. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The file, to find the places of its keys. */
  readonly document: Document;
  readonly lines: LineCounter;
}

/**
 * Reads the text of `config.yaml` over the defaults, and the environment over both. Unknown keys give warnings; wrong types and values
 * give errors, all at once, and then there is no configuration.
 */
export function parseConfiguration(yaml: string, environment: Environment = {}): Parsed {
  const { configuration, problems } = configure({ file: yaml, environment });
  return { ...(configuration && { configuration }), problems };
}

/** Like {@link parseConfiguration}, with the source of each setting. */
export function configure({ file = "", environment = {}, flags = [] }: Sources): Configured {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const document = documentOf(file, lines, problems);
  return configureDocument({ document, lines }, { environment, flags }, problems);
}

/** A parsed file; its nodes may come from several places of the text that the lines are of. */
export interface ParsedFile {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Like {@link configure}, of a parsed file. `problems` are those of reading it. */
export function configureDocument(
  { document, lines }: ParsedFile,
  { environment = {}, flags = [] }: Omit<Sources, "file"> = {},
  problems: Problem[] = [],
): Configured {
  const salvaged: Entry[] = [];
  const layers: Layer[] = [
    defaults,
    environmentDefaultLayer(environment, problems),
    fileLayer(contentOf(document, lines, problems), problems, salvaged),
    environmentLayer(environment, problems),
    flagLayer(flags, problems),
  ];
  const entries = merge(layers);
  if (entries.get("strict")?.value !== true)
    for (const list of ["models", "agents"]) if (isEmpty(entries.get(list)?.value)) entries.delete(list);
  const configuration = configurationOf(entries.values());
  const mistakes = problems.filter(({ severity }) => severity === "error");
  // mistakes across keys are reported together with those in single ones
  const checked = mistakes.length === 0 ? configuration : configurationOf(merge([...layers, salvaged]).values());
  problems.push(...checkAcrossKeys(checked).filter((each) => !followsFrom(each, mistakes)));
  const usable = !problems.some(({ severity }) => severity === "error");
  const lineOf = lineFinder(document, lines);
  const located = problems.map((problem) => withLine(problem, lineOf));
  return { ...(usable && { configuration }), problems: located, entries, document, lines };
}

function withLine(problem: Problem, lineOf: LineFinder): Problem {
  if (problem.position !== undefined || problem.path === "") return problem;
  const line = lineOf(problem.path);
  return line === undefined ? problem : { ...problem, line };
}

/** An empty document, with the problem, if the text exceeds a bound. */
function documentOf(file: string, lineCounter: LineCounter, problems: Problem[]): Document {
  try {
    return parseBoundedDocument(file, bounds, { lineCounter, merge: true });
  } catch (error) {
    if (!(error instanceof YamlBoundsError)) throw error;
    problems.push({ severity: "error", path: "", message: error.message });
    return parseBoundedDocument("", bounds);
  }
}

function contentOf(document: Document, lines: LineCounter, problems: Problem[]): unknown {
  // a denial must stay readable
  const syntax = syntaxProblems(document, lines).slice(0, 10);
  for (const { message, ...position } of syntax) problems.push({ severity: "error", path: "", message, position });
  // a repeated key does not hide other mistakes
  if (syntax.length > 0 && !document.errors.some(({ code }) => code === "DUPLICATE_KEY")) return null;
  if (document.errors.some(({ code }) => code !== "DUPLICATE_KEY")) return null;
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? null;
  } catch (error) {
    problems.push({ severity: "error", path: "", message: `is not usable YAML: ${errorText(error)}` });
    return null;
  }
}
