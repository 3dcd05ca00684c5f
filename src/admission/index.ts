/** The handlers that the operator registers with its webhook server. */
import type { Defaulter, Validator } from "../runtime/webhook/admission.js";
import type { Configuration } from "../configuration/configuration.js";
import { FileSchemas } from "../templates/file-schemas.js";
import type { RuleContext, RunLookup, Surroundings } from "./context.js";
import { withAuthorship } from "./defaults/authorship.js";
import { withTrace } from "./defaults/trace.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import { defaultRun, validateRun } from "./run.js";

export type { RunLookup, Surroundings } from "./context.js";
export type { AdmittedKind, AnyRun } from "./kind.js";
export { cachedRuns, indexByWork, workIndex } from "./lookup.js";
export { checkManifests, type Checked } from "./offline.js";
export { budgetValidator, checkBudgets } from "./budget.js";
export { configurationValidator } from "./configuration.js";
export { templatesValidator } from "./templates.js";
export { budgetPath, configurationPath, templatesPath, webhookConfigurations, webhookPaths } from "./manifests.js";

/** The sources of the state that admission depends on, read for each request. */
export interface AdmissionSources {
  readonly configuration: () => Configuration;
  readonly lookup: RunLookup;
  readonly surroundings?: Surroundings;
  /** Schemas of the agent programs' files. Default: those of this package. */
  readonly fileSchemas?: RuleContext["fileSchemas"];
}

/**
 * The two admission handlers of a kind.
 *
 * Register `default` at /mutate/<kind> **with `validate` as its check**, and `validate` alone at /validate/<kind>: the first reports all
 * violations at once, and the second also checks the changes of other webhooks in between (docs/adr/005).
 *
 * @example
 * function handlersOf<R extends AnyRun>(path: string, kind: AdmittedKind<R>, sources: AdmissionSources) {
 *   const { default: defaulter, validate } = runAdmission(kind, sources);
 *   return new Map([
 *     [`/mutate/${path}`, mutating(defaulter, validate)],
 *     [`/validate/${path}`, validating(validate)],
 *   ]);
 * }
 */
export function runAdmission<R extends AnyRun>(
  kind: AdmittedKind<R>,
  { configuration, lookup, surroundings, fileSchemas = new FileSchemas() }: AdmissionSources,
): {
  default: Defaulter<R>;
  validate: Validator<R>;
} {
  return {
    default: (object, request) =>
      request.subResource === undefined
        ? withTrace(withAuthorship(defaultRun(kind, object, configuration(), request.oldObject), request), request)
        : object,
    validate: ({ object, oldObject, operation, subResource, namespace }) => {
      if (object === undefined || subResource !== undefined || operation === "DELETE")
        return { errors: [], warnings: [] };
      return validateRun(kind, {
        object,
        namespace: namespace ?? object.metadata?.namespace ?? "default",
        configuration: configuration(),
        lookup,
        fileSchemas,
        ...(oldObject !== undefined && { oldObject }),
        ...(surroundings && { surroundings }),
      });
    },
  };
}
