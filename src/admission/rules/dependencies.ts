import { findDependencyCycle } from "../../api/dependencies.js";
import { invalid, omitted } from "../../runtime/schema/errors.js";
import { jsonEqual } from "../../runtime/schema/json.js";
import { noFindings, type Rule, type RuleContext } from "../context.js";
import { dependsOnIn } from "../view.js";

/**
 * A run must not depend on itself through other runs: it would wait forever. Two runs that are created at the same moment can still form
 * a cycle, so the controller checks again. The schema denies a run that names itself.
 */
export const dependencies: Rule = {
  id: "dependencies",
  check(context) {
    const { view, oldView, lookup, namespace, kind } = context;
    if (view.dependsOn.length === 0 || jsonEqual(view.dependsOn, oldView?.dependsOn)) return noFindings;
    const wanted = view.dependsOn.filter((name) => name !== "" && name !== view.name);
    const cycle = cycleThrough(context, wanted);
    const missing = wanted.filter((name) => lookup.get(namespace, name) === undefined);
    const where = lookup.partial
      ? `is not among these files; this run waits until it exists in namespace ${namespace} and has succeeded`
      : `does not exist in namespace ${namespace} yet; this run waits for it`;
    return {
      errors: cycle
        ? [
            invalid(
              "spec.dependsOn",
              omitted,
              `dependency cycle: ${cycle.join(" -> ")}; remove one of these dependencies`,
            ),
          ]
        : [],
      warnings: missing.map((name) => `spec.dependsOn: ${kind.type.kind} ${JSON.stringify(name)} ${where}`),
    };
  },
};

/** The cycle through the object; undefined if there is none. */
function cycleThrough({ view, lookup, namespace }: RuleContext, wanted: readonly string[]): string[] | undefined {
  const self = view.name;
  if (self === undefined) return undefined; // a run with generateName has no name yet, so no run can depend on it
  if (lookup.isAcyclic?.(namespace, self) === true) return undefined;
  return findDependencyCycle(self, (name) => (name === self ? wanted : dependsOnIn(lookup.get(namespace, name))));
}
