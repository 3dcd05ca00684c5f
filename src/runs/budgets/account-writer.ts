/** Writes the status of Budgets: one write at a time for each, with all changes that have come meanwhile. */
import { isDeepStrictEqual } from "node:util";
import { described, statusAt } from "./account.js";
import { announced } from "./announced.js";
import { Budgets, type Budget, type BudgetStatus } from "../../api/budget.js";
import type { Reader } from "../../runtime/cache/reader.js";
import type { Client } from "../../runtime/client/client.js";
import { Conflict, NotFound } from "../../runtime/client/errors.js";
import { formatKey, type ObjectKey, type Stored } from "../../runtime/client/objects.js";
import type { Clock } from "../../runtime/clock.js";
import type { EventRecorder } from "../../runtime/events/recorder.js";
import { difference } from "../apply/status.js";

/** A change of a Budget's status. */
export interface StatusChange {
  /** The status after it; undefined: it does not apply. */
  of(budget: Stored<Budget>, status: BudgetStatus): BudgetStatus | undefined;
  /** Whether it may be applied to a state that its caller has not seen. Otherwise it fails with a Conflict there. */
  readonly isRepeatable: boolean;
}

export interface AccountWriterOptions {
  readonly client: Client;
  readonly budgets: Reader<Budget>;
  readonly clock: Clock;
  readonly operatorNamespace: string;
  readonly events: EventRecorder;
}

interface Pending {
  readonly change: StatusChange;
  readonly signal: AbortSignal;
  readonly resolve: (applied: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Conflicts with other writers of one Budget after which a write is given up. */
const maxConflicts = 5;

export class AccountWriter {
  readonly #options: AccountWriterOptions;
  /** The answers to reads and writes of this process, where the cache may be behind. By key. */
  readonly #known = new Map<string, Stored<Budget>>();
  readonly #pending = new Map<string, Pending[]>();

  constructor(options: AccountWriterOptions) {
    this.#options = options;
  }

  /** The newest known state of a Budget that the cache shows. */
  newest(budget: Stored<Budget>): Stored<Budget> {
    const key = formatKey({ namespace: budget.metadata.namespace ?? "", name: budget.metadata.name });
    const known = this.#known.get(key);
    if (known?.metadata.uid === budget.metadata.uid && isLater(known, budget)) return known;
    this.#known.delete(key);
    return budget;
  }

  /**
   * Changes the status of a Budget. The write carries the version that it was made from.
   *
   * @returns whether the change applied; true for a Budget that is gone: it limits nothing
   * @throws Conflict if the Budget changed meanwhile, and the change is not repeatable
   */
  change(key: ObjectKey, change: StatusChange, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const pending = { change, signal, resolve, reject };
      const name = formatKey(key);
      const queue = this.#pending.get(name);
      if (queue !== undefined) {
        queue.push(pending);
        return;
      }
      const all = [pending];
      this.#pending.set(name, all);
      void this.#work(key, all);
    });
  }

  async #work(key: ObjectKey, queue: Pending[]): Promise<void> {
    let failures = 0;
    for (let batch = queue.splice(0); batch.length > 0; batch = [...batch, ...queue.splice(0)]) {
      try {
        batch = await this.#write(key, batch);
        failures = 0;
      } catch (error) {
        batch = await this.#afterFailure(key, batch, error, ++failures <= maxConflicts);
      }
    }
    this.#pending.delete(formatKey(key));
  }

  /** Writes the status after all changes of a batch. @returns an empty batch */
  async #write(key: ObjectKey, batch: readonly Pending[]): Promise<Pending[]> {
    const { client, budgets, clock, operatorNamespace, events } = this.#options;
    const cached = budgets.get(key);
    if (cached === undefined) {
      this.#known.delete(formatKey(key));
      for (const { resolve } of batch) resolve(true);
      return [];
    }
    const budget = this.newest(cached);
    const now = clock.now();
    let status = statusAt(budget, now);
    const applied = batch.map(({ change }) => {
      const after = change.of(budget, status);
      if (after !== undefined) status = after;
      return after !== undefined;
    });
    status = described(budget, status, operatorNamespace, now);
    const changes = isDeepStrictEqual(status, budget.status) ? undefined : difference(budget.status ?? {}, status);
    if (changes !== undefined) {
      const { uid, resourceVersion } = budget.metadata;
      const body = { metadata: { uid, resourceVersion }, status: changes };
      // one caller that stops must not stop the others
      const signal = batch.find((each) => !each.signal.aborted)?.signal ?? AbortSignal.abort();
      const options = { subresource: "status", signal };
      this.#known.set(formatKey(key), await client.patch(Budgets, key, { type: "merge", body }, options));
      for (const event of announced(budget.status, status)) events.event(budget, event);
    }
    for (const [index, { resolve }] of batch.entries()) resolve(applied[index] === true);
    return [];
  }

  /** @returns what is to be tried again */
  async #afterFailure(
    key: ObjectKey,
    batch: readonly Pending[],
    error: unknown,
    isAnotherAllowed: boolean,
  ): Promise<Pending[]> {
    const isConflict = error instanceof Conflict || error instanceof NotFound;
    const again = isConflict && isAnotherAllowed ? batch.filter(({ change }) => change.isRepeatable) : [];
    let failure = error;
    try {
      if (isConflict) await this.#read(key, batch);
    } catch (cannotRead) {
      failure = cannotRead;
    }
    const isRead = failure === error;
    for (const each of batch) if (!isRead || !again.includes(each)) each.reject(failure);
    return isRead ? again : [];
  }

  /** Another client, such as a person who raises the Budget, has written it: the cache may not show that yet. */
  async #read(key: ObjectKey, batch: readonly Pending[]): Promise<void> {
    const { client } = this.#options;
    const signal = batch.find((each) => !each.signal.aborted)?.signal ?? AbortSignal.abort();
    try {
      this.#known.set(formatKey(key), await client.get(Budgets, key, { signal }));
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }
}

/** Versions of one type are increasing decimal numbers (KEP-5504). */
function isLater(a: Stored<Budget>, b: Stored<Budget>): boolean {
  const [left, right] = [a.metadata.resourceVersion, b.metadata.resourceVersion];
  return left.length === right.length ? left > right : left.length > right.length;
}
