import { isObject, jsonEqual, member, withMembers, type JsonObject } from "../runtime/schema/json.js";
import type { FieldError } from "../runtime/schema/field-error.js";
import type { Verdict } from "../runtime/webhook/admission.js";
import type { Configuration } from "../configuration/configuration.js";
import type { RunChange } from "./context.js";
import { withFinalizer } from "./defaults/finalizer.js";
import { inject, withInjectedRecord } from "./defaults/injection.js";
import { withLabels } from "./defaults/labels.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import { viewOf } from "./view.js";

/**
 * A run with all defaults: the schema's (which the API server has set already, except offline), the configuration's with their
 * record, labels and finalizer. Pure and idempotent. Returns the object itself if nothing is missing, and accepts malformed objects.
 *
 * @param old the object before an update; values that were injected into it stay, unless the update requests another attempt
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
  const metadata = member(run, "metadata") ?? {};
  if (!isObject(given)) return withMetadata(kind, object, run, metadata);
  const { spec, injected } = inject(kind, { metadata, spec: given }, configuration, old);
  const recorded = isObject(metadata)
    ? withInjectedRecord(withLabels(metadata, kind.labels(spec)), injected)
    : metadata;
  return withMetadata(kind, object, spec === given ? run : withMembers(run, { spec }), recorded);
}

/** The run with this metadata and the finalizer; the object as it was received, if nothing of it changed. */
function withMetadata<R extends AnyRun>(kind: AdmittedKind<R>, object: R, run: JsonObject, metadata: unknown): R {
  const next = isObject(metadata) ? withFinalizer(metadata, kind.finalizer) : metadata;
  if (Object.is(run, object) && next === object.metadata) return object;
  const defaulted: unknown = withMembers(run, { metadata: next });
  return defaulted as R; // as well-formed as the object was
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
