import { readRequirements } from "../../api/requirements.js";
import { invalid, omitted } from "../../runtime/schema/errors.js";
import { member } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";
import { isTelling } from "./plain-credentials.js";

const field = "spec.taskRequirements";

/**
 * What a task requires can be read, and is told field by field where it can't, as if it stood in the spec. None of its
 * values is ever repeated: it may hold what belongs into a Secret.
 */
export const taskRequirements: Rule = {
  id: "task-requirements",
  check({ view, oldView }) {
    const text = member(view.spec, "taskRequirements");
    if (typeof text !== "string" || text === "") return nothing;
    if (oldView && member(oldView.spec, "taskRequirements") === text) return nothing;
    const { requirements, problems } = readRequirements(text);
    const at = (path: string): string => (path === "" || path.startsWith("[") ? `${field}${path}` : `${field}.${path}`);
    const told = problems.map(({ path, message, severity }) => ({ field: at(path), message, severity }));
    return {
      errors: told
        .filter(({ severity }) => severity === "error")
        .map((each) => invalid(each.field, omitted, each.message)),
      warnings: [
        ...told.filter(({ severity }) => severity === "warning").map((each) => `${each.field}: ${each.message}`),
        ...Object.entries(requirements.environment).flatMap(([name, value]) => {
          if (!isTelling(name, value)) return [];
          return [
            `${field}.environment.${name}: looks like a credential, and whoever may read the CodeRun can read it; put it into a Secret and name that in ${field}.secrets`,
          ];
        }),
      ],
    };
  },
};
