import { invalid, omitted } from "../../runtime/schema/errors.js";
import { jsonEqual } from "../../runtime/schema/json.js";
import { nothing, type Rule, type RuleContext } from "../context.js";
import { viewOf } from "../view.js";

/**
 * No run waits for itself, by whatever way round: it would wait for ever. Two runs that are created at the same moment can
 * still do so, which is why the controller looks once more. That a run names itself is a rule of the schema.
 */
export const dependencies: Rule = {
  id: "dependencies",
  check(context) {
    const { view, oldView, lookup, namespace, kind } = context;
    if (view.dependsOn.length === 0 || jsonEqual(view.dependsOn, oldView?.dependsOn)) return nothing;
    const wanted = view.dependsOn.filter((name) => name !== "" && name !== view.name);
    const cycle = cycleThrough(context, wanted);
    const missing = lookup.partial ? [] : wanted.filter((name) => lookup.get(namespace, name) === undefined);
    return {
      errors: cycle
        ? [
            invalid(
              "spec.dependsOn",
              omitted,
              `would wait for ever, each for the next: ${cycle.join(" -> ")}; take one of them out`,
            ),
          ]
        : [],
      warnings: missing.map(
        (name) =>
          `spec.dependsOn: there is no ${kind.type.kind} ${JSON.stringify(name)} in namespace ${namespace} yet; this one waits for it`,
      ),
    };
  },
};

/** The way from the object back to itself, both ends included. */
function cycleThrough({ view, lookup, namespace }: RuleContext, wanted: readonly string[]): string[] | undefined {
  const self = view.name;
  if (self === undefined) return undefined; // its name is not made yet, so nothing can wait for it
  const cameFrom = new Map<string, string>(wanted.map((name) => [name, self]));
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of viewOf(lookup.get(namespace, name)).dependsOn) {
      if (next === self) return [...wayTo(name, self, cameFrom), self];
      if (next === "" || cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      open.push(next);
    }
  }
  return undefined;
}

function wayTo(name: string, self: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [name];
  for (let at = cameFrom.get(name); at !== undefined; at = at === self ? undefined : cameFrom.get(at)) way.unshift(at);
  return way;
}
