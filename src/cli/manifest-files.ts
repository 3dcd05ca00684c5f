/** Reads runs from YAML and JSON files, with the positions of their fields. */
import { errorText } from "../runtime/error-text.js";
import { LineCounter, type Document, type Tags } from "yaml";
import type { AdmittedKind } from "../admission/index.js";
import { groups, kinds as convertible } from "../convert/kinds.js";
import { admittedKinds } from "../kinds/admitted-kinds.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { isList, isObject, type JsonObject } from "../runtime/schema/json.js";
import type { Finding } from "./finding.js";
import { parseFile, UsageError } from "./io.js";
import { Position } from "./position.js";

/** A run in a file. */
export interface FoundRun {
  readonly kind: AdmittedKind;
  readonly object: JsonObject;
  readonly position: Position;
}

/** kubectl reads YAML 1.1, where `yes` is true, but without timestamps and base-60 numbers; and `.` is not a number. */
const customTags = (tags: Tags): Tags =>
  tags
    .filter((tag) => typeof tag !== "object" || !(tag.tag === "tag:yaml.org,2002:timestamp" || tag.format === "TIME"))
    .map((tag) =>
      typeof tag === "object" && tag.collection === undefined && tag.test instanceof RegExp && tag.test.test(".")
        ? { ...tag, test: floatWithDigits }
        : tag,
    );

/** The yaml library's pattern for YAML 1.1 floats, with at least one digit required. */
const floatWithDigits = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/;

/**
 * The runs in a file, and a note for every other object.
 *
 * @throws UsageError for invalid YAML, or text that exceeds the bounds of a file.
 */
export function readRuns(file: string, text: string): { runs: FoundRun[]; notes: Finding[] } {
  const lines = new LineCounter();
  const documents = parseFile(file, text, { lineCounter: lines, schema: "yaml-1.1", customTags, merge: true });
  const runs: FoundRun[] = [];
  const notes: Finding[] = [];
  for (const document of documents) {
    const [problem] = syntaxProblems(document, lines);
    if (problem) throw new UsageError(`${file}:${problem.line}:${problem.column}: error: ${problem.message}`);
    const position = new Position(file, lines, document, "");
    for (const each of unpacked(plainValue(document, position), position)) {
      const kind = isObject(each.value) ? kindOf(each.value) : undefined;
      if (isObject(each.value) && kind !== undefined) runs.push({ kind, object: each.value, position: each.position });
      else if (isObject(each.value))
        notes.push(each.position.finding("note", "", `${nameOf(each.value)} is skipped: ${whySkipped(each.value)}`));
      else if (each.value !== null) notes.push(each.position.finding("error", "", "is not a Kubernetes object"));
    }
  }
  return { runs, notes };
}

function whySkipped({ apiVersion, kind }: Readonly<Record<string, unknown>>): string {
  const [group] = typeof apiVersion === "string" ? apiVersion.split("/") : [];
  const isOlder = typeof kind === "string" && Object.hasOwn(convertible, kind) && groups.some((one) => one === group);
  return isOlder
    ? "it belongs to an older API group or version; convert it with orchestrator convert"
    : "it is not a run of orchestrator.io";
}

function plainValue(document: Document, position: Position): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const { file, line, column } = position.finding("error", "", "");
    const why = errorText(error);
    throw new UsageError(`${file}:${line}:${column}: error: invalid YAML: ${why}`);
  }
}

/** The objects in a document: the object itself, or the items of a list. */
function unpacked(value: unknown, position: Position): { value: unknown; position: Position }[] {
  if (!isObject(value) || typeof value.kind !== "string" || !value.kind.endsWith("List") || !isList(value.items))
    return [{ value, position }];
  return value.items.map((item, index) => ({ value: item, position: position.below(`items[${index}]`) }));
}

function kindOf({ apiVersion, kind }: JsonObject): AdmittedKind | undefined {
  return admittedKinds.find(
    ({ type }) => kind === type.kind && typeof apiVersion === "string" && apiVersion.startsWith(`${type.group}/`),
  );
}

function nameOf({ apiVersion, kind, metadata }: JsonObject): string {
  const name = isObject(metadata) && typeof metadata.name === "string" ? ` ${JSON.stringify(metadata.name)}` : "";
  const type = [apiVersion, kind].filter((part) => typeof part === "string").join(" ");
  return `${type === "" ? "an object without a kind" : type}${name}`;
}
