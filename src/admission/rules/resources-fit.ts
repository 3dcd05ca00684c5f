import { invalid } from "../../runtime/schema/errors.js";
import type { FieldError } from "../../runtime/schema/field-error.js";
import { jsonEqual, member, type JsonObject } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";
import { quantity } from "../../api/quantity.js";

/** Nothing is requested beyond its limit, and nothing is negative: no pod could be made. Source: k8s.io/kubernetes, apis/core/validation. */
export const resourcesFit: Rule = {
  id: "resources-fit",
  check({ view, oldView }) {
    if (oldView && jsonEqual(member(view.spec, "resources"), member(oldView.spec, "resources"))) return nothing;
    const { requests, limits } = view.resources;
    return { errors: [...negative("requests", requests), ...negative("limits", limits), ...beyond(requests, limits)] };
  },
};

function negative(part: string, amounts: JsonObject): FieldError[] {
  return Object.keys(amounts)
    .filter((name) => (quantity(amounts[name]) ?? 0) < 0)
    .map((name) => invalid(`spec.resources.${part}.${name}`, amounts[name], "must not be negative"));
}

function beyond(requests: JsonObject, limits: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of Object.keys(requests)) {
    const [wanted, most] = [quantity(requests[name]), quantity(member(limits, name))];
    if (wanted === undefined || most === undefined || wanted <= most) continue;
    const limit = JSON.stringify(member(limits, name));
    const detail = `must not be more than spec.resources.limits.${name}, which is ${limit}; lower the one or raise the other`;
    errors.push(invalid(`spec.resources.requests.${name}`, requests[name], detail));
  }
  return errors;
}
