/** Runs that wait for a Budget, as far as the caller may list runs. */
import { awaitedBudget } from "../api/budget.js";
import type { Client } from "../runtime/client/client.js";
import { Forbidden } from "../runtime/client/errors.js";
import { runTypes } from "./any-run.js";
import { summaries } from "./run-summary.js";
import { runTable, type RunTable } from "./table.js";

/** A run that waits. */
export interface WaitingRun {
  readonly kind: "TaskRun" | "CodeRun" | "DocsRun";
  readonly namespace: string;
  readonly name: string;
}

/** Runs that are named; the number counts them all. */
const maxNamed = 100;

export interface WaitingRuns {
  readonly count: number;
  /** At most 100. */
  readonly named: readonly WaitingRun[];
}

/**
 * The runs that wait, by namespace and name of their Budget: of all namespaces if the caller may list them, else of the given one.
 *
 * @returns undefined if the caller may list neither
 * @throws an API error
 */
export async function runsThatWait(
  client: Client,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, WaitingRuns> | undefined> {
  const options = { ...(signal && { signal }) };
  // a Budget in the operator's namespace applies to runs of other namespaces
  const tables = await unlessForbidden(tablesOf(client, options));
  const visible =
    tables ??
    (namespace === undefined ? undefined : await unlessForbidden(tablesOf(client, { ...options, namespace })));
  return visible && byBudget(visible);
}

const tablesOf = (client: Client, options: Parameters<typeof runTable>[2]): Promise<RunTable[]> =>
  Promise.all(runTypes.map((type) => runTable(client, type, options)));

async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Forbidden) return undefined;
    throw error;
  }
}

function byBudget(tables: readonly RunTable[]): Map<string, WaitingRuns> {
  const found = new Map<string, { count: number; readonly named: WaitingRun[] }>();
  for (const { type, columns, rows } of tables) {
    const summaryOf = summaries(type, columns, true);
    for (const row of rows) {
      const { kind, namespace, name, reason, message } = summaryOf(row);
      const budget = awaitedBudget(reason, message);
      if (budget === undefined) continue;
      const key = `${budget.namespace ?? ""}/${budget.name}`;
      const waiting = found.get(key) ?? { count: 0, named: [] };
      waiting.count += 1;
      if (waiting.named.length < maxNamed) waiting.named.push({ kind, namespace, name });
      found.set(key, waiting);
    }
  }
  return found;
}
