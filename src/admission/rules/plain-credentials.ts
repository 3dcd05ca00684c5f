import { jsonEqual, member } from "../../runtime/schema/json.js";
import { nothing, type Rule } from "../context.js";

/** Names that credentials go by. */
const tellingName = /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|PAT)(_|$)/i;
/** How the credentials of well-known issuers begin. */
const tellingValue =
  /^(gh[pousr]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|eyJ[\w-]+\.eyJ|-----BEGIN [A-Z ]*PRIVATE KEY-----|npm_)/;

/** Whether a variable looks like a credential. */
export function isTelling(name: string, value: string): boolean {
  return value !== "" && (tellingName.test(name) || tellingValue.test(value));
}

/** An environment value that looks like a credential is a warning: the spec can be read by many, a Secret by few. */
export const plainCredentials: Rule = {
  id: "plain-credentials",
  check({ view, oldView, kind }) {
    if (oldView && jsonEqual(member(view.spec, "env"), member(oldView.spec, "env"))) return nothing;
    return {
      warnings: view.env.flatMap(({ name, value, field }) => {
        if (!isTelling(name, value)) return [];
        return [
          `${field}: ${JSON.stringify(name)} looks like a credential, and whoever may read the ${kind.type.kind} can read it; ${kind.secretAdvice}`,
        ];
      }),
    };
  },
};
