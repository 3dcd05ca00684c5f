import { forbidden } from "../../runtime/schema/errors.js";
import { member } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";

/** A Docker daemon beside the agent has a privileged container: only where the configuration allows it. */
export const dockerAllowed: Rule = {
  id: "docker-allowed",
  check({ view, oldView, configuration }) {
    if (member(view.spec, "enableDocker") !== true || configuration.agent.allowDocker) return nothing;
    if (oldView && member(oldView.spec, "enableDocker") === true) return nothing;
    const detail =
      "needs a privileged container, which the configuration doesn't allow; leave it out, or have agent.allowDocker set";
    return { errors: [forbidden("spec.enableDocker", detail)] };
  },
};
