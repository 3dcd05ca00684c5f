/** Names: of templates, of the keys that override them, and of the files that they become. */

/** A template's name is its path below `templates/`, without `.hbs`. */
export interface Output {
  readonly template: string;
  /** Key in a run's ConfigMap. */
  readonly file: string;
}

export type Folder = "code" | "docs";

/** Below it, a folder for each program with settings files of its own. */
const programs = "cli/";

/** A program's settings files. */
export function programOutputs(program: string, templates: Iterable<string>): Output[] {
  return outputsBelow(`${programs}${program}/`, templates);
}

/** Whose settings file a template makes. */
export function programOf(template: string): string | undefined {
  return template.startsWith(programs) ? template.split("/")[1] : undefined;
}

/** Files whose name differs from their template's. */
const renamed: Readonly<Record<string, string>> = { "claude.md": "CLAUDE.md" };

/** `code/hooks/stop-x.sh` becomes `hooks-stop-x.sh`, and `cli/codex/config.toml` `codex-config.toml`: keys have no directories. */
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

/** Hooks that container.sh runs: those of a stage. */
const hookName = /\/hooks\/(start|stop)-.+\.sh$/;
/** Templates that become an agent's system prompt. The agent's name is compared in lower case. */
const promptName = /^agents\/[^A-Z]+-system-prompt\.md$/;

/**
 * Why a template can never have an effect; undefined where it can.
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

/** Folders in which a ConfigMap may add templates to the built-in ones. The longest that fits is meant. */
const open = ["code/hooks/", "docs/hooks/", "agents/", "shared/"];

const fileName = /^[A-Za-z0-9][-A-Za-z0-9._]*$/;

/** The template that a key of the ConfigMap stands for: `code_container.sh.hbs` is `code/container.sh`. */
export function templateOfKey(key: string, builtIn: Iterable<string>): string | undefined {
  if (!key.endsWith(".hbs")) return undefined;
  const name = key.slice(0, -".hbs".length);
  const known = [...builtIn].find((template) => template.replaceAll("/", "_") === name);
  if (known !== undefined) return known;
  const folder = open.find((each) => name.startsWith(each.replaceAll("/", "_")));
  if (folder === undefined) return undefined;
  const rest = name.slice(folder.length);
  return fileName.test(rest) ? `${folder}${rest}` : undefined;
}
