import { LineCounter, type Document } from "yaml";
import { errorText } from "../runtime/error-text.js";
import { parseBoundedDocument, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { checkAcrossKeys } from "./checks.js";
import { defaults, configurationOf } from "./defaults.js";
import {
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
import type { Configuration } from "./configuration.js";

/** Whoever may write the ConfigMap can write any text, and every replica parses it on its only event loop. */
const bounds = { maxBytes: 64 * 1024 };

/** The sources of settings, other than the defaults. */
export interface Sources {
  /** The text of `config.yaml`. */
  readonly file?: string;
  /** `process.env`, or a part of it; overrides the file. */
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
  const layers: Layer[] = [
    defaults,
    fileLayer(contentOf(document, lines, problems), problems),
    environmentLayer(environment, problems),
    flagLayer(flags, problems),
  ];
  const entries = merge(layers);
  const configuration = configurationOf(entries.values());
  const failed = problems.some(({ severity }) => severity === "error");
  if (!failed) problems.push(...checkAcrossKeys(configuration));
  const usable = !problems.some(({ severity }) => severity === "error");
  return { ...(usable && { configuration: configuration }), problems, entries, document, lines };
}

/** An empty document, with the problem, if the text exceeds a bound. */
function documentOf(file: string, lineCounter: LineCounter, problems: Problem[]): Document.Parsed {
  try {
    return parseBoundedDocument(file, bounds, { lineCounter });
  } catch (error) {
    if (!(error instanceof YamlBoundsError)) throw error;
    problems.push({ severity: "error", path: "", message: error.message });
    return parseBoundedDocument("", bounds);
  }
}

function contentOf(document: Document.Parsed, lines: LineCounter, problems: Problem[]): unknown {
  // a denial must stay readable
  const syntax = syntaxProblems(document, lines).slice(0, 10);
  for (const { message, ...position } of syntax) problems.push({ severity: "error", path: "", message, position });
  if (syntax.length > 0) return null;
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? null;
  } catch (error) {
    problems.push({ severity: "error", path: "", message: `is not usable YAML: ${errorText(error)}` });
    return null;
  }
}
