/** Adds to what the agent knows. */
import type { CodeRun } from "../api/coderun.js";
import type { TaskRun } from "../api/taskrun.js";
import type { Client } from "../runtime/client/client.js";
import type { Stored } from "../runtime/client/objects.js";
import { nameOf, type Found } from "./any-run.js";
import { changeSpec, type Requested, type SpecChange } from "./change-spec.js";
import { OperationError } from "./operation-error.js";

/** What is added. */
export interface Context {
  readonly text: string;
  /**
   * For a TaskRun: the file that holds it; one of that name is replaced. Default: `context-<version>.md`, with the context version
   * that the addition leads to.
   */
  readonly filename?: string;
}

/**
 * Adds context to a run and raises `spec.contextVersion`, so that the running attempt is stopped and another one starts with it:
 * a TaskRun gets another file, a CodeRun a paragraph of its `promptModification`. Nothing that others add meanwhile is lost.
 * What the run has already is not added again, so a repeated request starts no further attempt.
 *
 * @throws OperationError for an empty text, a DocsRun, or a cancelled run; an API error, such as Invalid beyond the limits of the fields
 */
export function addContext(client: Client, found: Found, context: Context): Promise<Requested> {
  if (context.text.trim() === "") throw new OperationError("the context is empty", { problem: "Invalid" });
  const { kind } = found.type;
  if (kind === "DocsRun")
    throw new OperationError(`${nameOf(found)} takes no context; change its spec, and raise spec.contextVersion`);
  const added = kind === "TaskRun" ? inFile : inPrompt;
  return changeSpec(client, found, (run) => {
    if (run.spec.cancel === true)
      throw new OperationError(`${nameOf(found)} is cancelled and cannot run again; create a new ${kind}`);
    return added(run as Stored<TaskRun & CodeRun>, context, (run.spec.contextVersion ?? 1) + 1);
  });
}

const already: SpecChange = { what: "has this context already" };

function inFile({ spec }: Pick<TaskRun, "spec">, { text, filename }: Context, contextVersion: number): SpecChange {
  const files = spec.markdownFiles;
  const isSame = (file: (typeof files)[number]): boolean =>
    file.content === text && (filename === undefined ? file.fileType === "context" : file.filename === filename);
  if (files.some(isSame)) return already;
  const name = filename ?? unusedName(files, contextVersion);
  const file = { filename: name, content: text, fileType: "context" };
  const others = files.filter((each) => each.filename !== name);
  return { spec: { markdownFiles: [...others, file], contextVersion }, what: `context added as ${name}` };
}

function unusedName(files: TaskRun["spec"]["markdownFiles"], contextVersion: number): string {
  const used = new Set(files.map(({ filename }) => filename));
  for (let number = contextVersion; ; number++) {
    const name = `context-${number}.md`;
    if (!used.has(name)) return name;
  }
}

function inPrompt({ spec }: Pick<CodeRun, "spec">, { text }: Context, contextVersion: number): SpecChange {
  const before = spec.promptModification;
  if (before === text || before?.endsWith(`\n\n${text}`) === true) return already;
  const promptModification = before === undefined ? text : `${before}\n\n${text}`;
  return { spec: { promptModification, contextVersion }, what: "context added to the prompt" };
}
