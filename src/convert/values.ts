/** Converts values to the types that they have now. */
import { isMap, isScalar, isSeq, type Document, type Pair, type YAMLMap } from "yaml";
import type { Change } from "./kinds.js";
import type { Report } from "./report.js";
import { nameOf, remove, scalarOf } from "./yaml-fields.js";

/** More than anybody counts up to, and less than any time in seconds. */
const mostVersions = 1_000_000;

/** A date, or seconds or milliseconds since 1970. */
const timestamp = /^\d{4}-\d\d-\d\d([T ].*)?$|^\d{9,}$/;

/** Converts the type of one field. */
export function convertValue(
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
    case "version": {
      const isTimestamp =
        (typeof value === "number" && value > mostVersions) || (typeof value === "string" && timestamp.test(value));
      if (value !== 0 && !isTimestamp) return;
      remove(map, name);
      const what = isTimestamp ? "a timestamp" : "0";
      report("note", path, `is dropped: it was ${what}, and counts from 1`, pair.key);
      return;
    }
    case "named":
      nameTools(document, pair, path, report);
      return;
    case "list": {
      if (typeof value !== "string") return;
      const parts = [...new Set(value.split(",").map((part) => part.trim()))].filter((part) => part !== "");
      if (parts.length === 0) {
        remove(map, name);
        return;
      }
      report("note", path, "is converted from comma-separated text to a list", pair.key);
      pair.value = document.createNode(parts);
      return;
    }
    case "map":
      convertToMap(document, map, pair, path, report);
      return;
    case "entries": {
      if (!isMap(pair.value)) return;
      const entries = pair.value.items.map((item) => ({
        name: nameOf(item),
        value: textOf(item.value),
      }));
      pair.value = document.createNode(entries);
      report("note", path, "is converted from a map to a list of names and values", pair.key);
    }
  }
}

function nameTools(document: Document, pair: Pair, path: string, report: Report): void {
  if (!isSeq(pair.value) || !pair.value.items.some((item) => isScalar(item))) return;
  pair.value.items = pair.value.items.map((item) =>
    isScalar(item) ? document.createNode({ name: item.value }) : item,
  );
  report("note", path, "is converted from names to a list of tools", pair.key);
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

/** A list of variables as in a pod. Those from Secrets have a list of their own. */
function convertToMap(document: Document, map: YAMLMap, pair: Pair, path: string, report: Report): void {
  if (!isSeq(pair.value)) return;
  const variables = pair.value.items.map(variableOf);
  const others = map.get("envFromSecrets");
  if (variables.includes(undefined) || (others !== undefined && !isSeq(others))) {
    const message = "has entries without a plain name and value: move those from Secrets to envFromSecrets";
    report("error", path, message, pair.key);
    return;
  }
  const plain = variables.flatMap((each) => (each?.value === undefined ? [] : [[each.name, each.value] as const]));
  pair.value = document.createNode(Object.fromEntries(plain));
  report("note", path, "is converted from a list of names and values to a map", pair.key);
  const secret = variables.flatMap((each) => (each?.secret === undefined ? [] : [document.createNode(each.secret)]));
  if (secret.length === 0) return;
  if (isSeq(others)) others.items.push(...secret);
  else map.set("envFromSecrets", document.createNode(secret));
  report("note", path, "has variables from Secrets: they are moved to envFromSecrets", pair.key);
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  /** An item of envFromSecrets. */
  readonly secret?: Readonly<Record<string, unknown>>;
}

/** Undefined if it is neither a plain value nor a key of a Secret. */
function variableOf(item: unknown): Variable | undefined {
  const name = isMap(item) ? item.get("name") : undefined;
  if (!isMap(item) || typeof name !== "string") return undefined;
  const reference: unknown = item.getIn(["valueFrom", "secretKeyRef"]);
  if (isMap(reference))
    return { name, secret: { name, secretName: reference.get("name"), secretKey: reference.get("key") } };
  return item.has("valueFrom") ? undefined : { name, value: textOf(item.get("value", true)) };
}

/** The text of a scalar as it was written: 1.20 stays 1.20. */
function textOf(node: unknown): string {
  if (!isScalar(node) || node.value === null) return "";
  return typeof node.value === "string" ? node.value : (node.source ?? JSON.stringify(node.value));
}
