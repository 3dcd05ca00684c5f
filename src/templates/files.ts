/** Names of templates, of the ConfigMap keys that override them, and of the files that they render. */

/** A template's name is its path below `templates/`, without `.hbs`. */
export interface Output {
  readonly template: string;
  /** Key in the ConfigMap of an attempt. */
  readonly file: string;
}

export type Folder = "code" | "docs" | "task";

/** Contains a folder for each agent program that has settings files. */
const programs = "cli/";

/** The settings files of an agent program. */
export function programOutputs(program: string, templates: Iterable<string>): Output[] {
  return outputsBelow(`${programs}${program}/`, templates);
}

/** The agent program whose settings file a template renders; undefined for other templates. */
export function programOf(template: string): string | undefined {
  return template.startsWith(programs) ? template.split("/")[1] : undefined;
}

/** Files whose name differs from that of their template. */
const renamed: Readonly<Record<string, string>> = { "claude.md": "CLAUDE.md" };

/** The key of a template's file, since keys have no directories: `code/hooks/stop-x.sh` becomes `hooks-stop-x.sh`, `cli/codex/config.toml` becomes `codex-config.toml`. */
export function fileOf(template: string): string {
  const name = template.slice(template.indexOf("/") + 1).replaceAll("/", "-");
  return renamed[name] ?? name;
}

export function outputsOf(folder: Folder, templates: Iterable<string>): Output[] {
  return outputsBelow(`${folder}/`, templates);
}

function outputsBelow(path: string, templates: Iterable<string>): Output[] {
  return [...templates]
    .filter((template) => template.startsWith(path))
    .sort()
    .map((template) => ({ template, file: fileOf(template) }));
}

/** Hooks that container.sh runs, at the start or at the stop. */
const hookName = /\/hooks\/(start|stop)-.+\.sh$/;
/** Templates of system prompts. Names of agents are looked up in lower case. */
const promptName = /^agents\/[^A-Z]+-system-prompt\.md$/;

/**
 * Why a template can never have an effect; undefined if it can.
 *
 * @param isIncluded whether another template includes it
 */
export function reasonWithoutEffect(template: string, isIncluded: boolean): string | undefined {
  if (isIncluded) return undefined;
  if (template.includes("/hooks/") && !hookName.test(template))
    return "only hooks named start-<name>.sh and stop-<name>.sh are run";
  if (template.startsWith("agents/") && !promptName.test(template))
    return "system prompts are named <agent>-system-prompt.md, with the agent in lower case";
  return template.startsWith("shared/") ? "no template includes it" : undefined;
}

/** Folders in which a ConfigMap may add templates to the built-in ones. */
const open = ["code/hooks/", "docs/hooks/", "task/hooks/", "agents/", "shared/"];

const fileName = /^[A-Za-z0-9][-A-Za-z0-9._]*$/;

/** Names of the old system, of the part of the key before `.hbs`. Its other names are today's, in any case. */
const oldKeys: Readonly<Record<string, string>> = {
  "agents_system-prompt.md": "agents_generic-system-prompt.md",
  "code_hooks_early-test.sh": "code_hooks_start-early-test.sh",
  "docs_hooks_early-test.sh": "docs_hooks_start-early-test.sh",
};

/** The template that a key of the ConfigMap stands for: `code_container.sh.hbs` is `code/container.sh`. */
export function templateOfKey(key: string, builtIn: Iterable<string>): string | undefined {
  if (!key.endsWith(".hbs")) return undefined;
  const given = key.slice(0, -".hbs".length);
  const name = (Object.hasOwn(oldKeys, given) ? oldKeys[given] : undefined) ?? given;
  const names = [...builtIn];
  const keyOf = (template: string): string => template.replaceAll("/", "_");
  const known =
    names.find((template) => keyOf(template) === name) ??
    names.find((template) => keyOf(template).toLowerCase() === name.toLowerCase());
  if (known !== undefined) return known;
  const folder = open.find((each) => name.startsWith(each.replaceAll("/", "_")));
  if (folder === undefined) return undefined;
  const rest = name.slice(folder.length);
  return fileName.test(rest) ? `${folder}${rest}` : undefined;
}

/** The key of a template. */
export function keyOfTemplate(template: string): string {
  return `${template.replaceAll("/", "_")}.hbs`;
}
