import { notSupported } from "../../runtime/schema/errors.js";
import { formatFieldError, type FieldError } from "../../runtime/schema/field-error.js";
import { isList, isObject, jsonEqual, member } from "../../runtime/schema/json.js";
import type { Rule, RuleContext } from "../context.js";
import type { ListedValue } from "../kind.js";

/**
 * If the configuration lists models or agents, a run that names another one gets a warning, or with `strict` a denial. Usually the name
 * is misspelt, and the agent would fail only after its pod has started.
 */
export const knownModelAndAgent: Rule = {
  id: "known-model-and-agent",
  check(context) {
    const { view, oldView, configuration, kind } = context;
    const before =
      oldView === undefined ? [] : [...model(oldView, configuration), ...kind.listed(oldView, configuration)];
    const errors = [...model(view, configuration), ...kind.listed(view, configuration)].flatMap(
      (listed): FieldError[] => {
        const { field, value, known, isKnown } = listed;
        if (isKnown || before.some((old) => old.field === field && jsonEqual(old.value, value))) return [];
        return [notSupported(field, value, known)];
      },
    );
    return configuration.strict ? { errors } : { warnings: errors.map(formatFieldError) };
  },
};

/** The model of the run, and the models in `cliConfig` that override it. */
function model({ spec }: RuleContext["view"], { models }: RuleContext["configuration"]): ListedValue[] {
  if (models === undefined) return [];
  const config = member(spec, "cliConfig");
  const rotation = isObject(config) ? member(config, "modelRotation") : undefined;
  return [
    { field: "spec.model", value: member(spec, "model") },
    { field: "spec.cliConfig.model", value: isObject(config) ? member(config, "model") : undefined },
    ...(isList(rotation) ? rotation : []).map((value, index) => ({
      field: `spec.cliConfig.modelRotation[${index}]`,
      value,
    })),
  ].flatMap(({ field, value }) =>
    typeof value === "string" ? [{ field, value, known: models, isKnown: models.includes(value) }] : [],
  );
}
