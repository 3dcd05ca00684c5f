import { builtInVariables, taskVariables } from "../../api/built-in-variables.js";
import { noFindings, type Rule } from "../context.js";
import { isUnchanged } from "../view.js";
import { isReserved } from "./reserved-variables.js";

const names = new Set([...builtInVariables, ...taskVariables].filter((name) => !isReserved(name)));

/** A variable that the operator sets itself gives a warning, since the run's value would be ignored silently. */
export const ownVariables: Rule = {
  id: "built-in-variables",
  check({ view, oldView }) {
    if (isUnchanged("env", view, oldView)) return noFindings;
    return {
      warnings: view.env
        .filter(({ name }) => names.has(name))
        .map(({ name, field }) => `${field}: has no effect: the operator sets ${name} itself; use another name`),
    };
  },
};
