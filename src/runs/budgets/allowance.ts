/** What an attempt may spend at most, from the budget of its run and the Budgets that hold for it. Pure. */
import { dimensions, limitOf, shareOf, type Amount } from "./account.js";
import type { BudgetSpec } from "../../api/budget.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { AgentRun } from "../run.js";
import { countedOf } from "../unmeasured.js";

/** A Budget that applies to the run. */
export interface Holding {
  readonly spec: BudgetSpec;
  /** What the attempt has reserved already. */
  readonly reserved?: Amount;
}

/**
 * The end of what the next attempt may spend. In each dimension that is what is left of the run's own budget; without one, the least share
 * of the Budgets that limit it, and no more than the ceiling. What is reserved already is not exceeded. Absent: no limit.
 */
export function allowanceOf(
  { spec, status }: AgentRun,
  holdings: readonly Holding[],
  { budget: { default: otherwise, ceiling } }: Pick<Configuration, "budget">,
): Amount {
  const own = limitOf(spec.budget ?? otherwise);
  const most = limitOf(ceiling);
  const used = countedOf(status?.usage ?? {});
  return Object.fromEntries(
    dimensions.flatMap((dimension) => {
      const whole = (limit: Amount): number => Math.max(0, (limit[dimension] ?? Infinity) - (used[dimension] ?? 0));
      const shares = holdings.map(({ spec: budget }) => shareOf(budget)[dimension] ?? Infinity);
      const wanted = own[dimension] === undefined ? Math.min(...shares) : whole(own);
      const reserved = holdings.map((holding) => holding.reserved?.[dimension] ?? Infinity);
      const amount = Math.min(wanted, whole(most), ...reserved);
      return amount === Infinity ? [] : [[dimension, rounded(amount)]];
    }),
  );
}

/** Differences of dollars have as many digits as the sums. */
const rounded = (amount: number): number => Math.round(amount * 1e6) / 1e6;

/** The part of an allowance that a Budget limits, to be reserved there. */
export function wantedOf(allowance: Amount, spec: BudgetSpec): Amount {
  const limit = limitOf(spec);
  return Object.fromEntries(
    dimensions.flatMap((dimension) => {
      const amount = allowance[dimension];
      return limit[dimension] === undefined || amount === undefined ? [] : [[dimension, amount]];
    }),
  );
}

/**
 * The run as the files of an attempt are made of it: with the attempt's allowance in place of the budget of all attempts, so that its
 * gateway ends there.
 */
export function withAllowance<R extends AgentRun>(run: R, { costUSD, tokens }: Amount): R {
  const budget = {
    ...(costUSD !== undefined && { maxCostUSD: costUSD }),
    ...(tokens !== undefined && { maxTokens: tokens }),
  };
  const { usage: _usage, ...status } = run.status ?? {};
  return { ...run, spec: { ...run.spec, budget }, ...(run.status !== undefined && { status }) };
}
