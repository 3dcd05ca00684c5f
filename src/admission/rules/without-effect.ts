import { isObject, jsonEqual, member, type JsonObject } from "../../runtime/schema/json.js";
import { profileOfApp } from "../../configuration/agents.js";
import { cliOf, clis, modelOptions } from "../../templates/agent-programs.js";
import { ownSettings, takenBy } from "../../templates/context.js";
import { nothing, type Rule, type RuleContext } from "../context.js";
import { textIn } from "../view.js";

/**
 * What a run says and its program has no place for is a warning: it would be passed over in silence. The original had more
 * of it than is here.
 */
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
          "spec.template: has no effect: there is one start script, which a template code/container.sh of your own replaces",
        ]
      : [];
    const config = member(view.spec, "cliConfig");
    if (isObject(config) && isNew("cliConfig")) warnings.push(...programWarnings(context, config));
    else if (isNew("cli")) warnings.push(...unknownProgram("spec.cli", textIn(view.spec, "cli")));
    return warnings.length === 0 ? nothing : { warnings };
  },
};

function unknownProgram(field: string, name: string | undefined): string[] {
  if (name === undefined || Object.hasOwn(clis, name)) return [];
  const known = Object.keys(clis).join(", ");
  return [
    `${field}: ${JSON.stringify(name)} is none of the known programs (${known}); it is started by its name alone, with the prompt on its standard input`,
  ];
}

function programWarnings({ view, configuration }: RuleContext, config: JsonObject): string[] {
  const own = textIn(config, "cliType");
  const name = own ?? profileOfApp(configuration.agents, view.githubApp)?.cli ?? "claude";
  const { options, ownSettings: notItsOwn } = cliOf(name);
  const field = "spec.cliConfig";
  const given = member(config, "settings");
  const effort = isObject(given) ? member(given, "reasoningEffort") : undefined;
  const wanted = modelOptions.filter((option) => member(config, option) !== undefined);
  const untold = [
    ...wanted.filter((option) => options[option] === undefined).map((option) => `${field}.${option}`),
    ...(effort !== undefined && options.reasoningEffort === undefined ? [`${field}.settings.reasoningEffort`] : []),
  ];
  const saidThere = wanted.flatMap((option) => {
    const [way, settings] = [options[option], isObject(given) ? given : {}];
    const key = way === undefined ? undefined : takenBy(way, ownSettings(settings, notItsOwn));
    return key === undefined ? [] : [`${field}.${option}: has no effect: ${field}.settings.${key} takes its place`];
  });
  const others = isObject(given) ? Object.keys(given).filter((key) => key !== "reasoningEffort") : [];
  const taken = others.filter((key) => notItsOwn?.includes(key) === true);
  return [
    ...unknownProgram(`${field}.cliType`, own),
    ...untold.map((path) => `${path}: has no effect: ${name} can't be told it`),
    ...saidThere,
    ...(effort !== undefined && options.reasoningEffort !== undefined && typeof effort !== "string"
      ? [`${field}.settings.reasoningEffort: has no effect: it has to be text, such as high`]
      : []),
    ...(notItsOwn === undefined && others.length > 0
      ? [`${field}.settings: has no effect: ${name} has no settings file that a run's are written to`]
      : []),
    ...taken.map(
      (key) => `${field}.settings.${key}: has no effect: it is made from other fields and the configuration`,
    ),
  ];
}
