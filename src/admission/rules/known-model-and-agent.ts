import { notSupported } from "../../runtime/schema/errors.js";
import { formatFieldError, type FieldError } from "../../runtime/schema/fielderror.js";
import { member } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";

/**
 * Where the configuration lists models or agents, another one is a warning, and with `strict` a denial: most often it is
 * misspelt, and the agent would only fail after its pod has started. Source: the configuration's `models`, `agents`.
 */
export const knownModelAndAgent: Rule = {
  id: "known-model-and-agent",
  check({ view, oldView, settings: { models, agents, strict } }) {
    if (models === undefined && agents === undefined) return nothing;
    const lists = { model: models, agentName: agents && Object.keys(agents) };
    const errors = Object.entries(lists).flatMap(([field, known]): FieldError[] => {
      const value = member(view.spec, field);
      if (known === undefined || typeof value !== "string" || known.includes(value)) return [];
      if (oldView && member(oldView.spec, field) === value) return [];
      return [notSupported(`spec.${field}`, value, known)];
    });
    return strict ? { errors } : { warnings: errors.map(formatFieldError) };
  },
};
