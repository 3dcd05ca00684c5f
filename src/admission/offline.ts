import { TaskRuns, type TaskRun } from "../api/taskrun.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import { duplicate, invalid } from "../runtime/schema/errors.js";
import { isObject, member, type JsonObject } from "../runtime/schema/json.js";
import { formatFieldError, type FieldError } from "../runtime/schema/fielderror.js";
import { validateObjectMeta } from "../runtime/schema/objectmeta.js";
import type { Settings } from "../settings/settings.js";
import type { TaskRunLookup } from "./context.js";
import { taskRunSchema } from "./schema.js";
import { defaultTaskRun, validateTaskRun } from "./taskrun.js";
import { viewOf } from "./view.js";

/** An object of kind TaskRun as it stands in a file. */
export interface Submitted {
  readonly object: JsonObject;
  /** Where it goes unless it says so itself. */
  readonly namespace: string;
}

/** What would become of it. */
export interface Checked {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
  /** Paths of fields that the API server would drop, or refuse with `--validate=strict`. */
  readonly unknownFields: readonly string[];
}

interface Prepared {
  readonly object: TaskRun;
  readonly namespace: string;
  readonly unknownFields: readonly string[];
}

/**
 * What the API server and the webhooks would say if these objects were created one after the other in an empty cluster.
 * Of two that contradict each other, the later one is at fault.
 */
export function checkTogether(submitted: readonly Submitted[], settings: Settings): Checked[] {
  const all = submitted.map((each) => prepare(each, settings));
  return all.map((run, index) => {
    const { object, namespace, unknownFields } = run;
    const earlier = all.slice(0, index);
    const { errors, warnings } = validateTaskRun({ object, namespace, settings, lookup: lookupIn(all, earlier) });
    // defaulting puts labels right that the server would have refused to read
    const metadata = validateObjectMeta(submitted[index]?.object.metadata);
    const told = new Set(errors.map(formatFieldError));
    const more = metadata.filter((error) => !told.has(formatFieldError(error)));
    return {
      errors: [...typeErrors(object), ...nameErrors(run, earlier), ...more, ...errors],
      warnings,
      unknownFields,
    };
  });
}

/** As the server does: unknown fields out, defaults in, no status. */
function prepare({ object, namespace }: Submitted, settings: Settings): Prepared {
  const pruned = taskRunSchema.prune(object);
  const { status: _status, ...submitted } = isObject(pruned.object) ? pruned.object : {};
  const given: unknown = submitted;
  const metadata = member(object, "metadata");
  const own = isObject(metadata) ? member(metadata, "namespace") : undefined;
  return {
    object: defaultTaskRun(given as TaskRun, settings), // as much of one as the file gives; every reader checks
    namespace: typeof own === "string" && own !== "" ? own : namespace,
    unknownFields: pruned.unknownFields,
  };
}

function lookupIn(all: readonly Prepared[], earlier: readonly Prepared[]): TaskRunLookup {
  return {
    partial: true,
    get: (namespace, name) =>
      all.find((each) => each.namespace === namespace && each.object.metadata?.name === name)?.object,
    byTask: (namespace, serviceName, taskId) =>
      earlier
        .filter((each) => each.namespace === namespace)
        .filter(({ object }) => {
          const view = viewOf(object);
          return view.serviceName === serviceName && view.taskId === taskId && !view.cancel;
        })
        .map(({ object }) => object),
  };
}

function typeErrors({ apiVersion, kind }: TaskRun): FieldError[] {
  const wanted = apiVersionOf(TaskRuns);
  return [
    ...(apiVersion === wanted ? [] : [invalid("apiVersion", apiVersion ?? "", `must be ${wanted}`)]),
    ...(kind === TaskRuns.kind ? [] : [invalid("kind", kind ?? "", `must be ${TaskRuns.kind}`)]),
  ];
}

function nameErrors({ object, namespace }: Prepared, earlier: readonly Prepared[]): FieldError[] {
  const name = viewOf(object).name;
  const same = earlier.some((each) => each.namespace === namespace && viewOf(each.object).name === name);
  return name !== undefined && same ? [duplicate("metadata.name", name)] : [];
}
