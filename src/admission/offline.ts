import { apiVersionOf } from "../runtime/client/resource.js";
import { duplicate, invalid } from "../runtime/schema/errors.js";
import { isObject, member, type JsonObject } from "../runtime/schema/json.js";
import { formatFieldError, type FieldError } from "../runtime/schema/field-error.js";
import { validateObjectMeta } from "../runtime/schema/object-meta.js";
import type { Configuration } from "../configuration/configuration.js";
import { unmanagedWarning } from "../configuration/namespaces.js";
import { FileSchemas } from "../templates/file-schemas.js";
import type { RunLookup } from "./context.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import { defaultRun, validateRun } from "./run.js";
import { viewOf } from "./view.js";

/** A run in a file. */
export interface Submitted {
  readonly kind: AdmittedKind;
  readonly object: JsonObject;
  /** Used if the object has no namespace. */
  readonly namespace: string;
}

/** The result of a check. */
export interface Checked {
  /** The object as it would be stored. May be malformed if it has errors. */
  readonly object: AnyRun;
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
  /** Paths of fields that the API server would drop, or deny with `--validate=strict`. */
  readonly unknownFields: readonly string[];
}

interface Prepared {
  readonly kind: AdmittedKind;
  readonly object: AnyRun;
  readonly namespace: string;
  readonly unknownFields: readonly string[];
}

/**
 * The findings that the API server and the webhooks would report if these objects were created one after the other in an empty
 * cluster. If two objects conflict, the later one gets the error.
 */
export function checkManifests(submitted: readonly Submitted[], configuration: Configuration): Checked[] {
  const fileSchemas = new FileSchemas();
  const all = submitted.map((each) => prepare(each, configuration));
  return all.map((run, index) => {
    const { kind, object, namespace, unknownFields } = run;
    // what labels select is unknown here
    const { names } = configuration.namespaces;
    const unmanaged = names !== undefined && !names.includes(namespace) ? [unmanagedWarning(namespace)] : [];
    const isSameKind = (other: Prepared): boolean => other.kind === kind;
    const earlier = all.slice(0, index).filter(isSameKind);
    const lookup = lookupIn(kind, all.filter(isSameKind), earlier);
    const { errors, warnings } = validateRun(kind, { object, namespace, configuration, lookup, fileSchemas });
    // defaulting corrects labels that the server would already have denied
    const metadata = validateObjectMeta(submitted[index]?.object.metadata);
    const reported = new Set(errors.map(formatFieldError));
    const more = metadata.filter((error) => !reported.has(formatFieldError(error)));
    return {
      object,
      errors: [...typeErrors(run), ...nameErrors(run, earlier), ...more, ...errors],
      warnings: [...unmanaged, ...warnings],
      unknownFields,
    };
  });
}

/** Prunes and defaults an object and drops its status, as the server does. */
function prepare({ kind, object, namespace }: Submitted, configuration: Configuration): Prepared {
  const pruned = kind.schema.prune(object);
  const { status: _status, ...submitted } = isObject(pruned.object) ? pruned.object : {};
  const given: unknown = submitted;
  const metadata = member(object, "metadata");
  const own = isObject(metadata) ? member(metadata, "namespace") : undefined;
  return {
    kind,
    object: defaultRun(kind, given as AnyRun, configuration), // may be malformed; every reader checks
    namespace: typeof own === "string" && own !== "" ? own : namespace,
    unknownFields: pruned.unknownFields,
  };
}

function lookupIn(kind: AdmittedKind, all: readonly Prepared[], earlier: readonly Prepared[]): RunLookup {
  return {
    partial: true,
    get: (namespace, name) =>
      all.find((each) => each.namespace === namespace && each.object.metadata?.name === name)?.object,
    byWork: (namespace, key) =>
      earlier
        .filter((each) => each.namespace === namespace)
        .filter(({ object }) => kind.work(viewOf(object))?.key === key)
        .map(({ object }) => object),
  };
}

function typeErrors({ kind: { type }, object: { apiVersion } }: Prepared): FieldError[] {
  const wanted = apiVersionOf(type);
  return apiVersion === wanted ? [] : [invalid("apiVersion", apiVersion ?? "", `must be ${wanted}`)];
}

function nameErrors({ object, namespace }: Prepared, earlier: readonly Prepared[]): FieldError[] {
  const name = viewOf(object).name;
  const same = earlier.some((each) => each.namespace === namespace && viewOf(each.object).name === name);
  return name !== undefined && same ? [duplicate("metadata.name", name)] : [];
}
