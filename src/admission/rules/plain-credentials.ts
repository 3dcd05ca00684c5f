import { noFindings, type Rule } from "../context.js";
import { isUnchanged } from "../view.js";

/** Usual names of variables that contain credentials. */
const credentialName =
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|PAT)(_|$)/i;
/** Prefixes of credentials from well-known issuers. */
const credentialValue =
  /^(gh[pousr]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|eyJ[\w-]+\.eyJ|-----BEGIN [A-Z ]*PRIVATE KEY-----|npm_)/;

/** Whether a variable looks like a credential. */
export function looksLikeCredential(name: string, value: string): boolean {
  return value !== "" && (credentialName.test(name) || credentialValue.test(value));
}

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
