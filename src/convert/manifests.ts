/** Streams of YAML documents, with the objects of the system before brought to today's kinds. Pure. */
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Pair,
  type Range,
  type YAMLMap,
} from "yaml";
import { groups, kinds, lastApplied, serverFields, type Change, type KindRules } from "./kinds.js";
import type { Converted, Remark } from "../configuration/convert.js";

type Tell = (severity: Remark["severity"], path: string, message: string, node: unknown) => void;

const apiVersion = "orchestrator.io/v1";

/**
 * Brings TaskRuns, CodeRuns and DocsRuns of older groups and shapes to `orchestrator.io/v1`; every other object is passed on as it is.
 * Comments stay with what they stood at. All that is left out or changed its meaning is in the remarks; an error says what a
 * person has to decide.
 */
export function convertManifests(text: string): Converted {
  const remarks: Remark[] = [];
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines });
  const tell: Tell = (severity, path, message, node) => {
    const range = (node as { range?: Range } | null | undefined)?.range;
    const line = range ? { line: lines.linePos(range[0]).line } : {};
    remarks.push({ severity, ...line, path, message });
  };
  const documents = Array.isArray(parsed) ? parsed : [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      return {
        remarks: [{ severity: "error", line, path: "", message: `not YAML: ${error.message.split("\n")[0] ?? ""}` }],
      };
    }
  }
  for (const document of documents) if (isMap(document.contents)) convertObject(document, document.contents, tell);
  const written = documents
    .filter(({ contents }) => contents !== null)
    .map((document) => document.toString({ lineWidth: 0, directives: false }).replace(/^---\n/, ""));
  return { text: written.join("---\n"), remarks };
}

function convertObject(document: Document, object: YAMLMap, tell: Tell): void {
  const items = object.get("items");
  if (isSeq(items) && String(object.get("kind")).endsWith("List")) {
    const listKind = String(object.get("kind"));
    for (const item of items.items) if (isMap(item)) convertObject(document, item, tell);
    if (listKind !== "List" && Object.hasOwn(kinds, listKind.slice(0, -4))) object.set("apiVersion", apiVersion);
    return;
  }
  const kind = object.get("kind");
  const [group = "", version] = String(object.get("apiVersion")).split("/");
  const rules = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (rules === undefined || version === undefined || !groups.some((one) => one === group)) return;
  const before = `${group}/${version}`;
  if (before !== apiVersion) {
    tell("note", "apiVersion", `was ${before}`, object.get("apiVersion", true));
    object.set("apiVersion", apiVersion);
  }
  const ended = whatBecameOf(object);
  convertMetadata(object, tell);
  const spec = object.get("spec");
  if (!isMap(spec)) tell("error", "spec", "is missing", object);
  else convertSpec(document, spec, rules, { kind: kind as string, group }, tell);
  const status = pairOf(object, "status");
  if (status === undefined) return;
  tell("note", "status", "is left out: it is the controller's to write", status.key);
  remove(object, "status");
  if (ended === undefined || !isMap(spec)) return;
  // the new controller knows nothing of it, and each run costs money
  spec.set("suspend", true);
  const message = `set to true, since it is ${ended} by its status and would be started anew; set it to false to run it again`;
  tell("warning", "spec.suspend", message, status.key);
}

/** Words for a status of an object that has been at work already. */
function whatBecameOf(object: YAMLMap): string | undefined {
  const status = object.get("status");
  if (!isMap(status)) return undefined;
  const phase = status.get("phase");
  if (status.get("workCompleted") === true || status.get("work_completed") === true) return "completed";
  return typeof phase === "string" && phase !== "" && phase !== "Pending" ? phase : undefined;
}

function convertMetadata(object: YAMLMap, tell: Tell): void {
  const metadata = object.get("metadata");
  if (!isMap(metadata)) return;
  for (const [name, why] of Object.entries(serverFields)) {
    const pair = pairOf(metadata, name);
    if (pair === undefined) continue;
    if (why !== "") tell("note", `metadata.${name}`, `is left out: ${why}`, pair.key);
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
  tell: Tell,
): void {
  for (const [old, name] of Object.entries(rules.renamed)) {
    const pair = pairOf(spec, old);
    if (pair === undefined || !isScalar(pair.key)) continue;
    if (pairOf(spec, name) !== undefined) {
      tell("warning", `spec.${old}`, `is left out: ${name} is there too, and says it`, pair.key);
      remove(spec, old);
      continue;
    }
    tell("note", `spec.${old}`, `is called ${name}`, pair.key);
    pair.key.value = name;
  }
  const known = rules.schema.properties?.spec?.properties ?? {};
  for (const pair of spec.items.slice()) {
    const name = nameOf(pair);
    const path = `spec.${name}`;
    const gone = Object.hasOwn(rules.gone, name) ? rules.gone[name] : undefined;
    if (gone !== undefined || !Object.hasOwn(known, name)) {
      tell("warning", path, `is left out: ${gone ?? `${kind} has no such field`}`, pair.key);
      remove(spec, name);
      continue;
    }
    const change = Object.hasOwn(rules.changed, name) ? rules.changed[name] : undefined;
    if (change !== undefined) convertValue(document, spec, pair, change, path, tell);
    const told = Object.hasOwn(rules.told, name) ? rules.told[name] : undefined;
    // what was switched off, or is what holds anyway, has nothing to be told of
    if (told !== undefined && ![false, "", 1].includes(scalarOf(pair) as never)) tell("note", path, told, pair.key);
    if (name === "taskRequirements" && scalarOf(pair) === "") remove(spec, name);
  }
  for (const [name, { groups: had, message }] of Object.entries(rules.defaults)) {
    if (had.includes(group) && pairOf(spec, name) === undefined) tell("warning", `spec.${name}`, message, spec);
  }
  if (kind === "TaskRun") convertRepository(spec, tell);
  else convertIdentity(spec, tell);
  const cli = spec.get("cliConfig");
  const type = isMap(cli) ? pairOf(cli, "cliType") : undefined;
  if (type !== undefined && isMap(cli)) convertValue(document, cli, type, "lowerCase", "spec.cliConfig.cliType", tell);
}

function convertValue(document: Document, map: YAMLMap, pair: Pair, change: Change, path: string, tell: Tell): void {
  const value = scalarOf(pair);
  const name = nameOf(pair);
  switch (change) {
    case "integer": {
      if (typeof value !== "string") return;
      const number = Number(value);
      if (Number.isInteger(number) && value.trim() !== "") {
        map.set(name, number);
        tell("note", path, `was text, and is the number ${number}`, pair.key);
      } else tell("error", path, `"${value}" is no number: give the task one, from 1`, pair.key);
      return;
    }
    case "positive":
      if (value !== 0) return;
      remove(map, name);
      tell("note", path, "is left out: it was 0, and counts from 1", pair.key);
      return;
    case "lowerCase": {
      if (typeof value !== "string" || value === value.toLowerCase()) return;
      map.set(name, value.toLowerCase());
      tell("note", path, `is ${value.toLowerCase()}, in lower case`, pair.key);
      return;
    }
    case "list": {
      if (typeof value !== "string") return;
      const parts = [...new Set(value.split(",").map((part) => part.trim()))].filter((part) => part !== "");
      tell("note", path, "was text with commas, and is a list", pair.key);
      if (parts.length === 0) remove(map, name);
      else pair.value = document.createNode(parts);
      return;
    }
    case "map": {
      if (!isSeq(pair.value)) return;
      const entries = pair.value.items.flatMap((item): [string, unknown][] =>
        isMap(item) && typeof item.get("name") === "string"
          ? [[String(item.get("name")), item.get("value") ?? ""]]
          : [],
      );
      if (entries.length < pair.value.items.length) {
        tell(
          "error",
          path,
          "has entries without a plain name and value: put those from Secrets into envFromSecrets",
          pair.key,
        );
        return;
      }
      pair.value = document.createNode(Object.fromEntries(entries.map(([key, one]) => [key, String(one)])));
      tell("note", path, "was a list of names and values, and is a map", pair.key);
      return;
    }
    case "entries": {
      if (!isMap(pair.value)) return;
      const entries = pair.value.items.map((item) => ({
        name: nameOf(item),
        value: isScalar(item.value) ? String(item.value.value) : "",
      }));
      pair.value = document.createNode(entries);
      tell("note", path, "was a map, and is a list of names and values", pair.key);
    }
  }
}

/** A token in plain text was in the object for all to read; it goes into a Secret. */
function convertRepository(spec: YAMLMap, tell: Tell): void {
  const repository = spec.get("repository");
  if (!isMap(repository)) return;
  const token = pairOf(repository, "token");
  if (token === undefined) return;
  remove(repository, "token");
  const message =
    "is left out: put the token into the Secret github-pat-<githubUser>, key token, and revoke it, since it could be read here";
  tell("warning", "spec.repository.token", message, token.key);
}

/** Both could be there, and the App won. */
function convertIdentity(spec: YAMLMap, tell: Tell): void {
  const user = pairOf(spec, "githubUser");
  const app = pairOf(spec, "githubApp");
  if (user !== undefined && app !== undefined) {
    remove(spec, "githubUser");
    tell("warning", "spec.githubUser", "is left out: githubApp is there too, and was what counted", user.key);
  }
  if (user === undefined && app === undefined)
    tell("error", "spec", "has neither githubApp nor githubUser: say as whom the work is done", spec);
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

/** Its comment goes with it. */
function remove(map: YAMLMap, name: string): void {
  map.items = map.items.filter((pair) => nameOf(pair) !== name);
}
