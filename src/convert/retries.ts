/** Limits of retries that earlier versions had in other places. */
import { isMap, isScalar, isSeq, YAMLMap, type Document } from "yaml";
import { mostRetries, retryVariables } from "../configuration/retry-variables.js";
import type { Report } from "./report.js";
import { nameOf, pairOf, remove, scalarOf } from "./yaml-fields.js";

/** The earlier field of the spec; 0 meant no limit. */
export const oldLimit = "maxRetries";

/** Moves `spec.maxRetries` to `spec.retry.maxRetries`. A retry is a paid attempt, so a limit is never raised or lost. */
export function moveMaxRetries(document: Document, spec: YAMLMap, report: Report): void {
  const pair = pairOf(spec, oldLimit);
  const value = pair && scalarOf(pair);
  if (pair === undefined || value === null || value === "") return;
  const path = `spec.${oldLimit}`;
  const retry = spec.get("retry");
  if (isMap(retry) && pairOf(retry, oldLimit) !== undefined) {
    remove(spec, oldLimit);
    report("warning", path, "is dropped: retry.maxRetries is set too and takes precedence", pair.key, { lost: true });
    return;
  }
  const number = typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 0) {
    remove(spec, oldLimit);
    report("error", path, `is not a number of retries: set retry.maxRetries, from 0 to ${mostRetries}`, pair.key);
    return;
  }
  const limit = Math.min(number, mostRetries);
  if (isScalar(pair.value)) {
    // keeps its comment
    pair.value.value = limit;
    delete pair.value.type;
    delete pair.value.source;
  }
  const moved = document.createPair(oldLimit, pair.value);
  if (isMap(retry)) {
    retry.items.push(moved);
    remove(spec, oldLimit);
  } else if (isScalar(pair.key)) {
    remove(spec, "retry");
    pair.key.value = "retry";
    const map = new YAMLMap();
    map.items.push(moved);
    pair.value = map;
  }
  if (number === 0)
    report(
      "warning",
      path,
      "is moved to retry.maxRetries, where 0 means no automatic retry; it meant no limit",
      pair.key,
    );
  else if (number > mostRetries)
    report("warning", path, `is moved to retry.maxRetries, which is at most ${mostRetries}`, pair.key, { lost: true });
  else report("note", path, "is moved to retry.maxRetries", pair.key);
}

/** Variables of the agent that limited the controller's retries where the controller had them. */
export function explainRetryVariables(spec: YAMLMap, report: Report): void {
  const env = spec.get("env");
  const names = isMap(env)
    ? env.items.map(nameOf)
    : isSeq(env)
      ? env.items.map((item) => (isMap(item) ? String(item.get("name")) : ""))
      : [];
  for (const name of names)
    if (retryVariables.includes(name))
      report(
        "warning",
        `spec.env.${name}`,
        "is passed to the agent, but does not limit retries: set spec.retry.maxRetries",
        env,
      );
}
