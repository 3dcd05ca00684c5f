import { isObject, jsonEqual, member, type JsonObject } from "../../runtime/schema/json.js";
import { profileOfApp } from "../../configuration/agents.js";
import { programOf, agentPrograms, modelOptions } from "../../templates/agent-programs.js";
import { ownSettings, takenBy } from "../../templates/context.js";
import { noFindings, type Rule, type RuleContext } from "../context.js";
import { textIn } from "../view.js";

/** A field for which the agent program has no option gives a warning, since it would be ignored silently. */
export const withoutEffect: Rule = {
  id: "without-effect",
  check(context) {
    const { view, oldView } = context;
    const isNew = (field: string): boolean => {
      const value = member(view.spec, field);
      return value !== undefined && !(oldView && jsonEqual(member(oldView.spec, field), value));
    };
    const warnings = isNew("template")
      ? [
          "spec.template: has no effect: every CodeRun uses the template code/container.sh, which the ConfigMap agent-templates can override",
        ]
      : [];
    const config = member(view.spec, "cliConfig");
    if (isObject(config) && isNew("cliConfig")) warnings.push(...programWarnings(context, config));
    else if (isNew("cli")) warnings.push(...unknownProgram("spec.cli", textIn(view.spec, "cli")));
    return warnings.length === 0 ? noFindings : { warnings };
  },
};

function unknownProgram(field: string, name: string | undefined): string[] {
  if (name === undefined || Object.hasOwn(agentPrograms, name)) return [];
  const known = Object.keys(agentPrograms).join(", ");
  return [
    `${field}: ${JSON.stringify(name)} is not a known agent program (${known}); it is started by its name, with the prompt on its standard input`,
  ];
}

function programWarnings({ view, configuration }: RuleContext, config: JsonObject): string[] {
  const own = textIn(config, "cliType");
  const name = own ?? profileOfApp(configuration.agents, view.githubApp)?.cli ?? "claude";
  const { options, ownSettings: managed } = programOf(name);
  const field = "spec.cliConfig";
  const given = member(config, "settings");
  const effort = isObject(given) ? member(given, "reasoningEffort") : undefined;
  const wanted = modelOptions.filter((option) => member(config, option) !== undefined);
  const unsupported = [
    ...wanted.filter((option) => options[option] === undefined).map((option) => `${field}.${option}`),
    ...(effort !== undefined && options.reasoningEffort === undefined ? [`${field}.settings.reasoningEffort`] : []),
  ];
  const overridden = wanted.flatMap((option) => {
    const [way, settings] = [options[option], isObject(given) ? given : {}];
    const key = way === undefined ? undefined : takenBy(way, ownSettings(settings, managed));
    return key === undefined ? [] : [`${field}.${option}: has no effect: ${field}.settings.${key} overrides it`];
  });
  const others = isObject(given) ? Object.keys(given).filter((key) => key !== "reasoningEffort") : [];
  const ignored = others.filter((key) => managed?.includes(key) === true);
  return [
    ...unknownProgram(`${field}.cliType`, own),
    ...unsupported.map((path) => `${path}: has no effect: ${name} has no such option`),
    ...overridden,
    ...(effort !== undefined && options.reasoningEffort !== undefined && typeof effort !== "string"
      ? [`${field}.settings.reasoningEffort: has no effect: must be a string, such as high`]
      : []),
    ...(managed === undefined && others.length > 0
      ? [`${field}.settings: has no effect: ${name} has no settings file for the settings of a run`]
      : []),
    ...ignored.map(
      (key) => `${field}.settings.${key}: has no effect: it is derived from other fields and the configuration`,
    ),
  ];
}
