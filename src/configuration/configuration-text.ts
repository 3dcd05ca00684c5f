/** Finds the configuration in a file, whatever has it: a config.yaml, the ConfigMap, or Helm values. Pure. */
import { Document, isMap, isScalar, LineCounter, type YAMLMap } from "yaml";
import { fileBounds, parseBoundedDocuments } from "../runtime/input/bounded-yaml.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { attachComments } from "./comments.js";
import { inLineOrder, type Remark } from "./convert.js";
import {
  configurationIn,
  emptyFile,
  expected,
  isBlock,
  kindOfMap,
  objectsOf,
  severalCharts,
  severalConfigMaps,
  unlikeConfiguration,
  withoutConfiguration,
} from "./file-kinds.js";
import { operatorNames } from "./names.js";
import { configure, configureDocument, type Configured, type Sources } from "./parse.js";
import { overlay } from "./value-nodes.js";
import { keepConfiguration } from "./values.js";
import { expandAliases } from "./yaml-expansion.js";

/** A configuration that was found in a file. */
export interface FoundText {
  /** `values`: Helm values that were converted, as `config convert` does. */
  readonly kind: "config.yaml" | "ConfigMap" | "values";
  /** Lines of the file before the first line of the configuration; undefined if its lines are not lines of the file. */
  readonly before: number | undefined;
  /** What the conversion of values changed. */
  readonly remarks: readonly Remark[];
  /** Reads it, with the environment and flags over it. */
  readonly configure: (sources?: Omit<Sources, "file">) => Configured;
}

/** The file contains no configuration. The message says what it holds, and what to give instead. */
export class WrongFileError extends Error {
  override readonly name = "WrongFileError";
}

/**
 * The configuration in the text of a file. Text that is not YAML counts as a config.yaml, which has the errors.
 *
 * @throws WrongFileError if it holds something else
 * @throws YamlBoundsError if it exceeds the bounds of a file
 */
export function configurationText(text: string): FoundText {
  if (text.trim() === "") throw new WrongFileError(emptyFile);
  const lines = new LineCounter();
  const documents = parseBoundedDocuments(text, fileBounds, { lineCounter: lines }).filter(({ contents }) => {
    return contents !== null && !(isScalar(contents) && contents.value === null);
  });
  const asWritten: FoundText = {
    ...{ kind: "config.yaml", before: 0, remarks: [] },
    configure: (sources) => configure({ ...sources, file: text }),
  };
  if (documents.some((document) => syntaxProblems(document, lines).length > 0)) {
    const inConfigMap = findConfigMap(documents.flatMap(mapsOf), lines);
    return inConfigMap ?? asWritten;
  }
  const [other] = documents.filter(({ contents }) => !isMap(contents));
  if (other !== undefined) throw new WrongFileError(`contains no configuration: it is not a map; ${expected}`);
  const maps = documents.flatMap(mapsOf);
  const found = findConfigMap(maps, lines);
  if (found !== undefined) return found;
  const rest = maps.filter((map) => kindOfMap(map) !== "object");
  if (rest.length === 0 && maps.length > 0) throw new WrongFileError(withoutConfiguration(maps.flatMap(objectsOf)));
  const [strange] = rest.filter((map) => kindOfMap(map) === "other");
  if (strange !== undefined) throw new WrongFileError(unlikeConfiguration(strange));
  const isOfChart = rest.some((map) => kindOfMap(map) === "values");
  return isOfChart ? ofValues(documents, text, lines) : asWritten;
}

const mapsOf = ({ contents }: Document): YAMLMap[] => (isMap(contents) ? [contents] : []);

function findConfigMap(maps: readonly YAMLMap[], lines: LineCounter): FoundText | undefined {
  const objects = maps.filter((map) => kindOfMap(map) === "object").flatMap(objectsOf);
  const holders = objects.filter((object) => configurationIn(object) !== undefined);
  const own = holders.filter((object) => object.getIn(["metadata", "name"]) === operatorNames.configuration);
  const [holder, ...others] = own.length > 0 ? own : holders;
  if (holder === undefined) return undefined;
  if (others.length > 0) throw new WrongFileError(severalConfigMaps([holder, ...others]));
  const node = configurationIn(holder);
  const file = node?.value ?? "";
  // the text of a block begins on the line after its `|`
  const before = node?.range && isBlock(node) ? lines.linePos(node.range[0]).line : undefined;
  return { kind: "ConfigMap", before, remarks: [], configure: (sources) => configure({ ...sources, file }) };
}

function ofValues(documents: readonly Document[], text: string, lines: LineCounter): FoundText {
  const remarks: Remark[] = [];
  const [first, ...others] = documents.filter(({ contents }) => isMap(contents) && kindOfMap(contents) !== "object");
  for (const document of [first, ...others]) {
    if (document === undefined) continue;
    attachComments(document, text);
    const problem = expandAliases(document);
    if (problem !== undefined) throw new WrongFileError(problem);
    const several = isMap(document.contents) ? severalCharts(document.contents) : undefined;
    if (several !== undefined) throw new WrongFileError(several);
    if (isMap(document.contents)) keepConfiguration(document.contents, reporter(remarks, lines));
    if (document !== first && isMap(first?.contents) && isMap(document.contents))
      overlay(first.contents, document.contents);
  }
  const document = first ?? new Document({});
  const configured = (sources?: Omit<Sources, "file">): Configured => configureDocument({ document, lines }, sources);
  return { kind: "values", before: 0, remarks: inLineOrder(remarks), configure: configured };
}

/** Adds remarks with the lines of their nodes. */
export function reporter(remarks: Remark[], lines: LineCounter): Parameters<typeof keepConfiguration>[1] {
  return (finding, node) => {
    const { range } = (node ?? {}) as { range?: [number] | null };
    remarks.push({ ...finding, ...(range && { line: lines.linePos(range[0]).line }) });
  };
}
