import { invalid } from "../../runtime/schema/errors.js";
import { jsonEqual, member } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";
import { quantity } from "../quantity.js";

/** Nothing is requested beyond its limit, and nothing is negative: no pod could be made. Source: k8s.io/kubernetes, apis/core/validation. */
export const resourcesFit: Rule = {
  id: "resources-fit",
  check({ view, oldView }) {
    if (oldView && jsonEqual(member(view.spec, "resources"), member(oldView.spec, "resources"))) return nothing;
    const { requests, limits } = view.resources;
    const negative = Object.entries({ requests, limits }).flatMap(([part, amounts]) =>
      Object.entries(amounts)
        .filter(([, amount]) => (quantity(amount) ?? 0) < 0)
        .map(([name, amount]) => invalid(`spec.resources.${part}.${name}`, amount, "must not be negative")),
    );
    const beyond = Object.entries(requests).flatMap(([name, amount]) => {
      const [wanted, most] = [quantity(amount), quantity(member(limits, name))];
      if (wanted === undefined || most === undefined || wanted <= most) return [];
      const limit = JSON.stringify(member(limits, name));
      const detail = `must not be more than spec.resources.limits.${name}, which is ${limit}; lower the one or raise the other`;
      return [invalid(`spec.resources.requests.${name}`, amount, detail)];
    });
    return { errors: [...negative, ...beyond] };
  },
};
