/** Variables of earlier controllers that limited retries, in Helm values: the first that is set becomes retry.maxRetries. */
import { isMap, isScalar, isSeq, Pair, Scalar, type YAMLMap } from "yaml";
import { schema } from "./schema.js";
import { isUnset, mapIn, nameOf, pairOf } from "./value-nodes.js";
import type { Report } from "./values.js";

/** In the order in which they applied. */
export const retryVariables: readonly string[] = Object.keys(schema["x-environment-no-effect"]).filter((name) =>
  name.endsWith("_MAX_RETRIES"),
);

/** Most retries that a configuration and a run can have. */
export const mostRetries = 100;

/** Charts have variables of the controller as a list or a map. */
const sections: readonly string[] = ["env", "extraEnv"];

interface Variable {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
  readonly node: unknown;
}

/** Removes the variables from the values, with a remark for each. What retry.maxRetries sets already wins. */
export function moveRetryVariables(values: YAMLMap, report: Report): void {
  const found = sections.flatMap((section) => takeVariables(values, section));
  const inOrder = found.toSorted((a, b) => retryVariables.indexOf(a.name) - retryVariables.indexOf(b.name) || 0);
  let isApplied = false;
  for (const { name, value, path, node } of inOrder) {
    const number = typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
    if (value === null || value === "") continue;
    const retry = mapIn(values, "retry");
    const isSet = isApplied || retry === undefined || !isUnset(pairOf(retry, "maxRetries")) || hasLimit(values);
    isApplied = true;
    if (isSet)
      report(
        { severity: "warning", path, message: `is dropped: retry.maxRetries, or what precedes ${name}, is set` },
        node,
      );
    else if (typeof number !== "number" || !Number.isInteger(number) || number < 1)
      report({ severity: "warning", path, message: `has no counterpart: ${remedy(number)}` }, node);
    else {
      retry.items.push(new Pair(new Scalar("maxRetries"), new Scalar(Math.min(number, mostRetries))));
      const message = `is moved to retry.maxRetries${number > mostRetries ? `, which is at most ${mostRetries}` : ""}`;
      report({ severity: number > mostRetries ? "warning" : "note", path, message }, node);
    }
  }
  const empty = pairOf(values, "retry");
  if (isMap(empty?.value) && empty.value.items.length === 0)
    values.items = values.items.filter((each) => each !== empty);
}

const remedy = (value: unknown): string =>
  value === 0
    ? `0 meant no limit; set retry.maxRetries, at most ${mostRetries}`
    : `set retry.maxRetries, from 0 to ${mostRetries}`;

/** Whether `controller.maxRetries` is set, which is another name of `retry.maxRetries`. */
function hasLimit(values: YAMLMap): boolean {
  const controller = pairOf(values, "controller")?.value;
  return isMap(controller) && !isUnset(pairOf(controller, "maxRetries"));
}

function takeVariables(values: YAMLMap, section: string): Variable[] {
  const variables = pairOf(values, section)?.value;
  const found: Variable[] = [];
  if (isMap(variables))
    variables.items = variables.items.filter(({ key, value }) => {
      const name = nameOf(key);
      if (!retryVariables.includes(name) || !isScalar(value)) return true;
      found.push({ name, value: value.value, path: `${section}.${name}`, node: key });
      return false;
    });
  if (isSeq(variables))
    variables.items = variables.items.filter((item) => {
      const name = isMap(item) ? String(item.get("name")) : "";
      if (!isMap(item) || !retryVariables.includes(name) || item.has("valueFrom")) return true;
      found.push({ name, value: item.get("value"), path: `${section}.${name}`, node: item });
      return false;
    });
  return found;
}
