import { forbidden } from "../../runtime/schema/errors.js";
import { member } from "../../runtime/schema/json.js";
import { noFindings, type Rule } from "../context.js";

/** The Docker daemon beside the agent runs in a privileged container, so the configuration has to allow it. */
export const dockerAllowed: Rule = {
  id: "docker-allowed",
  check({ view, oldView, configuration }) {
    if (member(view.spec, "enableDocker") !== true || configuration.agent.allowDocker) return noFindings;
    if (oldView && member(oldView.spec, "enableDocker") === true) return noFindings;
    const detail =
      "needs a privileged container, which the configuration does not allow; remove the field, or set agent.allowDocker in the configuration";
    return { errors: [forbidden("spec.enableDocker", detail)] };
  },
};
