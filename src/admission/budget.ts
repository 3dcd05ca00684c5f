import { budgetSchema } from "../api/generated/budget.schema.js";
import { Budgets, type Budget, type BudgetSpec } from "../api/budget.js";
import { isTimeZone } from "../api/time-zone.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import { duplicate, invalid } from "../runtime/schema/errors.js";
import { formatFieldError, type FieldError } from "../runtime/schema/field-error.js";
import { isObject, member, type JsonObject } from "../runtime/schema/json.js";
import { validateObjectMeta } from "../runtime/schema/object-meta.js";
import { structuralSchema } from "../runtime/schema/structural.js";
import type { Validator } from "../runtime/webhook/admission.js";

/**
 * Validates what the schema of a Budget cannot: the name of its time zone, and that only one in the operator's namespace selects other
 * namespaces. What an update leaves unchanged is not denied.
 */
export function budgetValidator(ownNamespace: string): Validator<Budget> {
  return ({ namespace = "", object, oldObject }) => {
    const { timeZone, selector } = object?.spec ?? {};
    const before = oldObject?.spec;
    const errors = timeZone === before?.timeZone ? [] : timeZoneErrors(timeZone);
    const others = foreignNamespaces(selector, namespace);
    const isNews = JSON.stringify(selector?.namespaces) !== JSON.stringify(before?.selector?.namespaces);
    if (namespace !== ownNamespace && others.length > 0 && isNews) {
      const message = `a Budget in namespace ${namespace} applies only to runs of that namespace; create it in ${ownNamespace} to hold for others`;
      errors.push(invalid(foreignField, others, message));
    }
    return { errors, warnings: [] };
  };
}

const foreignField = "spec.selector.namespaces";

function timeZoneErrors(timeZone: string | undefined): FieldError[] {
  if (timeZone === undefined || isTimeZone(timeZone)) return [];
  const message = "must be a time zone of the IANA database, such as UTC or Europe/Berlin";
  return [invalid("spec.timeZone", timeZone, message)];
}

const foreignNamespaces = (selector: BudgetSpec["selector"], namespace: string): string[] =>
  selector?.namespaces?.filter((name) => name !== namespace) ?? [];

/** A Budget in a file. */
export interface SubmittedBudget {
  readonly object: JsonObject;
  /** Used if the object has no namespace. */
  readonly namespace: string;
}

/** As of a run in a file. */
export interface CheckedBudget {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
  readonly unknownFields: readonly string[];
}

/**
 * The findings that the API server and the webhook would report if these Budgets were created one after the other in an empty cluster. The
 * operator's namespace is not known here: where it decides, there is a warning.
 */
export function checkBudgets(submitted: readonly SubmittedBudget[]): CheckedBudget[] {
  const schema = structuralSchema(budgetSchema);
  const names = new Set<string>();
  return submitted.map(({ object, namespace: otherwise }) => {
    const pruned = schema.prune(object);
    const { status: _status, ...given } = isObject(pruned.object) ? pruned.object : {};
    const budget = schema.applyDefaults(given);
    const { metadata, spec } = isObject(budget) ? budget : {};
    const own = isObject(metadata) ? member(metadata, "namespace") : undefined;
    const namespace = typeof own === "string" && own !== "" ? own : otherwise;
    const problems = schema.validate(budget, undefined, { rules: "all" });
    const errors = [
      ...typeErrors(object),
      ...nameErrors(metadata, namespace, names),
      ...validateObjectMeta(object.metadata),
      ...problems.filter(({ field }) => field !== "" || problems.length === 1),
      ...(isObject(spec) && typeof spec.timeZone === "string" ? timeZoneErrors(spec.timeZone) : []),
    ];
    return {
      errors: [...new Map(errors.map((error) => [formatFieldError(error), error])).values()],
      warnings: problems.length === 0 && isObject(spec) ? foreignWarnings(spec, namespace) : [],
      unknownFields: pruned.unknownFields,
    };
  });
}

function typeErrors({ apiVersion }: JsonObject): FieldError[] {
  const wanted = apiVersionOf(Budgets);
  return apiVersion === wanted ? [] : [invalid("apiVersion", apiVersion ?? "", `must be ${wanted}`)];
}

function nameErrors(metadata: unknown, namespace: string, names: Set<string>): FieldError[] {
  const name = isObject(metadata) ? member(metadata, "name") : undefined;
  if (typeof name !== "string") return [];
  const key = `${namespace}/${name}`;
  if (names.has(key)) return [duplicate("metadata.name", name)];
  names.add(key);
  return [];
}

function foreignWarnings(spec: BudgetSpec, namespace: string): string[] {
  const others = foreignNamespaces(spec.selector, namespace);
  if (others.length === 0) return [];
  return [
    `${foreignField}: denied unless ${namespace} is the operator's namespace: a Budget elsewhere holds only for runs of its own`,
  ];
}
