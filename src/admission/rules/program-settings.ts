import { invalid, notSupported, omitted } from "../../runtime/schema/errors.js";
import { formatFieldError, type FieldError } from "../../runtime/schema/field-error.js";
import { isList, isObject, member } from "../../runtime/schema/json.js";
import type { JsonSchema } from "../../runtime/schema/json-schema.js";
import { programOf } from "../../templates/agent-programs.js";
import { ownSettings } from "../../templates/context.js";
import { mustBe, type FileViolation } from "../../templates/file-schemas.js";
import { settingsFileOf, type SettingsFile } from "../../templates/settings-files.js";
import { noFindings, type Finding, type Rule, type RuleContext } from "../context.js";
import { isUnchanged, textIn } from "../view.js";

const field = "spec.cliConfig.settings";

/** Maximum bytes of the settings as JSON. Rendering fails for a file of 512 KiB or more, so no attempt could start. */
const mostBytes = 256 * 1024;

/** Maximum number of findings: settings may be as long as a request, and all of them wrong. */
const mostFindings = 10;

/**
 * The settings of a run for its agent program have the documented types (templates/schemas). A wrong type is denied if the agent program
 * would silently ignore all settings or fail to start. It gives a warning if the agent program only reports it, as do words and members
 * that the agent program may not know. A value that the format of the file cannot represent is denied: no attempt could start.
 */
export const programSettings: Rule = {
  id: "program-settings",
  check({ view, oldView, fileSchemas }) {
    const config = member(view.spec, "cliConfig");
    const given = isObject(config) ? member(config, "settings") : undefined;
    if (!isObject(config) || !isObject(given)) return noFindings;
    if (isUnchanged("cliConfig", view, oldView)) return noFindings;
    const program = textIn(config, "cliType") ?? "";
    const file = settingsFileOf(program);
    if (file === undefined) return noFindings;
    const settings = ownSettings(given, programOf(program).ownSettings);
    const bytes = Buffer.byteLength(JSON.stringify(settings));
    return bytes > mostBytes ? { errors: [tooLong(bytes)] } : findings(file, settings, fileSchemas);
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
    if (errors.length + warnings.length === mostFindings) break;
    if (violation.rule === "type" && program.toleratesWrongType !== true) errors.push(wrongType(violation, program));
    else if (violation.rule === "type") warnings.push(formatFieldError(wrongType(violation, program)));
    else if (violation.rule === "minimum")
      warnings.push(
        `${violation.path}: is below the documented minimum of ${violation.limit}, and may be treated as a value of the wrong type: ${program.wrongType}`,
      );
    else if (program.unknownWord !== undefined)
      warnings.push(
        `${formatFieldError(notSupported(violation.path, violation.value, violation.wanted))}; ${program.unknownWord}`,
      );
  }
  if (program.noNull !== undefined) errors.push(...nulls(program.noNull, settings, errors));
  return { errors, warnings: [...warnings, ...unknownMembers(program, schema, settings)] };
}

function nulls(why: string, settings: unknown, reported: readonly FieldError[]): FieldError[] {
  const found: FieldError[] = [];
  for (const path of nullsIn(settings, field)) {
    if (found.length === mostFindings) break;
    if (!reported.some((error) => error.field === path))
      found.push(invalid(path, omitted, `must not be null: remove it; ${why}`));
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
    .slice(0, mostFindings)
    .map((name) => `${field}.${name}: unknown setting; ${unknownMember}`);
}

function tooLong(bytes: number): FieldError {
  const detail = `the settings have ${bytes} bytes as JSON, ${bytes - mostBytes} more than the limit of ${mostBytes}; remove some of them, or move them to the repository`;
  return { ...invalid(field, omitted, detail), reason: "FieldValueTooLong" };
}

const remedies: Readonly<Record<string, string>> = {
  array: "a list, such as [a, b]",
  boolean: "true or false, without quotes",
  integer: "a whole number, without quotes",
  number: "a number, without quotes",
  object: "a map, such as {a: b}",
  string: "a string, in quotes",
};

function wrongType(violation: FileViolation & { readonly rule: "type" }, { wrongType }: SettingsFile): FieldError {
  const remedy = violation.wanted.map((type) => remedies[type] ?? type).join(", or ");
  const detail = `${mustBe(violation)}: write ${remedy}; ${wrongType}`;
  return { ...invalid(violation.path, omitted, detail), reason: "FieldValueTypeInvalid" };
}
