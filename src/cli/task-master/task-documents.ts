/** The Markdown files that an agent gets for a task of Task Master. */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { MarkdownFile } from "../../api/taskrun.js";
import { OperationError } from "../../operations/operation-error.js";
import { errorText } from "../../runtime/error-text.js";
import { readBoundedFile } from "./bounded-file.js";
import type { TaskDirectory } from "./task-directory.js";
import type { Task } from "./task.js";

/** Bytes of one file, and of all names and contents together: what a ConfigMap holds. */
const maxBytes = 1024 * 1024;

/** Maximum number of files that are read from a directory. */
const maxEntries = 1_000;

const maxFiles = 64;

/** By the part of the name before `.md`. */
const fileTypes = new Map<string, NonNullable<MarkdownFile["fileType"]>>([
  ["task", "task"],
  ["prompt", "prompt"],
  ["acceptance-criteria", "acceptance-criteria"],
  ["design-spec", "design-spec"],
  ["architecture", "design-spec"],
]);

/**
 * The files of a task: those in `docs/task-<id>`, `docs/architecture.md`, and further ones. `task.md` is, if no document has
 * that name, made from `tasks.json`, or from Task Master's own text file where `tasks.json` has a title alone.
 *
 * @param tag of the task
 * @param contextFiles further files, by their path; the person named them, so they may be anywhere
 * @throws OperationError that names the file
 */
export function taskDocuments(
  directory: TaskDirectory,
  tag: string,
  task: Task,
  contextFiles: readonly string[] = [],
): MarkdownFile[] {
  const { root, project } = directory;
  const found = new Map<string, { readonly file: MarkdownFile; readonly from: string }>();
  const add = (from: string, name: string, content: string | undefined, type?: MarkdownFile["fileType"]): void => {
    if (content === undefined || content.trim() === "") return;
    const filename = filenameOf(name);
    const before = found.get(filename);
    if (before !== undefined)
      throw new OperationError(`${from}: would be ${filename}, as ${before.from} is; rename one of them`);
    const fileType = type ?? fileTypes.get(filename.slice(0, -3).toLowerCase()) ?? "context";
    found.set(filename, { file: { filename, content, fileType }, from });
  };
  const text = (path: string, within = project): string | undefined => textOf(path, within);
  const own = [join(root, "docs", `task-${task.id}`), join(root, "docs", `task_${task.id}`)];
  for (const folder of own)
    for (const name of markdownNames(folder)) add(join(folder, name), name, text(join(folder, name)));
  const architecture = join(root, "docs", "architecture.md");
  if (!found.has("architecture.md")) add(architecture, "architecture.md", text(architecture));
  if (!found.has("task.md")) add(task.place, "task.md", taskText(directory, tag, task), "task");
  for (const path of contextFiles) add(path, basename(path), contextText(path), "context");
  const files = [...found.values()].map(({ file }) => file).sort(byImportance);
  checkSize(task, files);
  return files;
}

/** The order in which agents read them. */
const typeOrder = ["task", "acceptance-criteria", "prompt", "design-spec", "context"];

function byImportance(a: MarkdownFile, b: MarkdownFile): number {
  const rank = ({ fileType = "context" }: MarkdownFile): number => typeOrder.indexOf(fileType);
  return rank(a) - rank(b) || a.filename.localeCompare(b.filename, "en");
}

function checkSize(task: Task, files: readonly MarkdownFile[]): void {
  const bytes = files.map(({ filename, content }) => Buffer.byteLength(filename) + Buffer.byteLength(content));
  const sum = bytes.reduce((total, each) => total + each, 0);
  const largest = files[bytes.indexOf(Math.max(...bytes))]?.filename ?? "";
  if (sum >= maxBytes)
    throw new OperationError(
      `the files of task ${task.id} have ${sum} bytes, and must have fewer than ${maxBytes}; the largest is ${largest}`,
    );
  if (files.length > maxFiles)
    throw new OperationError(
      `task ${task.id} has ${files.length} files, and a run at most ${maxFiles}; join some of them`,
    );
}

/** Letters, digits, `.`, `_` and `-`, ending in `.md`. */
function filenameOf(name: string): string {
  const stem = name.replace(/\.(md|markdown|txt)$/i, "").replaceAll(/[^A-Za-z0-9._-]+/g, "-");
  return `${stem.replace(/^\.+/, "").slice(0, 200) || "file"}.md`;
}

function markdownNames(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new OperationError(`${folder}: cannot be read: ${errorText(error)}`, { cause: error });
  }
  if (names.length > maxEntries) throw new OperationError(`${folder}: has more than ${maxEntries} entries`);
  return names.filter((name) => /\.(md|markdown)$/i.test(name) && !name.startsWith(".")).sort();
}

function contextText(path: string): string {
  const content = textOf(path, "/");
  if (content === undefined) throw new OperationError(`${path}: does not exist`);
  return content;
}

function textOf(path: string, within: string): string | undefined {
  const bytes = readBoundedFile(path, within, maxBytes);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new OperationError(`${path}: is not text in UTF-8`, { cause: error });
  }
}

/** What `tasks.json` says of a task; the generated text file only where that is nothing, since it may be older. */
function taskText({ root, project }: TaskDirectory, tag: string, task: Task): string {
  const { description, details, testStrategy, subtasks } = task;
  if (description === undefined && details === undefined && testStrategy === undefined && subtasks.length === 0) {
    const number = task.id.padStart(3, "0");
    const names = [`task_${number}_${tag}`, ...(tag === "master" ? [`task_${number}`] : [])];
    for (const name of names)
      for (const extension of ["txt", "md"]) {
        const text = textOf(join(root, "tasks", `${name}.${extension}`), project);
        if (text !== undefined && text.trim() !== "") return text;
      }
  }
  return markdownOf(task);
}

function markdownOf(task: Task): string {
  const { description, details, testStrategy, subtasks } = task;
  const parts = [
    `# Task ${task.id}: ${task.title}`,
    description,
    details && `## Details\n\n${details}`,
    testStrategy && `## Test strategy\n\n${testStrategy}`,
    ...(subtasks.length === 0 ? [] : ["## Subtasks", ...subtasks.flatMap((subtask) => subtaskParts(subtask, 3))]),
  ];
  return `${parts.filter((part) => part !== undefined && part !== "").join("\n\n")}\n`;
}

function subtaskParts(task: Task, level: number): (string | undefined)[] {
  const { id, title, status, dependencies, description, details, testStrategy, subtasks } = task;
  const facts = [
    ...(status === "pending" ? [] : [`Status: ${status}`]),
    ...(dependencies.length === 0 ? [] : [`Depends on: ${dependencies.join(", ")}`]),
  ];
  return [
    `${"#".repeat(Math.min(level, 6))} ${id}: ${title}`,
    facts.join("\n\n"),
    description,
    details,
    testStrategy && `Test strategy: ${testStrategy}`,
    ...subtasks.flatMap((subtask) => subtaskParts(subtask, level + 1)),
  ];
}
