/**
 * Sets the configured defaults of a run, and records which they are (src/api/injected.ts). The record says what a later retry takes
 * from the current configuration, so it never contains a field that the user set.
 */
import {
  injectablePaths,
  injectedAnnotation,
  injectedPaths,
  injectedRecord,
  valueAt,
  withoutPaths,
  type InjectablePath,
} from "../../api/injected.js";
import { isList, isObject, jsonEqual, member, withMembers, type JsonObject } from "../../runtime/schema/json.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { AdmittedKind, AnyRun } from "../kind.js";
import { requestsAttempt, viewOf } from "../view.js";
import { withConfiguredDefaults } from "./configured.js";
import { declaredPaths } from "./declared.js";

export interface Injection {
  readonly spec: JsonObject;
  /** The paths of the spec that the configuration supplied, sorted. */
  readonly injected: readonly InjectablePath[];
}

/** An object whose spec is one; the rest may be malformed. */
interface Given {
  readonly metadata?: unknown;
  readonly spec: JsonObject;
}

/** What an earlier admission left. */
interface Earlier {
  readonly spec: JsonObject;
  readonly injected: readonly InjectablePath[];
  /** Admitted before injections were recorded: injected values cannot be distinguished from the user's, so all of them stay. */
  readonly isUnrecorded: boolean;
  /** Those of the injected paths whose values the configuration's present ones do not replace. */
  readonly staying: readonly InjectablePath[];
  /** Paths that stay without a value, although the configuration has one by now. */
  readonly absent: readonly InjectablePath[];
}

/**
 * The spec with its configured defaults. A value that an earlier admission injected stays, also if the new spec lacks it, as after
 * `kubectl replace`; an update that requests another attempt takes the configuration's present value instead. A value that differs
 * from the injected one, or that the user's manifest declares, is the user's.
 *
 * What the request itself records is believed only of values that would be injected now: nobody gains anything by writing the
 * annotation, and a run that is created from its own export keeps its record.
 */
export function inject(kind: AdmittedKind, given: Given, configuration: Configuration, old?: AnyRun): Injection {
  const { spec, metadata } = given;
  const earlier = earlierOf(given, old);
  let claimed = claimsOf(metadata, earlier);
  const declared = claimed.length === 0 ? nothing : declaredPaths(metadata);
  claimed = claimed.filter((path) => !declared.has(path));
  for (;;) {
    const own = withoutPaths(spec, claimed);
    const filled = fill(kind, own, configuration, earlier);
    const confirmed = claimed.filter((path) => isInjected(path, spec, filled, earlier));
    if (confirmed.length < claimed.length) {
      // what is the user's after all decides about other defaults
      claimed = confirmed;
      continue;
    }
    const injected = injectablePaths.filter(
      (path) =>
        valueAt(own, path) === undefined &&
        valueAt(filled, path) !== undefined &&
        !declared.has(path) &&
        !(earlier?.isUnrecorded === true && valueAt(earlier.spec, path) !== undefined),
    );
    return { spec: claimed.length > 0 && jsonEqual(filled, spec) ? spec : filled, injected };
  }
}

/** The metadata with the record. */
export function withInjectedRecord(metadata: JsonObject, injected: readonly InjectablePath[]): JsonObject {
  const given = member(metadata, "annotations") ?? {};
  const record = injected.join(",");
  if (!isObject(given) || given[injectedAnnotation] === record) return metadata;
  return withMembers(metadata, { annotations: withMembers(given, { [injectedAnnotation]: record }) });
}

/** Whether a path keeps its value when another attempt of a run is requested: a claim may hold the work of earlier attempts. */
export function staysAtRetry(path: InjectablePath, run: AnyRun): boolean {
  const attempts: unknown = run.status?.runs;
  return path === "workspace.pvcName" && isList(attempts) && attempts.length > 0;
}

const nothing: ReadonlySet<InjectablePath> = new Set();

function earlierOf(given: Given, old: AnyRun | undefined): Earlier | undefined {
  const spec: unknown = old?.spec;
  if (old === undefined || !isObject(spec)) return undefined;
  if (injectedRecord(old.metadata) === undefined)
    return { spec, injected: [], isUnrecorded: true, staying: [], absent: [] };
  const injected = injectedPaths(old.metadata);
  if (requestsAttempt(viewOf(given), viewOf(old))) {
    const staying = injected.filter((path) => staysAtRetry(path, old));
    return { spec, injected, isUnrecorded: false, staying, absent: [] };
  }
  const absent = injectablePaths.filter((path) => (valueAt(spec, path) ?? valueAt(given.spec, path)) === undefined);
  return { spec, injected, isUnrecorded: false, staying: injected, absent };
}

/** The paths that may have an injected value: those that an earlier admission injected, and those that the request records. */
function claimsOf(metadata: unknown, earlier: Earlier | undefined): readonly InjectablePath[] {
  const own = injectedPaths(metadata);
  const before = earlier?.injected ?? [];
  const isNew = (path: InjectablePath): boolean =>
    own.includes(path) && !(earlier?.isUnrecorded === true && valueAt(earlier.spec, path) !== undefined);
  return own.length === 0 ? before : injectablePaths.filter((path) => before.includes(path) || isNew(path));
}

/** Whether the value of a claimed path is the configuration's, present or earlier, or absent. */
function isInjected(path: InjectablePath, spec: JsonObject, filled: JsonObject, earlier: Earlier | undefined): boolean {
  const value = valueAt(spec, path);
  if (value === undefined || jsonEqual(value, valueAt(filled, path))) return true;
  return earlier?.injected.includes(path) === true && jsonEqual(value, valueAt(earlier.spec, path));
}

function fill(
  kind: AdmittedKind,
  own: JsonObject,
  configuration: Configuration,
  earlier: Earlier | undefined,
): JsonObject {
  const old = earlier?.isUnrecorded === true ? earlier.spec : undefined;
  const kept = (earlier?.staying ?? []).reduce(
    (spec, path) => withValue(spec, path, valueAt(earlier?.spec, path)),
    own,
  );
  return withoutPaths(withConfiguredDefaults(kind, kept, configuration, old), earlier?.absent ?? []);
}

/** The spec with a value at a path that it lacks. If it has something else there than an object, the schema rule reports it. */
function withValue(spec: JsonObject, path: InjectablePath, value: unknown): JsonObject {
  const [key = "", inner] = path.split(".");
  if (value === undefined || valueAt(spec, path) !== undefined) return spec;
  if (inner === undefined) return withMembers(spec, { [key]: value });
  const outer = member(spec, key) ?? {};
  return isObject(outer) ? withMembers(spec, { [key]: withMembers(outer, { [inner]: value }) }) : spec;
}
