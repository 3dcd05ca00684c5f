/** Runs of all kinds, and the names that people use for the kinds. */
import { CodeRuns, type CodeRun } from "../api/coderun.js";
import { DocsRuns, type DocsRun } from "../api/docsrun.js";
import { TaskRuns, type TaskRun } from "../api/taskrun.js";
import type { Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { OperationError } from "./operation-error.js";

export type AnyRun = TaskRun | CodeRun | DocsRun;

/** A stored run with its kind. */
export interface Found {
  readonly type: ResourceType<AnyRun>;
  readonly run: Stored<AnyRun>;
}

/** All kinds of runs, in the order in which lists show them. */
export const runTypes: readonly ResourceType<AnyRun>[] = [TaskRuns, CodeRuns, DocsRuns];

const shortNames = new Map<string, ResourceType<AnyRun>>([
  ["otr", TaskRuns],
  ["ocr", CodeRuns],
  ["odr", DocsRuns],
]);

/**
 * The kind with a name: `taskrun`, `taskruns`, `TaskRun`, `otr` or `taskruns.orchestrator.io`, and so for the others.
 *
 * @throws OperationError that lists the kinds
 */
export function runType(name: string): ResourceType<AnyRun> {
  const lower = name.toLowerCase();
  const found =
    shortNames.get(lower) ??
    runTypes.find(({ kind, plural, group }) =>
      [kind.toLowerCase(), plural, `${plural}.${group}`, `${kind.toLowerCase()}.${group}`].includes(lower),
    );
  if (found !== undefined) return found;
  const known = runTypes.map(({ kind }) => kind.toLowerCase()).join(", ");
  throw new OperationError(`there is no kind ${JSON.stringify(name)}; use ${known}`, { problem: "Invalid" });
}

/** `taskrun.orchestrator.io/<name>`, as kubectl prints it. */
export function nameOf({ type, run }: Found): string {
  return `${type.kind.toLowerCase()}.${type.group}/${run.metadata.name}`;
}
