/** Converts runs of older API groups in streams of YAML documents. Pure. */
import { isMap, isScalar, isSeq, LineCounter, type Document, type Pair, type Range, type YAMLMap } from "yaml";
import { AliasError, firstAlias, writeOutAliases, tagQuotedMerges } from "./aliases.js";
import { groups, kinds, serverFields } from "./kinds.js";
import type { Report, RunRemark } from "./report.js";
import { convertSpec } from "./spec.js";
import { nameOf, pairOf, remove, removeAll } from "./yaml-fields.js";
import { lastApplied } from "../api/labels.js";
import { inLineOrder } from "../configuration/convert.js";
import { boundedDocuments, fileBounds, parseBoundedDocument, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { kubectlYaml } from "../runtime/input/kubectl-yaml.js";
import { checkYamlCharacters, TextError } from "../runtime/input/utf8-text.js";
import { placeOf } from "../runtime/input/yaml-place.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";

/** A run in the result. */
export interface ConvertedRun {
  readonly object: JsonObject;
  /** Fields with an error that is already among the remarks. */
  readonly failed: ReadonlySet<string>;
  /** The line of the source that a field of the result comes from, from 1. */
  lineOf(path: string): number;
}

export interface ConvertedManifests {
  /** The manifests; absent if the text cannot be read. */
  readonly text?: string;
  /** Everything that is dropped or changed its meaning, and errors. */
  readonly remarks: readonly RunRemark[];
  /** The runs in the text, in its order. They are not validated. */
  readonly runs: readonly ConvertedRun[];
}

const apiVersion = "orchestrator.io/v1";

/** The document that was read again last: findings follow each other, and a document can be a list of thousands of runs. */
export class LastDocument {
  #last: { readonly of: object; readonly document: ConvertedDocument } | undefined;

  /** @param of identifies the document */
  get(of: object, read: () => ConvertedDocument): ConvertedDocument {
    if (this.#last?.of !== of) this.#last = { of, document: read() };
    return this.#last.document;
  }
}

/**
 * Converts TaskRuns, CodeRuns and DocsRuns of older API groups and versions to `orchestrator.io/v1`. Comments stay in
 * place, and other objects unchanged. The remarks list every field that is dropped or changed its meaning; a remark that
 * is an error needs a decision of the user.
 *
 * Only the result and the values of its runs are kept, not the trees of the documents: a text can have thousands.
 */
export function convertManifests(text: string, last = new LastDocument()): ConvertedManifests {
  const lines = new LineCounter();
  const written: string[] = [];
  const remarks: RunRemark[] = [];
  const runs: ConvertedRun[] = [];
  try {
    checkYamlCharacters(text);
    for (const document of boundedDocuments(text, fileBounds, { ...kubectlYaml, lineCounter: lines })) {
      const [problem] = syntaxProblems(document, lines);
      if (problem !== undefined) return failed(problem.message, problem.line);
      const converted = new ConvertedDocument(document, lines);
      remarks.push(...converted.remarks);
      const { range } = document;
      const readAgain = (): ConvertedDocument => last.get(range, () => reread(text, range));
      for (const [index, { map, failed }] of converted.runs.entries()) {
        const object: unknown = map.toJS(document);
        const lineOf = (path: string): number => lines.linePos(range[0] + readAgain().placeOf(index, path)).line;
        if (isObject(object)) runs.push({ object, failed, lineOf });
      }
      if (document.contents !== null)
        written.push(document.toString({ lineWidth: 0, directives: false }).replace(/^---\n/, ""));
    }
  } catch (error) {
    if (error instanceof AliasError) return failed(error.message, lineOfNode(error.node, lines));
    if (error instanceof TextError) return failed(error.message, error.line);
    if (error instanceof YamlBoundsError) return failed(error.message);
    throw error;
  }
  return { text: written.join("---\n"), remarks: inLineOrder(remarks), runs };
}

function failed(message: string, line?: number): ConvertedManifests {
  return { remarks: [{ severity: "error", ...(line !== undefined && { line }), path: "", message }], runs: [] };
}

function reread(text: string, [start, , end]: Range): ConvertedDocument {
  const lines = new LineCounter();
  const options = { ...kubectlYaml, lineCounter: lines };
  return new ConvertedDocument(parseBoundedDocument(text.slice(start, end), fileBounds, options), lines);
}

/** The line of a node of the source; undefined for a node that is not in it. */
function lineOfNode(node: unknown, lines: LineCounter): number | undefined {
  const range = (node as { range?: Range } | null | undefined)?.range;
  return range ? lines.linePos(range[0]).line : undefined;
}

/** The conversion of one document, in place. */
class ConvertedDocument {
  readonly remarks: RunRemark[] = [];
  readonly runs: { readonly map: YAMLMap; readonly failed: ReadonlySet<string> }[] = [];
  readonly #lines: LineCounter;

  /** @throws AliasError */
  constructor(document: Document, lines: LineCounter) {
    this.#lines = lines;
    if (!isMap(document.contents) || !contains(document.contents, isRun)) return;
    tagQuotedMerges(document);
    const alias = firstAlias(document);
    if (alias !== undefined) {
      writeOutAliases(document);
      this.#report()("note", "", "aliases and merge keys are written out", alias);
    }
    for (const map of objectsIn(document.contents)) {
      if (!isRun(map)) continue;
      const failed = new Set<string>();
      convertObject(document, map, alias !== undefined, this.#report(failed));
      this.runs.push({ map, failed });
    }
    const kind = document.contents.get("kind");
    if (typeof kind === "string" && kind !== "List" && Object.hasOwn(kinds, kind.replace(/List$/, "")))
      document.contents.set("apiVersion", apiVersion);
  }

  /** Where in the source a field of a run's result comes from; the run itself for a field that is not in it. */
  placeOf(run: number, path: string): number {
    const map = this.runs[run]?.map;
    const [start, end] = map?.range ?? [0, 0];
    const place = map === undefined ? start : placeOf(map, path);
    // a value that was written out is from elsewhere
    return place >= start && place < end ? place : start;
  }

  #report(failed = new Set<string>()): Report {
    return (severity, path, message, node, options) => {
      if (severity === "error") failed.add(path);
      const line = lineOfNode(node, this.#lines);
      this.remarks.push({ severity, ...(line !== undefined && { line }), path, message, ...options });
    };
  }
}

/** The object itself, or the items of a list. */
function objectsIn(object: YAMLMap): YAMLMap[] {
  const items = object.get("items");
  if (!isSeq(items) || !String(object.get("kind")).endsWith("List")) return [object];
  return items.items.filter((item) => isMap(item));
}

/** Whether any object of a document passes; where aliases hide them, all do. */
function contains(object: YAMLMap, passes: (object: YAMLMap) => boolean): boolean {
  const items = object.get("items");
  const isHidden = isSeq(items) && items.items.some((item) => !isMap(item));
  return isHidden || objectsIn(object).some(passes);
}

function isRun(object: YAMLMap): boolean {
  const kind = object.get("kind");
  const [group = "", version] = String(object.get("apiVersion")).split("/");
  return (
    typeof kind === "string" &&
    Object.hasOwn(kinds, kind) &&
    version !== undefined &&
    groups.some((one) => one === group)
  );
}

const topFields = ["apiVersion", "kind", "metadata", "spec", "status"];

/** @param alias whether the document had aliases */
function convertObject(document: Document, object: YAMLMap, alias: boolean, report: Report): void {
  const kind = String(object.get("kind"));
  const before = String(object.get("apiVersion"));
  const [group = ""] = before.split("/");
  const rules = kinds[kind];
  if (rules === undefined) return;
  if (before !== apiVersion) {
    report("note", "apiVersion", `was ${before}`, object.get("apiVersion", true));
    object.set("apiVersion", apiVersion);
  }
  const dropped = new Set<Pair>();
  for (const pair of object.items) {
    if (topFields.includes(nameOf(pair))) continue;
    // a map that merge keys refer to
    const isTemplate = alias && !isScalar(pair.value);
    const message = "is dropped: objects have no such field";
    if (isTemplate) report("note", nameOf(pair), `${message}; what refers to it has its values`, pair.key);
    else report("warning", nameOf(pair), message, pair.key, { lost: true });
    dropped.add(pair);
  }
  removeAll(object, dropped);
  const previous = previousOutcome(object);
  convertMetadata(object, report);
  const spec = object.get("spec");
  if (!isMap(spec)) report("error", "spec", "is missing", object);
  else convertSpec(document, spec, rules, { kind, group }, report);
  const status = pairOf(object, "status");
  if (status === undefined) return;
  report("note", "status", "is dropped: the controller writes it", status.key);
  remove(object, "status");
  if (previous === undefined || !isMap(spec)) return;
  // the new controller does not know that it has run, and every attempt costs money
  spec.set("suspend", true);
  const message = `set to true, because its status is ${previous} and it would start again; set it to false to run it again`;
  report("warning", "spec.suspend", message, status.key);
}

/** The phase of an object that has already started, or `completed`; undefined if it has not. */
function previousOutcome(object: YAMLMap): string | undefined {
  const status = object.get("status");
  if (!isMap(status)) return undefined;
  const phase = status.get("phase");
  if (status.get("workCompleted") === true || status.get("work_completed") === true) return "completed";
  return typeof phase === "string" && phase !== "" && phase !== "Pending" ? phase : undefined;
}

function convertMetadata(object: YAMLMap, report: Report): void {
  const metadata = object.get("metadata");
  if (!isMap(metadata)) return;
  for (const [name, why] of Object.entries(serverFields)) {
    const pair = pairOf(metadata, name);
    if (pair === undefined) continue;
    if (why !== "") report("note", `metadata.${name}`, `is dropped: ${why}`, pair.key);
    remove(metadata, name);
  }
  const annotations = metadata.get("annotations");
  if (!isMap(annotations) || pairOf(annotations, lastApplied) === undefined) return;
  remove(annotations, lastApplied);
  if (annotations.items.length === 0) remove(metadata, "annotations");
}
