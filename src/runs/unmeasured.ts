/** What an attempt counts against the budget of its run when its gateway has left no report. Pure. */
import { amountOf, dimensions, limitOf, type Amount } from "./budgets/account.js";
import type { AgentRun } from "./run.js";
import type { Usage } from "../api/taskrun.js";
import type { Configuration } from "../configuration/configuration.js";

/** The run's own budget, or the configured one, within the ceiling. */
function limitsOf(
  { spec }: AgentRun,
  { budget: { default: otherwise, ceiling } }: Pick<Configuration, "budget">,
): Amount {
  const [own, most] = [limitOf(spec.budget ?? otherwise), limitOf(ceiling)];
  return Object.fromEntries(
    dimensions.flatMap((dimension) => {
      const limit = Math.min(own[dimension] ?? Infinity, most[dimension] ?? Infinity);
      return limit === Infinity ? [] : [[dimension, limit]];
    }),
  );
}

/**
 * An equal share of the budget among the attempts that `maxRetries` allows, or as much as the attempt of this run that used most, and no
 * more than what is left. If it counted as all that is left, a lost node would end every run with a budget.
 *
 * @returns undefined for a run without a budget
 */
export function unmeasuredOf(
  run: AgentRun,
  configuration: Pick<Configuration, "budget">,
  maxRetries: number,
): Usage["unmeasured"] {
  const { usage = {}, runs = [] } = run.status ?? {};
  const used = countedOf(usage);
  const known = runs.map((record) => amountOf(record.usage ?? {}));
  const entries = Object.entries(limitsOf(run, configuration)).map(([name, limit]) => {
    const dimension = name === "costUSD" ? "costUSD" : "tokens";
    const left = Math.max(0, limit - (used[dimension] ?? 0));
    const most = Math.max(limit / (maxRetries + 1), ...known.map((amount) => amount[dimension] ?? 0));
    const share = Math.min(left, most);
    return [dimension, dimension === "costUSD" ? Math.ceil(share * 1e6) / 1e6 : Math.ceil(share)] as const;
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What counts against the budget of a run: what was used as far as it is known, and what counts for the rest. */
export function countedOf({ unmeasured = {}, ...usage }: Usage): Amount {
  const { costUSD = 0, tokens = 0 } = amountOf(usage);
  return { costUSD: costUSD + (unmeasured.costUSD ?? 0), tokens: tokens + (unmeasured.tokens ?? 0) };
}
