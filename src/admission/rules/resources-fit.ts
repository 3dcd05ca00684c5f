import { invalid } from "../../runtime/schema/errors.js";
import type { FieldError } from "../../runtime/schema/field-error.js";
import { member, type JsonObject } from "../../runtime/schema/json.js";
import { noFindings, type Rule } from "../context.js";
import { isUnchanged } from "../view.js";
import { quantity } from "../../api/quantity.js";

/** No request exceeds its limit, and no amount is negative: the API server would deny the pod. Source: k8s.io/kubernetes, apis/core/validation. */
export const resourcesFit: Rule = {
  id: "resources-fit",
  check({ view, oldView }) {
    if (isUnchanged("resources", view, oldView)) return noFindings;
    const { requests, limits } = view.resources;
    return {
      errors: [...negative("requests", requests), ...negative("limits", limits), ...exceeding(requests, limits)],
    };
  },
};

function negative(part: string, amounts: JsonObject): FieldError[] {
  return Object.keys(amounts)
    .filter((name) => (quantity(amounts[name]) ?? 0) < 0)
    .map((name) => invalid(`spec.resources.${part}.${name}`, amounts[name], "must not be negative"));
}

function exceeding(requests: JsonObject, limits: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of Object.keys(requests)) {
    const [request, limit] = [quantity(requests[name]), quantity(member(limits, name))];
    if (request === undefined || limit === undefined || request <= limit) continue;
    const shown = JSON.stringify(member(limits, name));
    const detail = `must not exceed spec.resources.limits.${name} (${shown}); lower the request or raise the limit`;
    errors.push(invalid(`spec.resources.requests.${name}`, requests[name], detail));
  }
  return errors;
}
