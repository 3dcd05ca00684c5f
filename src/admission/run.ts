import { isObject, jsonEqual, member, withMembers, type JsonObject } from "../runtime/schema/json.js";
import type { FieldError } from "../runtime/schema/field-error.js";
import type { Verdict } from "../runtime/webhook/admission.js";
import type { Configuration } from "../configuration/configuration.js";
import type { RunChange } from "./context.js";
import { withConfiguredDefaults } from "./defaults/configured.js";
import { withFinalizer } from "./defaults/finalizer.js";
import { withLabels } from "./defaults/labels.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import { viewOf } from "./view.js";

/**
 * A run with all defaults: the schema's (which the API server has set already, except offline), the configuration's, labels and
 * finalizer. Pure and idempotent. Returns the object itself if nothing is missing, and accepts malformed objects.
 *
 * @param old the object before an update; values that were injected into it stay
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
  const spec = isObject(given) ? withConfiguredDefaults(kind, given, configuration, specOf(old)) : given;
  const metadata = member(run, "metadata") ?? {};
  const wanted = isObject(spec) ? kind.labels(spec) : {};
  const nextMetadata = isObject(metadata) ? withFinalizer(withLabels(metadata, wanted), kind.finalizer) : metadata;
  if (Object.is(run, object) && spec === given && nextMetadata === metadata) return object;
  const next: unknown = withMembers(run, { metadata: nextMetadata, ...(spec !== undefined && { spec }) });
  return next as R; // as well-formed as the object was
}

function specOf(old: AnyRun | undefined): JsonObject | undefined {
  const spec: unknown = old?.spec;
  return isObject(spec) ? spec : undefined;
}

/**
 * All findings about a run or a change of one. An update that leaves the spec unchanged is never denied: labels and finalizers can
 * change, and the object can be deleted, whatever is stored.
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
    errors: errors.length > 1 ? withoutDuplicates(errors) : errors,
    warnings: warnings.length > 1 ? [...new Set(warnings)] : warnings,
  };
}

function withoutDuplicates(errors: readonly FieldError[]): FieldError[] {
  return [...new Map(errors.map((error) => [`${error.field}\n${error.reason}\n${error.message}`, error])).values()];
}
