/** Brings the fields of a run into the form of their schema, where they have one obvious meaning. */
import { isMap, isScalar, isSeq, type Document, type Pair, type YAMLMap } from "yaml";
import type { JsonSchema } from "../runtime/schema/json-schema.js";
import type { Report } from "./report.js";
import { nameOf, pairOf, remove, removeAll, scalarOf } from "./yaml-fields.js";

/** `task_id`, `task-id` and `TaskID` are spellings of `taskId`. */
const plain = (text: string): string => text.replaceAll(/[-_\s]/g, "").toLowerCase();

/** Renames the fields of a map whose names are other spellings of known ones. */
export function spellFields(map: YAMLMap, known: readonly string[], path: string, report: Report): void {
  const byPlain = new Map(known.toReversed().map((each) => [plain(each), each]));
  for (const pair of map.items.slice()) {
    const name = nameOf(pair);
    const meant = known.includes(name) ? undefined : byPlain.get(plain(name));
    if (meant === undefined || !isScalar(pair.key)) continue;
    if (pairOf(map, meant) !== undefined) {
      report("warning", join(path, name), `is dropped: ${meant} is set too and takes precedence`, pair.key, {
        lost: true,
      });
      remove(map, name);
      continue;
    }
    report("note", join(path, name), `is renamed to ${meant}`, pair.key);
    pair.key.value = meant;
  }
}

/** Converts the values of a map's fields, and those inside of them. Unknown fields inside of them are dropped. */
export function fitFields(document: Document, map: YAMLMap, schema: JsonSchema, path: string, report: Report): void {
  for (const pair of map.items.slice()) {
    const name = nameOf(pair);
    const own =
      schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (own === undefined) continue;
    const value = scalarOf(pair);
    const isUnset = value === null || (value === "" && own.type === "string" && (own.minLength ?? 0) > 0);
    if (isUnset && own.nullable !== true) {
      if (value === "" && schema.required?.includes(name) === true) continue; // the validator says what is missing
      if (value === "") report("note", join(path, name), "is dropped: it was empty, which counts as unset", pair.key);
      remove(map, name);
    } else fit(document, pair, own, join(path, name), report);
  }
}

function fit(document: Document, pair: Pair, schema: JsonSchema, path: string, report: Report): void {
  if (isScalar(pair.value)) {
    fitScalar(pair.value, schema, path, report);
    return;
  }
  if (isSeq(pair.value) && schema.items !== undefined) {
    const { items } = schema;
    const seq = pair.value;
    for (const [index, item] of seq.items.entries()) {
      if (isMap(item)) fitInside(document, item, items, `${path}[${index}]`, report);
      else if (isScalar(item)) fitScalar(item, items, `${path}[${index}]`, report);
    }
    dropRepeated(seq, schema, path, report);
  }
  if (isMap(pair.value) && schema["x-kubernetes-preserve-unknown-fields"] !== true)
    fitInside(document, pair.value, schema, path, report);
}

function fitInside(document: Document, map: YAMLMap, schema: JsonSchema, path: string, report: Report): void {
  const { properties, additionalProperties } = schema;
  if (typeof additionalProperties === "object")
    for (const pair of map.items) fit(document, pair, additionalProperties, `${path}[${nameOf(pair)}]`, report);
  if (properties === undefined) return;
  spellFields(map, Object.keys(properties), path, report);
  const dropped = new Set<Pair>();
  for (const pair of map.items) {
    if (Object.hasOwn(properties, nameOf(pair))) continue;
    report("warning", join(path, nameOf(pair)), "is dropped: there is no such field", pair.key, { lost: true });
    dropped.add(pair);
  }
  removeAll(map, dropped);
  fitFields(document, map, schema, path, report);
}

interface Scalar {
  value: unknown;
  source?: string;
  range?: unknown;
}

/** Other spellings of a listed value, and text for numbers and booleans and the reverse. */
function fitScalar(scalar: Scalar, schema: JsonSchema, path: string, report: Report): void {
  const { value } = scalar;
  const next = fitted(scalar, schema);
  if (next === undefined) return;
  scalar.value = next;
  delete scalar.source;
  // a number as text may be a secret's
  const message =
    typeof next === "string" && typeof value !== "string"
      ? `is converted from a ${typeof value} to text`
      : `is converted from ${JSON.stringify(value)} to ${JSON.stringify(next)}`;
  report("note", path, message, scalar);
}

function fitted({ value, source }: Scalar, schema: JsonSchema): unknown {
  if (typeof value === "string" && schema.enum !== undefined && !schema.enum.includes(value))
    return schema.enum.find((each) => typeof each === "string" && plain(each) === plain(value));
  if (schema.type === "string" && (typeof value === "number" || typeof value === "boolean"))
    return source ?? String(value);
  if (typeof value !== "string") return undefined;
  if (schema.type === "boolean") return { true: true, false: false, yes: true, no: false }[value.trim().toLowerCase()];
  if (schema.type !== "integer" && schema.type !== "number") return undefined;
  const number = Number(value);
  const fits = schema.type === "integer" ? Number.isSafeInteger(number) : Number.isFinite(number);
  return fits && value.trim() !== "" ? number : undefined;
}

/** The API server refuses repeated items; the old one took the last of those with one key. */
function dropRepeated(seq: { items: unknown[] }, schema: JsonSchema, path: string, report: Report): void {
  const type = schema["x-kubernetes-list-type"];
  const [key] = schema["x-kubernetes-list-map-keys"] ?? [];
  const idOf = (item: unknown): unknown => {
    if (type === "set" && isScalar(item)) return item.value;
    return type === "map" && key !== undefined && isMap(item) ? item.get(key) : undefined;
  };
  const last = new Map(seq.items.map((item, index) => [idOf(item), index]));
  seq.items = seq.items.filter((item, index) => {
    const id = idOf(item);
    const kept = last.get(id);
    if (id === undefined || kept === undefined || kept === index) return true;
    const isSame = JSON.stringify(item) === JSON.stringify(seq.items[kept]);
    const where = `${path}[${index}]`;
    if (isSame) report("note", where, `is dropped: ${path}[${kept}] is the same`, item);
    else
      report(
        "warning",
        where,
        `is dropped: ${path}[${kept}] is ${JSON.stringify(id)} too, and the last one counted`,
        item,
        {
          lost: true,
        },
      );
    return false;
  });
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
