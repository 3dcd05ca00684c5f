import { invalid, notSupported, omitted } from "../../runtime/schema/errors.js";
import { formatFieldError, type FieldError } from "../../runtime/schema/field-error.js";
import { isList, isObject, jsonEqual, member } from "../../runtime/schema/json.js";
import type { JsonSchema } from "../../runtime/schema/json-schema.js";
import { cliOf } from "../../templates/agent-programs.js";
import { ownSettings } from "../../templates/context.js";
import { mustBe, type FileViolation } from "../../templates/file-schemas.js";
import { settingsFileOf, type SettingsFile } from "../../templates/settings-files.js";
import { nothing, type Finding, type Rule, type RuleContext } from "../context.js";
import { textIn } from "../view.js";

const field = "spec.cliConfig.settings";

/** Bytes of settings as JSON. A file of a run is refused, and its start with it, when it is rendered to 512 KiB or more. */
const mostBytes = 256 * 1024;

/** As many are told at once: settings may be as long as a request, and all of them wrong. */
const mostMistakes = 10;

/**
 * What a run writes into its program's settings file is of the types that the program documents. One that isn't would cost the
 * run all its settings, or its start, with nobody there to see it; a program that only complains is a warning, and so are
 * words and members that it may not know. What can't be written into the file at all would keep the run from its start for ever.
 * Source: templates/schemas.
 */
export const programSettings: Rule = {
  id: "program-settings",
  check({ view, oldView, fileSchemas }) {
    const config = member(view.spec, "cliConfig");
    const given = isObject(config) ? member(config, "settings") : undefined;
    if (!isObject(config) || !isObject(given)) return nothing;
    if (oldView && jsonEqual(member(oldView.spec, "cliConfig"), config)) return nothing;
    const program = textIn(config, "cliType") ?? "";
    const file = settingsFileOf(program);
    if (file === undefined) return nothing;
    const settings = ownSettings(given, cliOf(program).ownSettings);
    const bytes = Buffer.byteLength(JSON.stringify(settings));
    return bytes > mostBytes ? { errors: [tooMuch(bytes)] } : findings(file, settings, fileSchemas);
  },
};

function findings(
  program: SettingsFile,
  settings: Readonly<Record<string, unknown>>,
  schemas: RuleContext["fileSchemas"],
): Finding {
  const schema = schemas.of(program.file) ?? {};
  const errors: FieldError[] = [];
  const warnings: string[] = [];
  for (const violation of schemas.violations(program.file, settings, field)) {
    if (errors.length + warnings.length === mostMistakes) break;
    if (violation.rule === "type" && program.goesOn !== true) errors.push(wrongType(violation, program));
    else if (violation.rule === "type") warnings.push(formatFieldError(wrongType(violation, program)));
    else if (violation.rule === "minimum")
      warnings.push(
        `${violation.path}: less than ${violation.limit} is not documented, and may be taken for a value of a wrong type: ${program.wrongType}`,
      );
    else if (program.unknownWord !== undefined)
      warnings.push(
        `${formatFieldError(notSupported(violation.path, violation.value, violation.wanted))}; ${program.unknownWord}`,
      );
  }
  if (program.noNull !== undefined) errors.push(...nulls(program.noNull, settings, errors));
  return { errors, warnings: [...warnings, ...unknownMembers(program, schema, settings)] };
}

function nulls(why: string, settings: unknown, told: readonly FieldError[]): FieldError[] {
  const found: FieldError[] = [];
  for (const path of nullsIn(settings, field)) {
    if (found.length === mostMistakes) break;
    if (!told.some((error) => error.field === path))
      found.push(invalid(path, omitted, `must not be null: leave it out; ${why}`));
  }
  return found;
}

function* nullsIn(value: unknown, path: string): Generator<string> {
  if (value === null) yield path;
  else if (isList(value)) for (const [index, item] of value.entries()) yield* nullsIn(item, `${path}[${index}]`);
  else if (isObject(value)) for (const name of Object.keys(value)) yield* nullsIn(value[name], `${path}.${name}`);
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

function tooMuch(bytes: number): FieldError {
  const detail = `the settings have ${bytes} bytes as JSON, ${bytes - mostBytes} more than the ${mostBytes} that are let through; leave some of them out, or put them into the repository`;
  return { ...invalid(field, omitted, detail), reason: "FieldValueTooLong" };
}

const remedies: Readonly<Record<string, string>> = {
  array: "a list, such as [a, b]",
  boolean: "true or false, without quotes",
  integer: "a whole number, without quotes",
  number: "a number, without quotes",
  object: "a map, such as {a: b}",
  string: "a text, in quotes",
};

function wrongType(violation: FileViolation & { readonly rule: "type" }, { wrongType }: SettingsFile): FieldError {
  const remedy = violation.wanted.map((type) => remedies[type] ?? type).join(", or ");
  const detail = `${mustBe(violation)}: write ${remedy}; ${wrongType}`;
  return { ...invalid(violation.path, omitted, detail), reason: "FieldValueTypeInvalid" };
}
