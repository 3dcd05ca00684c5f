/** The runs that wait for Budgets, in memory: after a restart each run is reconciled, and waits again. */
import { dimensions, lacking, type Amount } from "./account.js";
import { priorities } from "../../configuration/configuration.js";
import type { Reader } from "../../runtime/cache/reader.js";
import { formatKey, objectKey, type ObjectKey, type Stored } from "../../runtime/client/objects.js";
import type { AgentRun } from "../run.js";

/** A run and what it waits for. */
export interface WaitingRun {
  readonly run: Stored<AgentRun>;
  readonly runs: Pick<Reader<AgentRun>, "get">;
  readonly enqueue: (key: ObjectKey) => void;
  /** The Budget. */
  readonly budget: ObjectKey;
  readonly wanted: Amount;
}

export class WaitingRuns {
  /** By UID. */
  readonly #waiting = new Map<string, WaitingRun>();

  get size(): number {
    return this.#waiting.size;
  }

  add(waiting: WaitingRun): void {
    this.#waiting.set(waiting.run.metadata.uid, waiting);
  }

  remove(uid: string): void {
    this.#waiting.delete(uid);
  }

  /**
   * Enqueues the runs that wait for a Budget and fit together into what it has left: by priority, then the oldest first. A run that
   * does not fit holds up no smaller one.
   *
   * @param room undefined: no limit
   */
  wake(budget: ObjectKey, room: Amount = {}): void {
    const key = formatKey(budget);
    const left: Partial<Record<(typeof dimensions)[number], number>> = { ...room };
    for (const each of [...this.#waiting.values()].sort(inOrder)) {
      if (formatKey(each.budget) !== key) continue;
      const { uid } = each.run.metadata;
      if (each.runs.get(objectKey(each.run))?.metadata.uid !== uid) this.#waiting.delete(uid);
      else if (lacking(each.wanted, left) === undefined) {
        for (const dimension of dimensions) {
          const amount = left[dimension];
          if (amount !== undefined) left[dimension] = amount - (each.wanted[dimension] ?? 0);
        }
        each.enqueue(objectKey(each.run));
      }
    }
  }
}

function inOrder({ run: a }: WaitingRun, { run: b }: WaitingRun): number {
  const rank = ({ spec }: AgentRun): number => priorities.indexOf(spec.priority ?? "medium");
  const created = ({ metadata }: Stored<AgentRun>): string => metadata.creationTimestamp ?? "";
  return rank(a) - rank(b) || created(a).localeCompare(created(b));
}
