/** Connects Budgets to a manager: their cache, and the controller that resets them and wakes the runs that wait. */
import { Budgets, type Budget } from "../api/budget.js";
import type { ConfigurationSource } from "../configuration/source.js";
import { BudgetBook } from "../runs/budgets/budget-book.js";
import { addBudgetMetrics } from "../runs/budgets/metrics.js";
import type { Informer } from "../runtime/cache/informer.js";
import type { ReconcileContext, Reconciler, Request, Result } from "../runtime/controller/reconciler.js";
import type { Clock } from "../runtime/clock.js";
import type { Manager } from "../runtime/manager/manager.js";

/** The longest timer of a controller: a reset further away is checked again then. */
const longestWait = 3_600_000;

export interface BudgetSetup {
  readonly manager: Manager;
  readonly configuration: ConfigurationSource;
  /** The namespaces to watch, beside the operator's; absent: all. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** Namespace of the operator's own objects. */
  readonly namespace: string;
}

/** @returns the book that the controllers of runs ask before they start an attempt */
export function setUpBudgets({ manager, configuration, watchNamespaces, namespace }: BudgetSetup): BudgetBook {
  const { clock, client, events, registry } = manager;
  const namespaces = watchNamespaces === undefined ? undefined : [...new Set([...watchNamespaces, namespace])];
  const informer: Informer<Budget> = manager.cache.informer(Budgets, namespaces === undefined ? {} : { namespaces });
  const book = new BudgetBook({
    ...{ client, clock, events, budgets: informer.reader, operatorNamespace: namespace },
    configuration: () => configuration.current(),
    watches: (name) => watchNamespaces?.includes(name) ?? true,
  });
  manager.controller({ name: "budget", reconciler: new BudgetReconciler(book, clock) }).for(informer);
  addBudgetMetrics({ registry, book, isLeader: () => manager.elector?.isLeader ?? true });
  return book;
}

/** Brings one Budget up to date after each change, and when its period ends. */
export class BudgetReconciler implements Reconciler {
  readonly #book: Pick<BudgetBook, "refresh">;
  readonly #clock: Clock;

  constructor(book: Pick<BudgetBook, "refresh">, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
  }

  async reconcile({ namespace = "", name }: Request, { signal }: ReconcileContext): Promise<Result> {
    const resetsAt = await this.#book.refresh({ namespace, name }, signal);
    if (resetsAt === undefined) return {};
    return { requeueAfter: Math.min(Math.max(0, resetsAt - this.#clock.now()), longestWait) };
  }
}
