import { readRequirements } from "../../api/requirements.js";
import { forbidden } from "../../runtime/schema/errors.js";
import { isList, isObject, member } from "../../runtime/schema/json.js";
import { noFindings, type Rule } from "../context.js";
import { textIn, type RunView } from "../view.js";

/** Variables that load code into every program, or decide where credentials are sent. A `*` at one end stands for any text. */
const reservedNames: readonly string[] = [
  ...["BASH_ENV", "ENV", "NODE_OPTIONS", "LD_*", "PATH", "HOME"],
  ...["GIT_CONFIG_*", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND"],
  ...["GIT_SSL_NO_VERIFY", "GITHUB_API_URL", "GITHUB_URL", "*_BASE_URL"],
];
/** Programs read these in lower case too. */
const proxies = /^(HTTPS?|ALL|NO)_PROXY$/i;

const exact = new Set(reservedNames.filter((name) => !name.includes("*")));
const prefixes = reservedNames.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
const suffixes = reservedNames.filter((name) => name.startsWith("*")).map((name) => name.slice(1));

/** Whether only the configuration may set a variable of this name. */
export function isReserved(name: string): boolean {
  return (
    exact.has(name) ||
    proxies.test(name) ||
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    suffixes.some((suffix) => name.endsWith(suffix))
  );
}

/**
 * A run does not set variables that would run foreign code with the keys of the pod, or send those keys elsewhere: its author may have
 * less access than the identity it works as. The configuration (`agent.env`) may set them. The keys of whole Secrets
 * (`taskRequirements.secrets` without `keys`) are not known at admission.
 */
export const reservedVariables: Rule = {
  id: "reserved-variables",
  check({ view, oldView }) {
    const names = namesIn(view).filter(({ name }) => isReserved(name));
    if (names.length === 0) return noFindings;
    const before = new Set(oldView === undefined ? [] : namesIn(oldView).map(({ name }) => name));
    return {
      errors: names
        .filter(({ name }) => !before.has(name))
        .map(({ name, field }) =>
          forbidden(
            field,
            `${name} is reserved, since it could run code with the keys of the pod or send them elsewhere; remove it, or ask an administrator to set it in agent.env of the configuration`,
          ),
        ),
    };
  },
};

function namesIn({ env, spec }: RunView): { readonly name: string; readonly field: string }[] {
  const fromSecrets = member(spec, "envFromSecrets");
  const requirements = textIn(spec, "taskRequirements");
  const found = env.map(({ name, field }) => ({ name, field: field.replace(/\.value$/, ".name") }));
  if (isList(fromSecrets))
    for (const [index, each] of fromSecrets.entries())
      if (isObject(each)) found.push({ name: textIn(each, "name") ?? "", field: `spec.envFromSecrets[${index}].name` });
  if (requirements !== undefined) {
    const { variables, environment } = readRequirements(requirements).requirements;
    for (const { name } of variables) found.push({ name, field: "spec.taskRequirements.secrets" });
    for (const name of Object.keys(environment))
      found.push({ name, field: `spec.taskRequirements.environment.${name}` });
  }
  return found;
}
