/** Which task an event belongs to: what labels, branch and files say has to agree. Pure. */

/** What is known of a pull request, or of a branch without one. */
export interface TaskEvidence {
  readonly labels: readonly string[];
  readonly branch?: string;
  /** The tasks that marker files at the head commit name; absent: not looked for. */
  readonly markers?: TaskMarkers;
}

export interface TaskMarkers {
  /** Of `docs/.taskmaster/current-task.json`: the branch is of this task alone. */
  readonly current?: number;
  /** Directories `.task/<n>`: also those of tasks that were merged earlier. */
  readonly directories: readonly number[];
}

export type Association =
  | { readonly task: number; readonly from: readonly string[] }
  /** The message is a sentence. */
  | { readonly problem: "none" | "conflict"; readonly message: string };

/** A task's number in an API object. */
const maxTask = 2 ** 31 - 1;

/** @returns the one task that everything names which is there; one directory of several is no evidence on its own */
export function taskOf({ labels, branch, markers }: TaskEvidence): Association {
  const evidence: { readonly from: string; readonly task: number }[] = [];
  for (const label of labels) {
    const task = numberIn(/^task-(\d{1,10})$/i, label);
    if (task !== undefined) evidence.push({ from: `label ${label}`, task });
  }
  const ofBranch = numberIn(/^(?:feature\/)?task-(\d{1,10})(?:-.*)?$/s, branch);
  if (ofBranch !== undefined) evidence.push({ from: `branch ${branch ?? ""}`, task: ofBranch });
  const { current, directories = [] } = markers ?? {};
  if (current !== undefined) evidence.push({ from: currentTaskFile, task: current });
  if (directories.length === 1 && directories[0] !== undefined)
    evidence.push({ from: `directory .task/${directories[0]}`, task: directories[0] });
  const tasks = new Set(evidence.map(({ task }) => task));
  const [task] = tasks;
  if (task === undefined)
    return { problem: "none", message: "Neither a label task-<n>, nor the branch, nor a marker file names a task." };
  const missing = directories.length > 1 && !directories.includes(task);
  if (tasks.size === 1 && !missing) return { task, from: evidence.map(({ from }) => from) };
  const found = evidence.map((each) => `${each.from} names task ${each.task}`);
  if (missing) found.push(`directories .task have ${directories.slice(0, 10).join(", ")}`);
  return {
    problem: "conflict",
    message: `The task is not certain: ${found.slice(0, 10).join("; ")}. Remove what is wrong.`,
  };
}

/** File at the head commit that names the task of a branch. */
export const currentTaskFile = "docs/.taskmaster/current-task.json";

function numberIn(pattern: RegExp, text: string | undefined): number | undefined {
  const [, digits] = pattern.exec(text ?? "") ?? [];
  return taskNumber(digits === undefined ? undefined : Number(digits));
}

/** A value as a task's number; undefined if it cannot be one. */
export function taskNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && (number as number) >= 1 && (number as number) <= maxTask
    ? (number as number)
    : undefined;
}
