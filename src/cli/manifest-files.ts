/** Reads runs from YAML and JSON files, with the positions of their fields. */
import { errorText } from "../runtime/error-text.js";
import { LineCounter, type Document, type Range } from "yaml";
import type { AdmittedKind } from "../admission/index.js";
import { Budgets } from "../api/budget.js";
import { groups, kinds as convertible } from "../convert/kinds.js";
import { admittedKinds } from "../kinds/admitted-kinds.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { boundedDocuments, fileBounds, parseBoundedDocument, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { kubectlYaml } from "../runtime/input/kubectl-yaml.js";
import { checkYamlCharacters, TextError } from "../runtime/input/utf8-text.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { isList, isObject, type JsonObject } from "../runtime/schema/json.js";
import type { Finding } from "./finding.js";
import { suggestion } from "../suggestion.js";
import { UsageError } from "./io.js";
import { Position, type PositionSource } from "./position.js";

/** A run in a file. */
export interface FoundRun {
  readonly kind: AdmittedKind;
  readonly object: JsonObject;
  readonly position: Position;
}

/** A Budget in a file. */
export interface FoundBudget {
  readonly object: JsonObject;
  readonly position: Position;
}

/** What was in a file. */
export interface ReadRuns {
  readonly runs: readonly FoundRun[];
  readonly budgets: readonly FoundBudget[];
  /** A note for every other object, and an error for a document that is not an object. */
  readonly notes: readonly Finding[];
  /** Runs of older API groups, which have to be converted first. */
  readonly older: number;
}

interface Collected {
  readonly runs: FoundRun[];
  readonly budgets: FoundBudget[];
  readonly notes: Finding[];
  older: number;
}

/**
 * The runs and Budgets in a file, and a note for every other object. Only their values are kept: a file can have thousands, and
 * the positions of their fields are read from the text again when there is something to say about them.
 *
 * @throws UsageError for invalid YAML, or text that exceeds the bounds of a file.
 */
export function readRuns(file: string, text: string): ReadRuns {
  const found: Collected = { runs: [], budgets: [], notes: [], older: 0 };
  const lines = new LineCounter();
  try {
    checkYamlCharacters(text);
    for (const document of boundedDocuments(text, fileBounds, { ...kubectlYaml, lineCounter: lines })) {
      const [problem] = syntaxProblems(document, lines);
      if (problem) throw new UsageError(`${file}:${problem.line}:${problem.column}: error: ${problem.message}`);
      const position = new Position(sourceOf(file, lines, text, document.range), "");
      addObjects(found, valueOf(document, position), position);
    }
  } catch (error) {
    if (error instanceof TextError)
      throw new UsageError(`${file}:${error.line}:${error.column}: error: ${error.message}`);
    if (error instanceof YamlBoundsError) throw new UsageError(`${file}: error: ${error.message}`);
    throw error;
  }
  return found;
}

let lastRead: { readonly source: PositionSource; readonly document: Document } | undefined;

/** The findings of a run follow each other, so the last document that was read again is kept. */
function sourceOf(file: string, lines: LineCounter, text: string, range: Range): PositionSource {
  const [start, , end] = range;
  const source: PositionSource = {
    file,
    lines,
    readDocument: () => {
      if (lastRead?.source !== source)
        lastRead = { source, document: parseBoundedDocument(text.slice(start, end), fileBounds, kubectlYaml) };
      return { document: lastRead.document, start };
    },
  };
  return source;
}

function addObjects(found: Collected, content: unknown, whole: Position): void {
  for (const { value, position } of unpacked(content, whole)) {
    const kind = isObject(value) ? kindOf(value) : undefined;
    if (isObject(value) && kind !== undefined) found.runs.push({ kind, object: value, position });
    else if (isObject(value) && isOf(Budgets, value)) found.budgets.push({ object: value, position });
    else if (isObject(value)) {
      if (isOlder(value)) found.older += 1;
      found.notes.push(skipped(value, position));
    } else if (value !== null) found.notes.push(position.finding("error", "", "is not a Kubernetes object"));
  }
}

function skipped(object: JsonObject, position: Position): Finding {
  const name = `${nameOf(object)} is skipped`;
  if (isOlder(object)) {
    const remedy = "it belongs to an older API group or version; convert it with orchestrator convert";
    return position.finding("note", "", `${name}: ${remedy}`);
  }
  const meant = meantKind(object);
  return meant === undefined
    ? position.finding("note", "", `${name}: it is not of the group orchestrator.io`)
    : position.finding("error", "", `${nameOf(object)} is unknown; did you mean ${meant}?`);
}

function isOlder({ apiVersion, kind }: JsonObject): boolean {
  const [group] = typeof apiVersion === "string" ? apiVersion.split("/") : [];
  return typeof kind === "string" && Object.hasOwn(convertible, kind) && groups.some((one) => one === group);
}

const types = [...admittedKinds.map(({ type }) => type), Budgets];

/** The type that was probably meant by one that is misspelt; undefined if the object is something else. */
function meantKind({ apiVersion, kind }: JsonObject): string | undefined {
  const [group = ""] = typeof apiVersion === "string" ? apiVersion.split("/") : [];
  const meant = suggestion(
    String(kind),
    types.map((type) => type.kind),
  );
  const type = types.find((each) => each.kind === meant);
  const isGroup = suggestion(group, ["orchestrator.io"]) !== undefined && group.includes(".");
  return type !== undefined && isGroup ? `${type.group}/${type.version} ${type.kind}` : undefined;
}

function valueOf(document: Document, position: Position): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const { file, line, column } = position.finding("error", "", "");
    const text = errorText(error);
    const why = text.startsWith("Excessive alias") ? "its aliases repeat too much: write the values out" : text;
    throw new UsageError(`${file}:${line}:${column}: error: invalid YAML: ${why}`);
  }
}

/** The objects in a document: the object itself, or the items of a list. */
function unpacked(value: unknown, position: Position): { value: unknown; position: Position }[] {
  if (!isObject(value) || typeof value.kind !== "string" || !value.kind.endsWith("List") || !isList(value.items))
    return [{ value, position }];
  return value.items.map((item, index) => ({ value: item, position: position.below(`items[${index}]`) }));
}

const kindOf = (object: JsonObject): AdmittedKind | undefined => admittedKinds.find(({ type }) => isOf(type, object));

/** Whether an object is of a kind, of whichever version. */
function isOf(type: Pick<ResourceType, "kind" | "group">, { apiVersion, kind }: JsonObject): boolean {
  return kind === type.kind && typeof apiVersion === "string" && apiVersion.startsWith(`${type.group}/`);
}

function nameOf({ apiVersion, kind, metadata }: JsonObject): string {
  const name = isObject(metadata) && typeof metadata.name === "string" ? ` ${JSON.stringify(metadata.name)}` : "";
  const type = [apiVersion, kind].filter((part) => typeof part === "string").join(" ");
  return `${type === "" ? "an object without a kind" : type}${name}`;
}
