/** The files that an agent works from: the data of an attempt's ConfigMap. Pure. */
import { agentSettings } from "./tools.js";
import type { MarkdownFile, TaskRun } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";

/** The file that an agent reads first, at the root of the service's directory. */
export const entryFile = "CLAUDE.md";

/** Only present if the run or the configuration restricts tools. */
export const settingsFile = "settings.json";

const titles: Record<NonNullable<MarkdownFile["fileType"]>, string> = {
  task: "Task details",
  "design-spec": "Design spec",
  prompt: "Instructions",
  context: "Context",
  "acceptance-criteria": "Acceptance criteria",
};

/** Directory of an attempt's files, relative to the service's directory. */
export function taskDirectory(run: TaskRun, number: number): string {
  return `.task/${run.spec.taskId}/run-${number}`;
}

/** With the start script, what is part of the prompt is not read a second time. */
export function taskRunFiles(
  run: TaskRun,
  number: number,
  { permissions, agent }: Pick<Configuration, "permissions" | "agent">,
): Record<string, string> {
  const { markdownFiles } = run.spec;
  const files = new Map(markdownFiles.map(({ filename, content }) => [filename, content]));
  const { promptFiles } = taskFileNames(agent.command.length === 0 ? markdownFiles : []);
  const imported = markdownFiles.filter(({ filename }) => !promptFiles.includes(filename));
  if (!files.has(entryFile)) files.set(entryFile, generateEntry(run, number, imported));
  files.set("metadata.yaml", generateMetadata(run, number));
  const settings = agentSettings(run.spec.agentTools, permissions);
  if (settings !== undefined) files.set(settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  return Object.fromEntries(files);
}

/** The names of a run's files, apart from CLAUDE.md: those to copy, those that are the prompt, and the one with the title. */
export function taskFileNames(given: readonly Pick<MarkdownFile, "filename" | "fileType">[]): {
  readonly files: readonly string[];
  readonly promptFiles: readonly string[];
  readonly titleFile?: string;
} {
  const files = given.filter(({ filename }) => filename !== entryFile);
  const prompts = files.filter(({ filename, fileType }) => fileType === "prompt" || filename === "prompt.md");
  const title =
    files.find(({ fileType }) => fileType === "task") ??
    files.find(({ filename }) => filename === "task.md") ??
    files.find((file) => !prompts.includes(file));
  return {
    files: files.map(({ filename }) => filename),
    promptFiles: prompts.map(({ filename }) => filename),
    ...(title && { titleFile: title.filename }),
  };
}

/** `auth-service` becomes "Auth Service". */
function titleOf(service: string): string {
  return service
    .split("-")
    .filter((word) => word !== "")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}

/** An `@path` makes Claude Code read the file: https://code.claude.com/docs/en/memory */
function generateEntry(run: TaskRun, number: number, files: readonly MarkdownFile[]): string {
  const imports = files.map(
    ({ filename, fileType }) =>
      `- ${fileType === undefined ? filename : titles[fileType]}: @${taskDirectory(run, number)}/${filename}`,
  );
  return `# ${titleOf(run.spec.serviceName)} - Task Context\n\n${imports.join("\n")}\n`;
}

function generateMetadata(run: TaskRun, number: number): string {
  const { taskId, serviceName, agentName, model, contextVersion, priority } = run.spec;
  const facts = {
    task_id: taskId,
    attempt_number: number,
    context_version: contextVersion ?? 1,
    service: serviceName,
    agent: agentName,
    model,
    priority,
    task_run: run.metadata?.name,
    namespace: run.metadata?.namespace,
    status: "in_progress",
  };
  return Object.entries(facts)
    .map(([name, value]) => (value === undefined ? "" : `${name}: ${scalar(value)}\n`))
    .join("");
}

/**
 * A YAML scalar, plain if it can be: every JSON string is also a YAML string. Written by hand because the YAML library took
 * 5 % of an attempt's processor time for these ten lines.
 */
function scalar(value: string | number): string {
  if (typeof value === "number") return String(value);
  const isPlain = /^[A-Za-z][-\w]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}
