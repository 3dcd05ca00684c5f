/**
 * Finds a dependency cycle that leads through one run: a path along `spec.dependsOn` from the run back to itself, with the
 * run as its first and last name. Undefined if no such path exists.
 *
 * Expands each run once and visits each edge once, so the cost is linear in the runs and edges that can be reached.
 *
 * @param dependenciesOf the names in `spec.dependsOn` of a run, by its name; empty if the run does not exist or no longer
 *   waits
 */
export function findDependencyCycle(
  start: string,
  dependenciesOf: (name: string) => readonly string[],
): string[] | undefined {
  /** The run from which each run was first reached. */
  const reachedBy = new Map<string, string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const dependency of dependenciesOf(name)) {
      if (dependency === start) return pathTo(name, start, reachedBy);
      if (reachedBy.has(dependency)) continue;
      reachedBy.set(dependency, name);
      open.push(dependency);
    }
  }
  return undefined;
}

function pathTo(last: string, start: string, reachedBy: ReadonlyMap<string, string>): string[] {
  const path = [start];
  for (let name = last; name !== start; name = reachedBy.get(name) ?? start) path.push(name);
  return [...path, start].reverse();
}
