import { invalid, notSupported, omitted } from "../../runtime/schema/errors.js";
import { formatFieldError, type FieldError } from "../../runtime/schema/fielderror.js";
import { isObject, jsonEqual, member } from "../../runtime/schema/json.js";
import type { JsonSchema } from "../../runtime/schema/jsonschema.js";
import { cliOf } from "../../templates/clis.js";
import { ownSettings } from "../../templates/context.js";
import { FileSchemas, mustBe } from "../../templates/fileschemas.js";
import { mistakesIn, type Mistake } from "../../templates/mistakes.js";
import { settingsFileOf, type SettingsFile } from "../../templates/settingsfiles.js";
import { nothing, type Finding, type Rule } from "../context.js";
import { textIn } from "../view.js";

const field = "spec.cliConfig.settings";

/** As many are told at once: settings may be as long as a request, and all of them wrong. */
const mostMistakes = 10;

/** Read for the first run with settings of its own, of which most have none. */
const schemas = new FileSchemas();

/**
 * What a run writes into its program's settings file is of the types that the program documents. One that isn't would cost the
 * run all its settings, or its start, with nobody there to see it; a program that only complains is a warning, and so are
 * words and members that it may not know. Source: templates/schemas.
 */
export const programSettings: Rule = {
  id: "program-settings",
  check({ view, oldView }) {
    const config = member(view.spec, "cliConfig");
    const given = isObject(config) ? member(config, "settings") : undefined;
    if (!isObject(config) || !isObject(given)) return nothing;
    if (oldView && jsonEqual(member(oldView.spec, "cliConfig"), config)) return nothing;
    const program = textIn(config, "cliType") ?? "";
    const file = settingsFileOf(program);
    return file === undefined ? nothing : findings(file, ownSettings(given, cliOf(program).ownSettings));
  },
};

function findings(program: SettingsFile, settings: Readonly<Record<string, unknown>>): Finding {
  const schema = schemas.of(program.file) ?? {};
  const errors: FieldError[] = [];
  const warnings: string[] = [];
  for (const mistake of mistakesIn(schema, settings, field)) {
    if (errors.length + warnings.length === mostMistakes) break;
    if (mistake.kind === "type" && program.goesOn !== true) errors.push(wrongType(mistake, program));
    else if (mistake.kind === "type") warnings.push(formatFieldError(wrongType(mistake, program)));
    else if (program.unknownWord !== undefined)
      warnings.push(
        `${formatFieldError(notSupported(mistake.path, mistake.actual, mistake.wanted))}; ${program.unknownWord}`,
      );
  }
  return { errors, warnings: [...warnings, ...unknownMembers(program, schema, settings)] };
}

function unknownMembers(
  { unknownMember }: SettingsFile,
  { properties = {} }: JsonSchema,
  settings: Readonly<Record<string, unknown>>,
): string[] {
  if (unknownMember === undefined) return [];
  return Object.keys(settings)
    .filter((name) => !Object.hasOwn(properties, name))
    .slice(0, mostMistakes)
    .map((name) => `${field}.${name}: no such member is known; ${unknownMember}`);
}

const remedies: Readonly<Record<string, string>> = {
  array: "a list, such as [a, b]",
  boolean: "true or false, without quotes",
  integer: "a whole number, without quotes",
  number: "a number, without quotes",
  object: "a map, such as {a: b}",
  string: "a text, in quotes",
};

function wrongType(mistake: Mistake & { readonly kind: "type" }, { wrongType }: SettingsFile): FieldError {
  const remedy = mistake.wanted.map((type) => remedies[type] ?? type).join(", or ");
  const detail = `${mustBe(mistake)}: write ${remedy}; ${wrongType}`;
  return { ...invalid(mistake.path, omitted, detail), reason: "FieldValueTypeInvalid" };
}
