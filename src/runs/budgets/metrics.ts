import { Gauge, type Registry } from "prom-client";
import { dimensions, limitOf, spentIn, type Amount, type Dimension } from "./account.js";
import type { BudgetBook } from "./budget-book.js";

export interface BudgetMetricsOptions {
  readonly registry: Registry;
  readonly book: Pick<BudgetBook, "list" | "statusOf" | "waiting">;
  /** Only the leader reports gauges of the cluster, or sums over the replicas would be wrong. */
  readonly isLeader: () => boolean;
}

/** Budgets with series of their own, the first by namespace and name: people create as many as they want. */
const maxBudgets = 200;

const units: Readonly<Record<Dimension, string>> = { costUSD: "usd", tokens: "tokens" };

/** Gauges of each Budget. A deleted one leaves no series behind. */
export function addBudgetMetrics({ registry, book, isLeader }: BudgetMetricsOptions): void {
  const labelNames = ["namespace", "budget", "unit"] as const;
  const gauge = (name: string, help: string, amountOf: (of: ReturnType<typeof book.list>[number]) => Amount): void => {
    new Gauge({
      ...{ name, help, labelNames, registers: [registry] },
      collect() {
        this.reset();
        for (const each of isLeader() ? book.list().sort(byName).slice(0, maxBudgets) : []) {
          const { namespace = "", name: budget } = each.metadata;
          const [limit, amount] = [limitOf(each.spec), amountOf(each)];
          for (const dimension of dimensions)
            if (limit[dimension] !== undefined)
              this.set({ namespace, budget, unit: units[dimension] }, amount[dimension] ?? 0);
        }
      },
    });
  };
  gauge("budget_limit", "What a Budget allows in a period", ({ spec }) => limitOf(spec));
  gauge("budget_spent", "What was spent in the present period, attempts without known usage included", (each) =>
    spentIn(book.statusOf(each)),
  );
  gauge("budget_reserved", "What running attempts may still spend", (each) => book.statusOf(each).reserved ?? {});
  new Gauge({
    name: "budget_waiting_runs",
    help: "Number of runs that wait for a Budget",
    registers: [registry],
    collect() {
      this.set(isLeader() ? book.waiting : 0);
    },
  });
}

interface Named {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

function byName({ metadata: a }: Named, { metadata: b }: Named): number {
  return (a.namespace ?? "").localeCompare(b.namespace ?? "") || a.name.localeCompare(b.name);
}
