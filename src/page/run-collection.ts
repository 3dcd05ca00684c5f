/** The runs of a list, kept up to date by changes. */
import type { RunChange, RunSummary } from "../server/generated/rest.js";

/** Rows that the page holds at most; filters narrow longer lists. */
export const maxRuns = 50_000;

/** What identifies a run's row. */
export function rowKey({ kind, namespace, name }: Pick<RunSummary, "kind" | "namespace" | "name">): string {
  return `${kind}/${namespace}/${name}`;
}

/** Holds runs in the order of the list: the newest first, and those of the same second by name. */
export class RunCollection {
  readonly #runs = new Map<string, RunSummary>();
  #sorted: readonly RunSummary[] | undefined;

  get size(): number {
    return this.#runs.size;
  }

  /** Replaces all. */
  reset(runs: Iterable<RunSummary>): void {
    this.#runs.clear();
    for (const run of runs) this.#runs.set(rowKey(run), run);
    this.#sorted = undefined;
  }

  apply({ type, run }: RunChange): void {
    const key = rowKey(run);
    if (type === "deleted") {
      // a run that was created again under the name is another one
      if (this.#runs.get(key)?.uid === run.uid) this.#runs.delete(key);
    } else {
      if (!this.#runs.has(key) && this.#runs.size >= maxRuns) return;
      this.#runs.set(key, run);
    }
    this.#sorted = undefined;
  }

  sorted(): readonly RunSummary[] {
    this.#sorted ??= [...this.#runs.values()].sort(
      (a, b) => compare(b.createdAt, a.createdAt) || compare(a.name, b.name) || compare(rowKey(a), rowKey(b)),
    );
    return this.#sorted;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
