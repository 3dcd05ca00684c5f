import type { AnyRun } from "../admission/index.js";

/**
 * A directory for each run: `<kind>-<name>`. Runs that would share one are put below their namespaces, and those that
 * still would, because they only have a generateName, are numbered. No directory is equal to another or inside of it.
 */
export function runDirectories(runs: readonly AnyRun[]): string[] {
  const plain = runs.map(
    ({ kind = "", metadata }) => `${kind.toLowerCase()}-${metadata?.name ?? metadata?.generateName ?? ""}`,
  );
  const namespaces = new Map<string, Set<string>>();
  for (const [index, name] of plain.entries())
    namespaces.set(name, (namespaces.get(name) ?? new Set()).add(namespaceOf(runs[index])));
  const isShared = (name: string): boolean => (namespaces.get(name)?.size ?? 0) > 1;
  const parents = new Set(runs.flatMap((run, index) => (isShared(plain[index] ?? "") ? [namespaceOf(run)] : [])));
  const used = new Set<string>();
  const counts = new Map<string, number>();
  return plain.map((name, index) => {
    const wanted = isShared(name) ? `${namespaceOf(runs[index])}/${name}` : name;
    for (let count = (counts.get(wanted) ?? 0) + 1; ; count++) {
      const directory = count === 1 ? wanted : `${wanted}@${count}`;
      if (used.has(directory) || parents.has(directory)) continue;
      used.add(directory);
      counts.set(wanted, count);
      return directory;
    }
  });
}

function namespaceOf(run: AnyRun | undefined): string {
  return run?.metadata?.namespace ?? "";
}
