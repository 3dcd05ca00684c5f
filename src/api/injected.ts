/**
 * The record of which fields of a run admission took from the configuration: an annotation with their paths. Everything else in
 * the spec is the user's, or a constant default of the schema. Pure.
 */
import { isObject, member, withMembers, type JsonObject } from "../runtime/schema/json.js";

/** Annotation of runs: the paths, such as `image,retry.maxRetries`, sorted. Empty: none. Absent: admitted before it existed. */
export const injectedAnnotation = "orchestrator.io/injected";

/** Every path that admission may inject, sorted. Others in the annotation are ignored. */
export const injectablePaths = [
  "activeDeadlineSeconds",
  "agentName",
  "budget",
  "githubApp",
  "image",
  "imagePullPolicy",
  "model",
  "queueName",
  "resources",
  "retry.initialBackoffSeconds",
  "retry.maxBackoffSeconds",
  "retry.maxRetries",
  "retry.terminalExitCodes",
  "serviceAccountName",
  "ttlSecondsAfterFinished",
  "workingDirectory",
  "workspace.pvcName",
] as const;

export type InjectablePath = (typeof injectablePaths)[number];

/** The text of the annotation; undefined if the metadata has none, or is malformed. */
export function injectedRecord(metadata: unknown): string | undefined {
  const annotations = isObject(metadata) ? member(metadata, "annotations") : undefined;
  const text = isObject(annotations) ? member(annotations, injectedAnnotation) : undefined;
  return typeof text === "string" ? text : undefined;
}

/** The recorded paths, sorted. A run without the annotation has none: nothing of it counts as injected. */
export function injectedPaths(metadata: unknown): readonly InjectablePath[] {
  const record = injectedRecord(metadata);
  if (record === undefined || record === "") return [];
  const recorded = new Set(record.split(","));
  return injectablePaths.filter((path) => recorded.has(path));
}

/**
 * The spec as the user wrote it: without what the configuration supplied, with the schema's constant defaults. Two runs of the
 * same manifest have the same one, whatever the configuration was when each was created.
 */
export function userSpec(run: { readonly metadata?: unknown; readonly spec?: unknown }): JsonObject {
  return isObject(run.spec) ? withoutPaths(run.spec, injectedPaths(run.metadata)) : {};
}

/** The value at a path of a spec; undefined if it is absent or null. */
export function valueAt(spec: JsonObject | undefined, path: InjectablePath): unknown {
  let value: unknown = spec;
  for (const key of path.split(".")) value = isObject(value) ? member(value, key) : undefined;
  return value ?? undefined;
}

/** The spec without these paths, and without objects that then are empty; the spec itself if it has none of them. */
export function withoutPaths(spec: JsonObject, paths: readonly InjectablePath[]): JsonObject {
  return paths.reduce((rest, path) => {
    const [key = "", inner] = path.split(".");
    const value = member(rest, key);
    if (inner === undefined) return value === undefined ? rest : without(rest, key);
    if (!isObject(value) || !Object.hasOwn(value, inner)) return rest;
    const next = without(value, inner);
    return Object.keys(next).length === 0 ? without(rest, key) : withMembers(rest, { [key]: next });
  }, spec);
}

function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}
