/** What the manager mounts on its webhook server. */
import type { TaskRun } from "../api/taskrun.js";
import type { Defaulter, Validator } from "../runtime/webhook/admission.js";
import type { Settings } from "../settings/settings.js";
import type { Surroundings, TaskRunLookup } from "./context.js";
import { defaultTaskRun, validateTaskRun } from "./taskrun.js";

export type { Surroundings, TaskRunLookup } from "./context.js";
export { cachedTaskRuns, indexByTask, taskIndex } from "./lookup.js";
export { checkTogether, type Checked } from "./offline.js";
export { validateConfiguration } from "./configuration.js";
export { configurationPath, webhookConfigurations, webhookPaths } from "./manifests.js";

/** Where admission gets what it knows; read anew for each request. */
export interface AdmissionSources {
  readonly settings: () => Settings;
  readonly lookup: TaskRunLookup;
  readonly surroundings?: Surroundings;
}

/**
 * The two handlers for TaskRuns.
 *
 * Mount `default` at /mutate/taskrun **with `validate` as its check**, and `validate` alone at /validate/taskrun: the first tells
 * all violations at once, the second holds whatever other webhooks did in between (docs/adr/005).
 *
 * @example
 * const { default: defaulter, validate } = taskRunAdmission({ settings, lookup: cachedTaskRuns(reader) });
 * server.handle("/mutate/taskrun", mutating(defaulter, validate));
 * server.handle("/validate/taskrun", validating(validate));
 */
export function taskRunAdmission({ settings, lookup, surroundings }: AdmissionSources): {
  default: Defaulter<TaskRun>;
  validate: Validator<TaskRun>;
} {
  return {
    default: (object, request) =>
      request.subResource === undefined ? defaultTaskRun(object, settings(), request.oldObject) : object,
    validate: ({ object, oldObject, operation, subResource, namespace }) => {
      if (object === undefined || subResource !== undefined || operation === "DELETE")
        return { errors: [], warnings: [] };
      return validateTaskRun({
        object,
        ...(oldObject !== undefined && { oldObject }),
        namespace: namespace ?? object.metadata?.namespace ?? "default",
        settings: settings(),
        lookup,
        ...(surroundings && { surroundings }),
      });
    },
  };
}
