import { LineCounter, parseDocument, type Document } from "yaml";
import { checkAcrossKeys } from "./checks.js";
import { defaults, settingsOf } from "./defaults.js";
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

/** Where settings come from, beside the defaults. */
export interface Sources {
  /** The text of `config.yaml`. */
  readonly file?: string;
  /** `process.env`, or a part of it; wins over the file. */
  readonly environment?: Environment;
  /** Win over all. */
  readonly flags?: readonly Flag[];
}

export interface Parsed {
  /** Absent when there is an error among the problems. */
  readonly configuration?: Configuration;
  /** All that was found, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** Settings with the source of each. */
export interface Configured extends Parsed {
  /** By the text of the path. Also there when there are problems: what could be read. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The file, to find the places of its keys. */
  readonly document: Document;
  readonly lines: LineCounter;
}

/**
 * Reads the text of `config.yaml` over the defaults, then the environment over that. Unknown keys are warnings; wrong
 * types and values are errors, all of them at once, and then there are no settings.
 */
export function parseConfiguration(yaml: string, environment: Environment = {}): Parsed {
  const { configuration, problems } = configure({ file: yaml, environment });
  return { ...(configuration && { configuration }), problems };
}

/** The same, with the source of each setting. */
export function configure({ file = "", environment = {}, flags = [] }: Sources): Configured {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const document = parseDocument(file, { prettyErrors: true, lineCounter: lines });
  const layers: Layer[] = [
    defaults,
    fileLayer(contentOf(document, problems), problems),
    environmentLayer(environment, problems),
    flagLayer(flags, problems),
  ];
  const entries = merge(layers);
  const configuration = settingsOf(entries.values());
  const failed = problems.some(({ severity }) => severity === "error");
  if (!failed) problems.push(...checkAcrossKeys(configuration));
  const usable = !problems.some(({ severity }) => severity === "error");
  return { ...(usable && { configuration: configuration }), problems, entries, document, lines };
}

function contentOf(document: Document, problems: Problem[]): unknown {
  const refuse = (message: string): void => void problems.push({ severity: "error", path: "", message });
  for (const error of document.errors) refuse(`is not YAML: ${error.message.split("\n")[0] ?? ""}`);
  if (document.errors.length > 0) return null;
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? null;
  } catch (error) {
    refuse(`is not usable YAML: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
