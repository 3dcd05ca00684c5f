/** The kubectl commands that the project prints or runs: in documents, comments of manifests, scripts, messages and tests. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "#src/version.js";

/** One kubectl command line. */
export interface KubectlCommand {
  readonly file: string;
  /** The arguments of kubectl; a loop variable of a shell block is replaced by one of its values. */
  readonly words: readonly string[];
}

const changingVerbs: ReadonlySet<string> = new Set([
  ...["annotate", "apply", "autoscale", "create", "delete", "edit", "expose", "label", "patch", "replace", "scale"],
  ...["set", "taint"],
]);

/** Verbs whose positional arguments name resources. */
const resourceVerbs: ReadonlySet<string> = new Set([
  ...["annotate", "delete", "describe", "edit", "events", "explain", "get", "label", "logs", "patch", "scale", "wait"],
]);

/** Flags whose value is the next word. */
const flagsWithValue: ReadonlySet<string> = new Set([
  ...["-c", "-f", "-k", "-l", "-n", "-o", "-p", "--context", "--field-selector", "--filename", "--for", "--kubeconfig"],
  ...["--namespace", "--output", "--patch", "--selector", "--since", "--tail", "--timeout", "--type"],
]);

/** Names that kubectl may resolve to a resource of another group, such as Tekton's taskruns. */
const ambiguousNames: ReadonlySet<string> = new Set([
  ...["taskrun", "taskruns", "tr", "coderun", "coderuns", "cr", "docsrun", "docsruns", "dr"],
]);

/** Names that only read: they are ours as long as nobody else declares them. */
const shortNames: ReadonlySet<string> = new Set(["otr", "ocr", "odr", "orchestrator"]);

/** The verb and the positional arguments after it. */
function partsOf({ words }: KubectlCommand): { readonly verb: string; readonly targets: readonly string[] } {
  const positional = words.filter(
    (word, index) => !word.startsWith("-") && !flagsWithValue.has(words[index - 1] ?? ""),
  );
  const [verb = "", ...targets] = positional;
  return { verb, targets };
}

/** Whether the command changes objects. */
export const isChange = (command: KubectlCommand): boolean => changingVerbs.has(partsOf(command).verb);

/** The kinds that the command names, such as `job` or `taskruns.orchestrator.io`. */
export function kindsOf(command: KubectlCommand): string[] {
  const { verb, targets } = partsOf(command);
  if (!resourceVerbs.has(verb)) return [];
  const named = targets.some((target) => target.includes("/")) ? targets : targets.slice(0, 1);
  const kinds = named.flatMap((target) => target.split(",")).map((target) => target.split("/")[0] ?? "");
  return verb === "explain" ? kinds.map((path) => path.split(".")[0] ?? "") : kinds;
}

/** What is wrong with how the command names kinds; undefined if nothing is. */
export function complaintAbout(command: KubectlCommand): string | undefined {
  const line = `${command.file}: kubectl ${command.words.join(" ")}`;
  for (const kind of kindsOf(command)) {
    if (ambiguousNames.has(kind))
      return `${line}: "${kind}" may be another group's; write ${isChange(command) ? "" : "a short name or "}taskruns.orchestrator.io and the like`;
    if (isChange(command) && shortNames.has(kind)) return `${line}: a command that changes objects needs the full name`;
    if (isChange(command) && kind.includes("$")) return `${line}: the value of ${kind} is not visible here`;
  }
  return undefined;
}

/** The words of a shell command, up to a pipe, separator, comment or the end of the text. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  for (const [whole, double, single, plain] of text.matchAll(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"'|;&#<>()]+)|[|;&#<>()]/g,
  )) {
    const word = double ?? single ?? plain;
    if (word === undefined) {
      if (whole === "(") continue;
      break;
    }
    words.push(word);
  }
  return words;
}

/** Commands in one text of shell, with its `for` loops unrolled. */
function commandsIn(file: string, shell: string): KubectlCommand[] {
  const loops = [...shell.matchAll(/\bfor (\w+) in ([^;\n]+);/g)].map(([, name = "", values = ""]) => ({
    pattern: new RegExp(`\\$${name}\\b|\\$\\{${name}\\}`, "g"),
    values: values.trim().split(/\s+/),
  }));
  const joined = shell.replaceAll(/\\\n\s*/g, " ");
  return [...joined.matchAll(/(?<![-\w/."])kubectl +([^\n]*)/g)].flatMap(([, rest = ""]) => {
    const unrolled = loops.reduce(
      (lines, { pattern, values }) =>
        lines.flatMap((line) =>
          line.search(pattern) < 0 ? [line] : values.map((value) => line.replace(pattern, value)),
        ),
      [rest],
    );
    return unrolled.map((line) => ({ file, words: shellWords(line) }));
  });
}

/** The shell in a Markdown document: code blocks, and code spans one by one. */
function shellOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```([a-z]*)\n([^]*?)^ *```$/gm)].flatMap(([, language = "", block = ""]) =>
    language === "" || language === "sh" ? [block] : [],
  );
  const spans = [...markdown.replaceAll(/```[^]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
  return [...blocks, ...spans.map((span) => span.replaceAll("\n", " "))];
}

/** Commands in comments, strings and templates of a source file; what is filled in becomes `X`. */
function printedBy(file: string, text: string): KubectlCommand[] {
  return commandsIn(file, text.replaceAll(/\$\{[^{}]*\}/g, "X").replaceAll("`", "\n"));
}

/** Calls of a function `kubectl`; an argument that is not a literal becomes `X`, and is left out before the first literal. */
function callsIn(file: string, text: string): KubectlCommand[] {
  return [...text.matchAll(/\b(?:kubectl|runKubectl)\(/g)].map((match) => {
    const start = match.index + match[0].length;
    let depth = 1;
    let end = start;
    while (end < text.length && depth > 0) {
      if (text[end] === "(") depth++;
      else if (text[end] === ")") depth--;
      end++;
    }
    const values = text.slice(start, end).matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`|[\w$][\w$.?]*/g);
    const words = [...values].map(([, double, single, template]) => double ?? single ?? template ?? "X");
    const filled = words.map((word) => word.replaceAll(/\$\{[^{}]*\}/g, "X")).filter((word) => word !== "");
    return { file, words: filled.slice(filled.findIndex((word) => word !== "X")) };
  });
}

const read = (file: string): string => readFileSync(join(packageRoot, file), "utf8");

function filesOf(...patterns: string[]): string[] {
  const { stdout } = spawnSync("git", ["ls-files", "-co", "--exclude-standard", ...patterns], {
    cwd: packageRoot,
    encoding: "utf8",
  });
  const files = stdout.split("\n").filter((file) => file !== "" && !/^docs\/reference\/runtime|^CHANGELOG/.test(file));
  return files.filter((file) => existsSync(join(packageRoot, file))); // one that was just deleted is still listed
}

/** The commands that users read: in documents, in comments of what they apply, and in messages. */
export function printedCommands(): KubectlCommand[] {
  const documents = filesOf("*.md").flatMap((file) => shellOf(read(file)).flatMap((shell) => commandsIn(file, shell)));
  const folders = [
    "certs",
    "config",
    "crds",
    "examples",
    "images",
    "schemas",
    "scripts",
    "src",
    "templates",
    "webhooks",
  ];
  const sources = filesOf(...folders).filter((file) => !file.endsWith(".md"));
  return [...documents, ...sources.flatMap((file) => printedBy(file, read(file)))];
}

/** The commands that code and tests run. */
export function executedCommands(): KubectlCommand[] {
  return filesOf("src/*.ts", "test/*.ts").flatMap((file) => callsIn(file, read(file)));
}
