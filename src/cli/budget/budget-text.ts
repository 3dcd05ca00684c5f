/** Budgets as text for people. Pure. */
import type { BudgetAmount } from "../../api/budget.js";
import type { BudgetSummary } from "../../operations/budget-list.js";
import { printable } from "../../printable.js";
import { aligned } from "../aligned.js";

/** A line for each. @param namespaces with a column for the namespace */
export function budgetTable(items: readonly BudgetSummary[], namespaces: boolean): string {
  const head = ["NAME", "PERIOD", "LIMIT", "SPENT", "RESERVED", "RUNNING", "WAITING", "RESETS", "STATE"];
  const lines = items.map((budget) => [
    ...(namespaces ? [printable(budget.namespace)] : []),
    ...[printable(budget.name), budget.period],
    ...[limitText(budget), amountText(budget.limit, spentOf(budget)), amountText(budget.limit, budget.reserved)],
    ...[String(budget.runningAttempts), waitingCount(budget), resetText(budget), stateOf(budget)],
  ]);
  return aligned([[...(namespaces ? ["NAMESPACE"] : []), ...head], ...lines]);
}

/** All that is known of one. */
export function budgetDescription(budget: BudgetSummary): string {
  const {
    namespace,
    name,
    period,
    timeZone,
    limit,
    unmeasured,
    reserved,
    runningAttempts,
    problem,
    waiting = [],
  } = budget;
  const hasUnmeasured = Object.values(unmeasured).some((amount) => amount > 0);
  const lines: readonly (readonly [name: string, value: string | undefined])[] = [
    ["Name", name],
    ["Namespace", namespace],
    ["Selects", selectorText(budget)],
    ["Period", `${period} (${timeZone})`],
    ["Limit", limitText(budget)],
    ["Spent", amountText(limit, spentOf(budget))],
    [
      "Unmeasured",
      hasUnmeasured
        ? `${amountText(limit, unmeasured)} of it: reservations of attempts whose usage is not known`
        : undefined,
    ],
    ["Reserved", `${amountText(limit, reserved)} by ${counted(runningAttempts, "running attempt")}`],
    ["Left", amountText(limit, leftOf(budget))],
    ["Resets", resetText(budget)],
    ["State", stateOf(budget)],
    ["Problem", problem],
    ["Waiting", waitingText(budget)],
  ];
  const facts = lines.flatMap(([title, value]) =>
    value === undefined ? [] : [`${`${title}:`.padEnd(14)}${printable(value)}\n`],
  );
  const rows = waiting.map((run) => ["", run.namespace, `${run.kind.toLowerCase()}/${run.name}`].map(printable));
  return facts.join("") + (rows.length === 0 ? "" : aligned([["", "NAMESPACE", "RUN"], ...rows], { gap: 2 }));
}

/** The lists that a run has to match; undefined without any. */
function selectorText({ selector = {} }: BudgetSummary): string | undefined {
  const lists = (["namespaces", "services", "agents", "repositories"] as const).flatMap((name) => {
    const values = selector[name];
    return values === undefined ? [] : [`${name} ${values.join(", ")}`];
  });
  return lists.length === 0 ? undefined : lists.join("; ");
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

const limitText = ({ limit }: BudgetSummary): string => amountText(limit, limit);

/** An amount in the dimensions that a Budget limits. */
function amountText(limit: BudgetAmount, { costUSD = 0, tokens = 0 }: BudgetAmount): string {
  return [
    ...(limit.costUSD === undefined ? [] : [dollars(costUSD)]),
    ...(limit.tokens === undefined ? [] : [`${tokens} tokens`]),
  ].join(", ");
}

/** With what counts as spent because nobody knows it. */
function spentOf({ spent, unmeasured }: BudgetSummary): BudgetAmount {
  return {
    costUSD: (spent.costUSD ?? 0) + (unmeasured.costUSD ?? 0),
    tokens: (spent.tokens ?? 0) + (unmeasured.tokens ?? 0),
  };
}

function leftOf(budget: BudgetSummary): BudgetAmount {
  const { limit, reserved } = budget;
  const spent = spentOf(budget);
  const left = (name: keyof BudgetAmount): number =>
    Math.max(0, (limit[name] ?? 0) - (spent[name] ?? 0) - (reserved[name] ?? 0));
  return { costUSD: left("costUSD"), tokens: left("tokens") };
}

const waitingCount = ({ waitingRuns }: BudgetSummary): string =>
  waitingRuns === undefined ? "<unknown>" : String(waitingRuns);

function waitingText({ waitingRuns, waiting = [] }: BudgetSummary): string {
  if (waitingRuns === undefined) return "<unknown>: you may not list runs here";
  const more = waitingRuns > waiting.length ? `, of which these are ${waiting.length}` : "";
  return `${counted(waitingRuns, "run")}${more}`;
}

const resetText = ({ resetsAt }: BudgetSummary): string => resetsAt ?? "<unknown>";

function stateOf({ problem, isExhausted, isNearlySpent }: BudgetSummary): string {
  if (problem !== undefined) return "NotReady";
  if (isExhausted) return "Exhausted";
  return isNearlySpent ? "NearlySpent" : "Ready";
}
