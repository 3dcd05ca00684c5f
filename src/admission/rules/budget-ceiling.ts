import { forbidden } from "../../runtime/schema/errors.js";
import { isObject, member } from "../../runtime/schema/json.js";
import { noFindings, type Rule } from "../context.js";

/** A run's budget stays within the ceiling of the configuration, which applies to runs without a budget, too. */
export const budgetCeiling: Rule = {
  id: "budget-ceiling",
  check({ view, oldView, configuration }) {
    const budget = member(view.spec, "budget");
    if (!isObject(budget)) return noFindings;
    const before = oldView && member(oldView.spec, "budget");
    const errors = (["maxTokens", "maxCostUSD"] as const).flatMap((name) => {
      const [value, most] = [budget[name], configuration.budget.ceiling[name]];
      if (typeof value !== "number" || most === undefined || value <= most) return [];
      if (isObject(before) && before[name] === value) return [];
      return [
        forbidden(
          `spec.budget.${name}`,
          `must be at most ${most}, the configuration's ceiling; lower it, or ask an administrator to raise budget.ceiling.${name}`,
        ),
      ];
    });
    return errors.length === 0 ? noFindings : { errors };
  },
};
