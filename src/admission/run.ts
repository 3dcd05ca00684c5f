import { isObject, jsonEqual, member, withMembers, type JsonObject } from "../runtime/schema/json.js";
import type { FieldError } from "../runtime/schema/field-error.js";
import type { Verdict } from "../runtime/webhook/admission.js";
import type { Configuration } from "../configuration/configuration.js";
import type { RunChange } from "./context.js";
import { configured } from "./defaults/configured.js";
import { withFinalizer } from "./defaults/finalizer.js";
import { labelled } from "./defaults/labels.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import { viewOf } from "./view.js";

/**
 * A run with all its defaults: the schema's (which the API server has filled in already; offline nobody has), the
 * configuration's, the labels and the finalizer. Pure and idempotent; returns the object itself where nothing is missing, and
 * makes the best of one that is malformed.
 *
 * @param old the object before an update; what was injected into it once stays
 */
export function defaultRun<R extends AnyRun>(
  kind: AdmittedKind<R>,
  object: R,
  configuration: Configuration,
  old?: AnyRun,
): R {
  const run = kind.schema.applyDefaults(object);
  if (!isObject(run)) return object;
  const given = member(run, "spec");
  const spec = isObject(given) ? configured(kind, given, configuration, specOf(old)) : given;
  const metadata = member(run, "metadata") ?? {};
  const wanted = isObject(spec) ? kind.labels(spec) : {};
  const nextMetadata = isObject(metadata) ? withFinalizer(labelled(metadata, wanted), kind.finalizer) : metadata;
  if (Object.is(run, object) && spec === given && nextMetadata === metadata) return object;
  const next: unknown = withMembers(run, { metadata: nextMetadata, ...(spec !== undefined && { spec }) });
  return next as R; // as much of one as the object was
}

function specOf(old: AnyRun | undefined): JsonObject | undefined {
  const spec: unknown = old?.spec;
  return isObject(spec) ? spec : undefined;
}

/**
 * Everything that is wrong with a run, or with a change of one, at once. An update that leaves the spec as it was is
 * never denied: labels, finalizers and deletion go through, whatever was stored.
 */
export function validateRun(kind: AdmittedKind, change: RunChange): Verdict {
  const { object, oldObject } = change;
  if (oldObject !== undefined && jsonEqual(object.spec, oldObject.spec)) return { errors: [], warnings: [] };
  const view = viewOf(object);
  const context =
    oldObject === undefined ? { kind, view, ...change } : { kind, view, oldView: viewOf(oldObject), ...change };
  const errors: FieldError[] = [];
  const warnings: string[] = [];
  for (const rule of kind.rules) {
    const finding = rule.check(context);
    if (finding.errors) errors.push(...finding.errors);
    if (finding.warnings) warnings.push(...finding.warnings);
  }
  return {
    errors: errors.length > 1 ? once(errors) : errors,
    warnings: warnings.length > 1 ? [...new Set(warnings)] : warnings,
  };
}

function once(errors: readonly FieldError[]): FieldError[] {
  return [...new Map(errors.map((error) => [`${error.field}\n${error.reason}\n${error.message}`, error])).values()];
}
