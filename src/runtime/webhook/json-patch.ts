import type { JsonPatchOperation } from "../client/client.js";
import { isObject, member } from "../schema/json.js";

/**
 * The JSON Patch (RFC 6902) that turns one JSON value into another, with few operations: objects are compared field by
 * field, arrays element by element, with additional elements appended at the end.
 *
 * @example
 * createJsonPatch({ spec: { size: 1 } }, { spec: { size: 2 } }); // [{ op: "replace", path: "/spec/size", value: 2 }]
 */
export function createJsonPatch(before: unknown, after: unknown): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  compare(before, after, "", operations);
  return operations;
}

function compare(before: unknown, after: unknown, path: string, operations: JsonPatchOperation[]): void {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    compareArrays(before, after, path, operations);
  } else if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(before)) {
      const value = member(after, key);
      // most fields are unchanged and need no path
      if (value === before[key] && value !== undefined) continue;
      if (value === undefined) operations.push({ op: "remove", path: `${path}/${escape(key)}` });
      else compare(before[key], value, `${path}/${escape(key)}`, operations);
    }
    for (const key of Object.keys(after)) {
      const value = after[key];
      if (value !== undefined && !Object.hasOwn(before, key)) {
        operations.push({ op: "add", path: `${path}/${escape(key)}`, value });
      }
    }
  } else operations.push({ op: "replace", path, value: after });
}

function compareArrays(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  operations: JsonPatchOperation[],
): void {
  const shared = Math.min(before.length, after.length);
  for (let index = 0; index < shared; index++) compare(before[index], after[index], `${path}/${index}`, operations);
  // from the end, so that the indexes before it stay valid
  for (let index = before.length - 1; index >= shared; index--) {
    operations.push({ op: "remove", path: `${path}/${index}` });
  }
  for (const value of after.slice(shared)) operations.push({ op: "add", path: `${path}/-`, value });
}

/** RFC 6901 */
function escape(key: string): string {
  return key.includes("~") || key.includes("/") ? key.replaceAll("~", "~0").replaceAll("/", "~1") : key;
}
