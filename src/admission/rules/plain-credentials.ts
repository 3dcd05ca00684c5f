import { looksLikeCredential } from "../../api/plain-credential.js";
import { noFindings, type Rule } from "../context.js";
import { isUnchanged } from "../view.js";

/** A variable that looks like a credential gives a warning, since more users can read the spec than a Secret. */
export const plainCredentials: Rule = {
  id: "plain-credentials",
  check({ view, oldView, kind }) {
    if (isUnchanged("env", view, oldView)) return noFindings;
    return {
      warnings: view.env.flatMap(({ name, value, field }) => {
        if (!looksLikeCredential(name, value)) return [];
        return [
          `${field}: ${JSON.stringify(name)} looks like a credential, which everyone who can read the ${kind.type.kind} can see; ${kind.secretAdvice}`,
        ];
      }),
    };
  },
};
