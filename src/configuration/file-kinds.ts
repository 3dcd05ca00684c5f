/** What the documents of a file are, of which a command takes a configuration. Pure. */
import { isMap, isScalar, isSeq, Scalar, type YAMLMap } from "yaml";
import { configurationKey } from "./names.js";
import { schema } from "./schema.js";
import { suggestion } from "../suggestion.js";
import { chartsIn } from "./umbrella.js";
import { isValues } from "./values.js";
import { remedyOf } from "./validation.js";

/** `object`: a Kubernetes object; `other`: a map with no key that a configuration could have. */
export type FileKind = "object" | "values" | "configuration" | "other";

export function kindOfMap(map: YAMLMap): FileKind {
  const keys = map.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
  if (typeof map.get("kind") === "string") return "object";
  if (isValues(map)) return "values";
  const known = Object.keys(schema.properties ?? {});
  // a merge key may bring some
  if (keys.length === 0 || keys.some((key) => key === "<<" || known.includes(key) || suggestion(key, known)))
    return "configuration";
  const misplaced = keys.filter((key) => remedyOf(schema, key).startsWith("did you mean"));
  return misplaced.length * 2 > keys.length ? "configuration" : "other";
}

/** The objects of a manifest: itself, or the items of a List. */
export function objectsOf(manifest: YAMLMap): YAMLMap[] {
  const items = manifest.get("items");
  return String(manifest.get("kind")).endsWith("List") && isSeq(items)
    ? items.items.filter((each) => isMap(each))
    : [manifest];
}

/** `ConfigMap orchestrator-config`. */
export function objectName(object: YAMLMap): string {
  const name = object.getIn(["metadata", "name"]);
  return `${String(object.get("kind"))}${typeof name === "string" ? ` ${name}` : ""}`;
}

/** The configuration in a ConfigMap, as text in a node; undefined in any other object. */
export function configurationIn(object: YAMLMap): Scalar<string> | undefined {
  const node = object.get("kind") === "ConfigMap" ? object.getIn(["data", configurationKey], true) : undefined;
  return isScalar(node) && typeof node.value === "string" ? (node as Scalar<string>) : undefined;
}

/** Whether each line of a text is a line of the file: it is a block. */
export function isBlock({ type }: Scalar): boolean {
  return type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED;
}

/** What to give instead of a file without a configuration. */
export const expected = `give a ${configurationKey}, the ConfigMap that holds it, or Helm values`;

/** The error for an empty file. */
export const emptyFile = `is empty; ${expected}`;

/** Why several ConfigMaps are not one configuration. */
export const severalConfigMaps = (objects: readonly YAMLMap[]): string =>
  `contains several ConfigMaps with ${configurationKey}: ${objects.map(objectName).join(", ")}; give one of them`;

/** Why values of an umbrella chart with several operators are not one configuration; undefined for others. */
export function severalCharts(map: YAMLMap): string | undefined {
  const names = chartsIn(map).map(({ key }) => (isScalar(key) ? String(key.value) : ""));
  return names.length > 1
    ? `contains values of several operators: ${names.join(", ")}; give those of one, with its key alone`
    : undefined;
}

/** Why objects hold no configuration. */
export function withoutConfiguration(objects: readonly YAMLMap[]): string {
  const names = [...new Set(objects.map(objectName))].slice(0, 5).join(", ");
  const maps = objects.filter((each) => each.get("kind") === "ConfigMap");
  const lacks = maps.length > 0 ? `, and no key ${configurationKey} in a ConfigMap` : "";
  return `contains no configuration: it has ${names}${lacks}; ${expected}`;
}

/** Why a map is no configuration. */
export function unlikeConfiguration(map: YAMLMap): string {
  const keys = map.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])).slice(0, 5);
  return `contains no configuration: none of its keys (${keys.join(", ")}) is one of it; ${expected}`;
}
