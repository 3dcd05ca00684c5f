import type { IndexFunction, Reader } from "../runtime/cache/reader.js";
import type { RunLookup } from "./context.js";
import type { AdmittedKind, AnyRun } from "./kind.js";
import { viewOf } from "./view.js";

/** Name of the index that {@link cachedRuns} needs in a cache of runs. */
export const workIndex = "work";

/** The index function for {@link workIndex}. */
export function indexByWork<R extends AnyRun>(kind: AdmittedKind<R>): IndexFunction<R> {
  return (run) => {
    const work = kind.work(viewOf(run));
    return work === undefined ? [] : [`${run.metadata.namespace ?? ""}/${work.key}`];
  };
}

/** Looks runs up in a cache. */
export function cachedRuns(reader: Reader<AnyRun>): RunLookup {
  return {
    get: (namespace, name) => reader.get({ namespace, name }),
    byWork: (namespace, key) => reader.byIndex(workIndex, `${namespace}/${key}`),
  };
}
