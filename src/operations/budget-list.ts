/** The Budgets that a caller may list, without the attempts that they count. */
import { Budgets, type Budget, type BudgetAmount } from "../api/budget.js";
import { findCondition, isConditionTrue } from "../api/conditions.js";
import type { Client } from "../runtime/client/client.js";
import type { Stored } from "../runtime/client/objects.js";
import { runsThatWait, type WaitingRun } from "./waiting-runs.js";

/** A Budget and how far it is spent. */
export interface BudgetSummary {
  readonly namespace: string;
  readonly name: string;
  /** The runs that it applies to; absent: all of its namespace, or in the operator's namespace all. */
  readonly selector?: NonNullable<Budget["spec"]["selector"]>;
  readonly period: "Day" | "Week" | "Month";
  readonly timeZone: string;
  /** In each amount, what the Budget does not limit is 0 or absent. */
  readonly limit: BudgetAmount;
  readonly spent: BudgetAmount;
  /** Reservations of attempts whose usage is not known; they count as spent. */
  readonly unmeasured: BudgetAmount;
  readonly reserved: BudgetAmount;
  /** RFC 3339; absent until the operator has seen the Budget. */
  readonly resetsAt?: string;
  readonly runningAttempts: number;
  readonly isNearlySpent: boolean;
  readonly isExhausted: boolean;
  /** Why it cannot be counted as it is written; absent if it can. */
  readonly problem?: string;
  /** Runs that wait for it, among those that the caller may list; absent if that is none. */
  readonly waitingRuns?: number;
  /** Their names; at most 100. */
  readonly waiting?: readonly WaitingRun[];
}

export interface BudgetList {
  /** By namespace and name. */
  readonly items: readonly BudgetSummary[];
  /** There are more than are listed. */
  readonly isTruncated: boolean;
}

/** Objects of one request: each may have hundreds of KiB. */
const pageSize = 20;
const maxBudgets = 1_000;

/** Reads the Budgets of a namespace, or of all, and which runs wait for them. @throws an API error */
export async function budgetList(
  client: Client,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<BudgetList> {
  const budgets = await readBudgets(client, namespace, signal);
  if (budgets.items.length === 0) return budgets;
  const waiting = await runsThatWait(client, namespace, signal);
  if (waiting === undefined) return budgets;
  const items = budgets.items.map((budget) => {
    const { count = 0, named = [] } = waiting.get(`${budget.namespace}/${budget.name}`) ?? {};
    return { ...budget, waitingRuns: count, waiting: named };
  });
  return { ...budgets, items };
}

async function readBudgets(
  client: Pick<Client, "listPages">,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<BudgetList> {
  const options = { limit: pageSize, ...(namespace !== undefined && { namespace }), ...(signal && { signal }) };
  const items: BudgetSummary[] = [];
  for await (const page of client.listPages(Budgets, options)) {
    const left = maxBudgets - items.length;
    items.push(...page.items.slice(0, left).map(summary));
    if (page.items.length > left) return { items, isTruncated: true };
  }
  return { items, isTruncated: false };
}

function summary({ metadata, spec, status = {} }: Stored<Budget>): BudgetSummary {
  const { maxCostUSD, maxTokens, selector = {}, period = "Month", timeZone = "UTC" } = spec;
  const { spent = {}, unmeasured = {}, reserved = {}, resetsAt, attempts = [], conditions } = status;
  const ready = findCondition(conditions, "Ready");
  return {
    ...{ namespace: metadata.namespace ?? "", name: metadata.name, period, timeZone },
    ...(Object.keys(selector).length > 0 && { selector }),
    limit: {
      ...(maxCostUSD !== undefined && { costUSD: maxCostUSD }),
      ...(maxTokens !== undefined && { tokens: maxTokens }),
    },
    ...{ spent, unmeasured, reserved, runningAttempts: attempts.length },
    ...(resetsAt !== undefined && { resetsAt }),
    isNearlySpent: isConditionTrue(conditions, "NearlySpent"),
    isExhausted: isConditionTrue(conditions, "Exhausted"),
    ...(ready?.status === "False" && { problem: ready.message }),
  };
}
