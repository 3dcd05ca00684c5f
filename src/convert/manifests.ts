/** Converts runs of older API groups in streams of YAML documents. Pure. */
import { isMap, isScalar, isSeq, LineCounter, type Document, type Pair, type Range, type YAMLMap } from "yaml";
import { groups, kinds, lastApplied, serverFields, type Change, type KindRules } from "./kinds.js";
import { inLineOrder, type Converted, type Remark } from "../configuration/convert.js";
import { fileBounds, parseBoundedDocuments, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";

type Report = (severity: Remark["severity"], path: string, message: string, node: unknown) => void;

const apiVersion = "orchestrator.io/v1";

/**
 * Converts TaskRuns, CodeRuns and DocsRuns of older API groups and versions to `orchestrator.io/v1`. Comments stay in
 * place, and other objects unchanged. The remarks list every field that is dropped or changed its meaning; a remark that
 * is an error needs a decision of the user.
 */
export function convertManifests(text: string): Converted {
  const remarks: Remark[] = [];
  const lines = new LineCounter();
  let documents: Document.Parsed[];
  try {
    documents = parseBoundedDocuments(text, fileBounds, { lineCounter: lines });
  } catch (error) {
    if (!(error instanceof YamlBoundsError)) throw error;
    return { remarks: [{ severity: "error", path: "", message: error.message }] };
  }
  const report: Report = (severity, path, message, node) => {
    const range = (node as { range?: Range } | null | undefined)?.range;
    const line = range ? { line: lines.linePos(range[0]).line } : {};
    remarks.push({ severity, ...line, path, message });
  };
  for (const document of documents) {
    const [problem] = syntaxProblems(document, lines);
    if (problem !== undefined) {
      const { line, message } = problem;
      return { remarks: [{ severity: "error", line, path: "", message }] };
    }
  }
  for (const document of documents) if (isMap(document.contents)) convertObject(document, document.contents, report);
  const written = documents
    .filter(({ contents }) => contents !== null)
    .map((document) => document.toString({ lineWidth: 0, directives: false }).replace(/^---\n/, ""));
  return { text: written.join("---\n"), remarks: inLineOrder(remarks) };
}

function convertObject(document: Document, object: YAMLMap, report: Report): void {
  const items = object.get("items");
  if (isSeq(items) && String(object.get("kind")).endsWith("List")) {
    const listKind = String(object.get("kind"));
    for (const item of items.items) if (isMap(item)) convertObject(document, item, report);
    if (listKind !== "List" && Object.hasOwn(kinds, listKind.slice(0, -4))) object.set("apiVersion", apiVersion);
    return;
  }
  const kind = object.get("kind");
  const [group = "", version] = String(object.get("apiVersion")).split("/");
  const rules = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (rules === undefined || version === undefined || !groups.some((one) => one === group)) return;
  const before = `${group}/${version}`;
  if (before !== apiVersion) {
    report("note", "apiVersion", `was ${before}`, object.get("apiVersion", true));
    object.set("apiVersion", apiVersion);
  }
  const previous = previousOutcome(object);
  convertMetadata(object, report);
  const spec = object.get("spec");
  if (!isMap(spec)) report("error", "spec", "is missing", object);
  else convertSpec(document, spec, rules, { kind: kind as string, group }, report);
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

function convertSpec(
  document: Document,
  spec: YAMLMap,
  rules: KindRules,
  { kind, group }: { readonly kind: string; readonly group: string },
  report: Report,
): void {
  for (const [old, name] of Object.entries(rules.renamed)) {
    const pair = pairOf(spec, old);
    if (pair === undefined || !isScalar(pair.key)) continue;
    if (pairOf(spec, name) !== undefined) {
      report("warning", `spec.${old}`, `is dropped: ${name} is set too and takes precedence`, pair.key);
      remove(spec, old);
      continue;
    }
    report("note", `spec.${old}`, `is renamed to ${name}`, pair.key);
    pair.key.value = name;
  }
  const known = rules.schema.properties?.spec?.properties ?? {};
  for (const pair of spec.items.slice()) {
    const name = nameOf(pair);
    const path = `spec.${name}`;
    const removed = Object.hasOwn(rules.removed, name) ? rules.removed[name] : undefined;
    if (removed !== undefined || !Object.hasOwn(known, name)) {
      report("warning", path, `is dropped: ${removed ?? `${kind} has no such field`}`, pair.key);
      remove(spec, name);
      continue;
    }
    const change = Object.hasOwn(rules.changed, name) ? rules.changed[name] : undefined;
    if (change !== undefined) convertValue(document, spec, pair, change, path, report);
    const meaning = Object.hasOwn(rules.changedMeaning, name) ? rules.changedMeaning[name] : undefined;
    // a value that is disabled or the default needs no explanation
    if (meaning !== undefined && ![false, "", 1].includes(scalarOf(pair) as never))
      report("note", path, meaning, pair.key);
    if (name === "taskRequirements" && scalarOf(pair) === "") remove(spec, name);
  }
  for (const [name, { groups: had, message }] of Object.entries(rules.defaults)) {
    if (had.includes(group) && pairOf(spec, name) === undefined) report("warning", `spec.${name}`, message, spec);
  }
  if (kind === "TaskRun") convertRepository(spec, report);
  else convertIdentity(spec, report);
  const cli = spec.get("cliConfig");
  const type = isMap(cli) ? pairOf(cli, "cliType") : undefined;
  if (type !== undefined && isMap(cli))
    convertValue(document, cli, type, "lowerCase", "spec.cliConfig.cliType", report);
}

/** Converts the type of one field. */
function convertValue(
  document: Document,
  map: YAMLMap,
  pair: Pair,
  change: Change,
  path: string,
  report: Report,
): void {
  const value = scalarOf(pair);
  const name = nameOf(pair);
  switch (change) {
    case "integer":
      convertToInteger(map, pair, path, report);
      return;
    case "positive":
      if (value !== 0) return;
      remove(map, name);
      report("note", path, "is dropped: it was 0, and counts from 1", pair.key);
      return;
    case "lowerCase": {
      if (typeof value !== "string" || value === value.toLowerCase()) return;
      map.set(name, value.toLowerCase());
      report("note", path, `is converted to lower case: ${value.toLowerCase()}`, pair.key);
      return;
    }
    case "list": {
      if (typeof value !== "string") return;
      const parts = [...new Set(value.split(",").map((part) => part.trim()))].filter((part) => part !== "");
      report("note", path, "is converted from comma-separated text to a list", pair.key);
      if (parts.length === 0) remove(map, name);
      else pair.value = document.createNode(parts);
      return;
    }
    case "map":
      convertToMap(document, pair, path, report);
      return;
    case "entries": {
      if (!isMap(pair.value)) return;
      const entries = pair.value.items.map((item) => ({
        name: nameOf(item),
        value: isScalar(item.value) ? String(item.value.value) : "",
      }));
      pair.value = document.createNode(entries);
      report("note", path, "is converted from a map to a list of names and values", pair.key);
    }
  }
}

function convertToInteger(map: YAMLMap, pair: Pair, path: string, report: Report): void {
  const value = scalarOf(pair);
  if (typeof value !== "string") return;
  const number = Number(value);
  if (Number.isInteger(number) && value.trim() !== "") {
    map.set(nameOf(pair), number);
    report("note", path, `is converted from text to the number ${number}`, pair.key);
  } else report("error", path, `"${value}" is not a number: set a task number, at least 1`, pair.key);
}

function convertToMap(document: Document, pair: Pair, path: string, report: Report): void {
  if (!isSeq(pair.value)) return;
  const entries = pair.value.items.flatMap((item): [string, unknown][] =>
    isMap(item) && typeof item.get("name") === "string" ? [[String(item.get("name")), item.get("value") ?? ""]] : [],
  );
  if (entries.length < pair.value.items.length) {
    const message = "has entries without a plain name and value: move those from Secrets to envFromSecrets";
    report("error", path, message, pair.key);
    return;
  }
  pair.value = document.createNode(Object.fromEntries(entries.map(([key, one]) => [key, String(one)])));
  report("note", path, "is converted from a list of names and values to a map", pair.key);
}

/** A token in plain text was readable in the object; it belongs in a Secret. */
function convertRepository(spec: YAMLMap, report: Report): void {
  const repository = spec.get("repository");
  if (!isMap(repository)) return;
  const token = pairOf(repository, "token");
  if (token === undefined) return;
  remove(repository, "token");
  const message =
    "is dropped: it was readable here; revoke it, and put a new one into the Secret github-pat-<githubUser>, key token";
  report("warning", "spec.repository.token", message, token.key);
}

/** Both could be set, and the App took precedence. */
function convertIdentity(spec: YAMLMap, report: Report): void {
  const user = pairOf(spec, "githubUser");
  const app = pairOf(spec, "githubApp");
  if (user !== undefined && app !== undefined) {
    remove(spec, "githubUser");
    report("warning", "spec.githubUser", "is dropped: githubApp is set too and took precedence", user.key);
  }
  if (user === undefined && app === undefined)
    report("error", "spec", "has neither githubApp nor githubUser: set the identity that pushes the work", spec);
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

function scalarOf({ value }: Pair): unknown {
  return isScalar(value) ? value.value : undefined;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((pair) => nameOf(pair) === name);
}

/** Removes a field with its comment. */
function remove(map: YAMLMap, name: string): void {
  map.items = map.items.filter((pair) => nameOf(pair) !== name);
}
