/** Amounts of Budgets, in words. */
import type { BudgetAmount, BudgetSummary } from "../server/generated/rest.js";

/** An amount in the dimensions that a Budget limits: `$1.50, 2,000 tokens`. */
export function amountText(limit: BudgetAmount, { costUSD = 0, tokens = 0 }: BudgetAmount): string {
  return [
    ...(limit.costUSD === undefined ? [] : [`$${costUSD.toFixed(2)}`]),
    ...(limit.tokens === undefined ? [] : [`${tokens.toLocaleString("en")} tokens`]),
  ].join(", ");
}

/** With the reservations of attempts whose usage is not known: they count as spent. */
export function spentOf({ spent, unmeasured }: Pick<BudgetSummary, "spent" | "unmeasured">): BudgetAmount {
  return {
    costUSD: (spent.costUSD ?? 0) + (unmeasured.costUSD ?? 0),
    tokens: (spent.tokens ?? 0) + (unmeasured.tokens ?? 0),
  };
}

/** Part that is spent, from 0 to 1: of dollars or tokens, whichever is nearer to its end. */
export function shareSpent(budget: Pick<BudgetSummary, "limit" | "spent" | "unmeasured">): number {
  const spent = spentOf(budget);
  const shares = (["costUSD", "tokens"] as const).map((name) => {
    const limit = budget.limit[name];
    if (limit === undefined) return 0;
    return limit === 0 ? 1 : (spent[name] ?? 0) / limit;
  });
  return Math.min(1, Math.max(...shares));
}

export function budgetState({ isExhausted, isNearlySpent }: BudgetSummary): string {
  if (isExhausted) return "Exhausted";
  return isNearlySpent ? "Nearly spent" : "Ready";
}

/** The Budget that a run waits for, as its message names it; undefined if it waits for none. */
export function awaitedBudget(
  reason: string | undefined,
  message: string | undefined,
): { readonly namespace: string; readonly name: string } | undefined {
  if (reason !== "BudgetExhausted" && reason !== "BudgetTooSmall") return undefined;
  const [, namespace, name] =
    /\bBudget ([a-z0-9-]{1,63})\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)/.exec(message ?? "") ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}
