import { readRequirements } from "../../api/requirements.js";
import { invalid, omitted } from "../../runtime/schema/errors.js";
import { member } from "../../runtime/schema/json.js";
import { noFindings, type Rule } from "../context.js";
import { looksLikeCredential } from "../../api/plain-credential.js";

const field = "spec.taskRequirements";

/**
 * The requirements of a task can be decoded and are valid. Each problem is reported with its path, as if the requirements were part of
 * the spec. Messages never contain a value, since it may belong in a Secret.
 */
export const taskRequirements: Rule = {
  id: "task-requirements",
  check({ view, oldView }) {
    const text = member(view.spec, "taskRequirements");
    if (typeof text !== "string" || text === "") return noFindings;
    if (oldView && member(oldView.spec, "taskRequirements") === text) return noFindings;
    const { requirements, problems } = readRequirements(text);
    const at = (path: string): string => (path === "" || path.startsWith("[") ? `${field}${path}` : `${field}.${path}`);
    const found = problems.map(({ path, message, severity }) => ({ field: at(path), message, severity }));
    return {
      errors: found
        .filter(({ severity }) => severity === "error")
        .map((each) => invalid(each.field, omitted, each.message)),
      warnings: [
        ...found.filter(({ severity }) => severity === "warning").map((each) => `${each.field}: ${each.message}`),
        ...Object.entries(requirements.environment).flatMap(([name, value]) => {
          if (!looksLikeCredential(name, value)) return [];
          return [
            `${field}.environment.${name}: looks like a credential, which everyone who can read the CodeRun can see; store it in a Secret and reference that in ${field}.secrets`,
          ];
        }),
      ],
    };
  },
};
