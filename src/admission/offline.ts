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
import { dependsOnIn, viewOf } from "./view.js";

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
  const runs = new Map([...new Set(all.map(({ kind }) => kind))].map((kind) => [kind, new SubmittedRuns(kind, all)]));
  return all.map((run, index) => {
    const { kind, object, namespace, unknownFields } = run;
    // what labels select is unknown here
    const { names } = configuration.namespaces;
    const unmanaged = names !== undefined && !names.includes(namespace) ? [unmanagedWarning(namespace)] : [];
    const lookup = runs.get(kind) ?? new SubmittedRuns(kind, []);
    const { errors, warnings } = validateRun(kind, { object, namespace, configuration, lookup, fileSchemas });
    // defaulting corrects labels that the server would already have denied
    const metadata = validateObjectMeta(submitted[index]?.object.metadata);
    const reported = new Set(errors.map(formatFieldError));
    const more = metadata.filter((error) => !reported.has(formatFieldError(error)));
    return {
      object,
      errors: [...typeErrors(run), ...lookup.create(run), ...more, ...errors],
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

function typeErrors({ kind: { type }, object: { apiVersion } }: Prepared): FieldError[] {
  const wanted = apiVersionOf(type);
  return apiVersion === wanted ? [] : [invalid("apiVersion", apiVersion ?? "", `must be ${wanted}`)];
}

/** Earlier runs with the same work that a run is compared with: enough to report, and few enough for thousands of copies. */
const mostRivals = 8;

/** The runs of a kind in the files. They are created one after the other. */
class SubmittedRuns implements RunLookup {
  readonly partial = true;
  readonly #kind: AdmittedKind;
  readonly #byName = new Map<string, AnyRun>();
  /** Those that no dependency cycle contains. */
  readonly #acyclic: ReadonlySet<string>;
  readonly #created = new Set<string>();
  readonly #createdByWork = new Map<string, AnyRun[]>();

  constructor(kind: AdmittedKind, all: readonly Prepared[]) {
    this.#kind = kind;
    for (const each of all) {
      const { name } = each.object.metadata ?? {};
      const key = `${each.namespace}/${String(name)}`;
      if (each.kind === kind && name !== undefined && !this.#byName.has(key)) this.#byName.set(key, each.object);
    }
    this.#acyclic = this.#withoutCycles();
  }

  get(namespace: string, name: string): AnyRun | undefined {
    return this.#byName.get(`${namespace}/${name}`);
  }

  byWork(namespace: string, key: string): readonly AnyRun[] {
    return this.#createdByWork.get(`${namespace}/${key}`) ?? [];
  }

  isAcyclic(namespace: string, name: string): boolean {
    return this.#acyclic.has(`${namespace}/${name}`);
  }

  /** Adds a run to those that exist, and returns an error if one has its name. Its rules are checked before. */
  create({ object, namespace }: Prepared): FieldError[] {
    const view = viewOf(object);
    const work = this.#kind.work(view)?.key;
    if (work !== undefined && !view.cancel) {
      const key = `${namespace}/${work}`;
      const rivals = this.#createdByWork.get(key);
      if (rivals === undefined) this.#createdByWork.set(key, [object]);
      else if (rivals.length < mostRivals) rivals.push(object);
    }
    if (view.name === undefined) return [];
    const key = `${namespace}/${view.name}`;
    if (this.#created.has(key)) return [duplicate("metadata.name", view.name)];
    this.#created.add(key);
    return [];
  }

  /** Removes runs whose dependencies were all removed, as long as there is one: what is left may contain cycles. */
  #withoutCycles(): ReadonlySet<string> {
    const dependents = new Map<string, string[]>();
    const waiting = new Map<string, number>();
    for (const [key, run] of this.#byName) {
      const prefix = key.slice(0, key.indexOf("/") + 1);
      const dependencies = [...new Set(dependsOnIn(run))].map((name) => prefix + name);
      const present = dependencies.filter((dependency) => this.#byName.has(dependency));
      waiting.set(key, present.length);
      for (const dependency of present) {
        const others = dependents.get(dependency);
        if (others === undefined) dependents.set(dependency, [key]);
        else others.push(key);
      }
    }
    const acyclic = new Set<string>();
    const open = [...waiting].filter(([, count]) => count === 0).map(([key]) => key);
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      acyclic.add(key);
      for (const dependent of dependents.get(key) ?? []) {
        const left = (waiting.get(dependent) ?? 0) - 1;
        waiting.set(dependent, left);
        if (left === 0) open.push(dependent);
      }
    }
    return acyclic;
  }
}
