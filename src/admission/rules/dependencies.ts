import { invalid, omitted } from "../../runtime/schema/errors.js";
import { jsonEqual } from "../../runtime/schema/json.js";
import { noFindings, type Rule, type RuleContext } from "../context.js";
import { viewOf } from "../view.js";

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
    const missing = lookup.partial ? [] : wanted.filter((name) => lookup.get(namespace, name) === undefined);
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
      warnings: missing.map(
        (name) =>
          `spec.dependsOn: ${kind.type.kind} ${JSON.stringify(name)} does not exist in namespace ${namespace} yet; this run waits for it`,
      ),
    };
  },
};

/** The path from the object back to itself, both ends included; undefined if there is no cycle. */
function cycleThrough({ view, lookup, namespace }: RuleContext, wanted: readonly string[]): string[] | undefined {
  const self = view.name;
  if (self === undefined) return undefined; // a run with generateName has no name yet, so no run can depend on it
  const cameFrom = new Map<string, string>(wanted.map((name) => [name, self]));
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of viewOf(lookup.get(namespace, name)).dependsOn) {
      if (next === self) return [...pathTo(name, self, cameFrom), self];
      if (next === "" || cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      open.push(next);
    }
  }
  return undefined;
}

function pathTo(name: string, self: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [name];
  for (let at = cameFrom.get(name); at !== undefined; at = at === self ? undefined : cameFrom.get(at)) path.unshift(at);
  return path;
}
