/** Identifies what a user requested, to recognize the same request later. Pure. */
import { createHash } from "node:crypto";
import type { AgentRun, RunKind } from "./run.js";
import { userSpec } from "../api/injected.js";
import { isList, isObject, jsonEqual } from "../runtime/schema/json.js";
import type { JsonSchema } from "../runtime/schema/json-schema.js";
import { memberSchemaOf } from "../runtime/schema/value-schema.js";

/** Fields that control a run and do not say what it does. A raised `retryAttempt` is compared as a number. */
const controls = ["suspend", "cancel", "retryAttempt"];

/**
 * The first 40 bits, in hex, of SHA-256 of the user's spec: without what admission took from the configuration, without the
 * schema's defaults, which a later version may add to, and without the fields that control the run.
 *
 * @param run read live: caches may lack its contents
 */
export function specDigest<R extends AgentRun>(kind: RunKind<R>, run: R): string {
  const spec = Object.entries(userSpec(run)).filter(([name]) => !controls.includes(name));
  return digest40(canonical(withoutDefaults(Object.fromEntries(spec), kind.specSchema)));
}

/** The first 40 bits of SHA-256, in hex. */
export function digest40(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** The value without members that are what the schema fills in anyway, and without objects that then are empty. */
function withoutDefaults(value: unknown, schema: JsonSchema | undefined): unknown {
  if (isList(value)) return value.map((item) => withoutDefaults(item, schema?.items));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]): [string, unknown][] => {
      const part = schema && memberSchemaOf<JsonSchema>(schema, name);
      if (part?.default !== undefined && jsonEqual(each, part.default)) return [];
      const rest = withoutDefaults(each, part);
      return isObject(rest) && Object.keys(rest).length === 0 ? [] : [[name, rest]];
    }),
  );
}

/** JSON whose members are sorted, so that equal values give equal texts. */
function canonical(value: unknown): string {
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}
