/** What the attempts of a run may spend together. Pure. */
import type { RunBudget } from "../api/taskrun.js";
import type { Configuration } from "../configuration/configuration.js";

/** By the spec, else by the configuration, up to its ceiling. A dimension without a limit is absent. */
export function spendingLimit(
  budget: RunBudget | undefined,
  { budget: { default: otherwise, ceiling } }: Pick<Configuration, "budget">,
): RunBudget {
  return Object.fromEntries(
    (["maxTokens", "maxCostUSD"] as const).flatMap((name) => {
      const limit = Math.min((budget ?? otherwise)[name] ?? Infinity, ceiling[name] ?? Infinity);
      return limit === Infinity ? [] : [[name, limit]];
    }),
  );
}
