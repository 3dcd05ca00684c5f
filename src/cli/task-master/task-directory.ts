/** Where the tasks of a project are. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { OperationError } from "../../operations/operation-error.js";

export interface TaskDirectory {
  /** Directory with `docs` and `state.json`; usually `.taskmaster`. */
  readonly root: string;
  /** Directory that the files may not lead out of: the one that contains `root`. */
  readonly project: string;
  /** `tasks.json`. */
  readonly tasksFile: string;
}

/** Places of `tasks.json` below a directory, today's first. */
const places = [
  { root: ".taskmaster", file: join(".taskmaster", "tasks", "tasks.json") },
  { root: ".taskmaster", file: join(".taskmaster", "tasks.json") },
  // before version 0.15 of Task Master
  { root: ".", file: join("tasks", "tasks.json") },
] as const;

/**
 * The directory of tasks that a person means.
 *
 * @param start where the person stands; without `given` it and the directories above it are searched, up to the root of the
 *   repository
 * @param given a directory such as `.taskmaster`, or one that contains it
 * @throws OperationError that says where it was looked for
 */
export function findTaskDirectory(start: string, given?: string): TaskDirectory {
  if (given !== undefined) return givenDirectory(resolve(start, given), given);
  for (let directory = resolve(start); ; directory = dirname(directory)) {
    const found = within(directory);
    if (found !== undefined) return found;
    if (existsSync(join(directory, ".git")) || dirname(directory) === directory) break;
  }
  throw new OperationError(
    `there is no .taskmaster/tasks/tasks.json in ${resolve(start)} or above it in the repository; name the directory with --directory`,
  );
}

function givenDirectory(directory: string, given: string): TaskDirectory {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new OperationError(`--directory ${given}: is not a directory`);
  const own = [join(directory, "tasks", "tasks.json"), join(directory, "tasks.json")].find((file) => existsSync(file));
  const found =
    basename(directory) === ".taskmaster" && own !== undefined
      ? { root: directory, project: dirname(directory), tasksFile: own }
      : (within(directory) ??
        (own === undefined ? undefined : { root: directory, project: directory, tasksFile: own }));
  if (found !== undefined) return found;
  throw new OperationError(`--directory ${given}: has neither tasks/tasks.json nor .taskmaster/tasks/tasks.json`);
}

function within(project: string): TaskDirectory | undefined {
  const place = places.find(({ file }) => existsSync(join(project, file)));
  return place && { root: join(project, place.root), project, tasksFile: join(project, place.file) };
}
