/** Dependency cycles: found wherever one exists, along a path that exists, at a cost linear in runs and edges. */
import fc from "../property.js";
import t from "tap";
import { findDependencyCycle } from "#src/api/dependencies.js";

type Graph = readonly (readonly number[])[];

const graphs = fc
  .integer({ min: 1, max: 8 })
  .chain((size) =>
    fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: size }), { minLength: size, maxLength: size }),
  );

function lookup(graph: Graph): (name: string) => readonly string[] {
  return (name) => (graph[Number(name)] ?? []).map(String);
}

/** Whether a path of at least one edge leads from the first run back to it: by adding what the reached runs reach. */
function reachesItself(graph: Graph): boolean {
  const grow = (reached: ReadonlySet<number>): ReadonlySet<number> =>
    new Set([...reached, ...[...reached].flatMap((run) => graph[run] ?? [])]);
  return graph.reduce(grow, new Set(graph[0])).has(0);
}

t.test("a cycle is found exactly if one leads through the run, as a path along its edges", (t) => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const cycle = findDependencyCycle("0", lookup(graph));
      if (cycle === undefined) return !reachesItself(graph);
      const isPath = cycle.slice(1).every((name, index) => lookup(graph)(cycle[index] ?? "").includes(name));
      const inner = cycle.slice(1);
      return (
        isPath && cycle.length > 1 && cycle[0] === "0" && cycle.at(-1) === "0" && new Set(inner).size === inner.length
      );
    }),
    { numRuns: 2000 },
  );
  t.pass();
  t.end();
});

t.test("2,000 runs that each depend on the next 64 are expanded once each", (t) => {
  const names = Array.from({ length: 2000 }, (_, index) => `run-${index}`);
  const dependencies = new Map(names.map((name, index) => [name, names.slice(index + 1, index + 65)]));
  const expanded: string[] = [];
  const cycle = findDependencyCycle("run-0", (name) => {
    expanded.push(name);
    return dependencies.get(name) ?? [];
  });
  t.equal(cycle, undefined);
  t.equal(expanded.length, 2000);
  t.equal(new Set(expanded).size, 2000);
  t.end();
});

t.test("a cycle of 100,000 runs is found without recursion", (t) => {
  const cycle = findDependencyCycle("0", (name) => [String((Number(name) + 1) % 100_000)]);
  t.equal(cycle?.length, 100_001);
  t.end();
});
