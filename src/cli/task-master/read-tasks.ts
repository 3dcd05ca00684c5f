/** The tasks of a project, from `tasks.json` in all its shapes. */
import { join } from "node:path";
import { OperationError } from "../../operations/operation-error.js";
import { DepthError, parseBoundedJson } from "../../runtime/input/bounded-json.js";
import { errorText } from "../../runtime/error-text.js";
import { isList, isObject, member, type JsonObject } from "../../runtime/schema/json.js";
import { suggestion } from "../../suggestion.js";
import { readBoundedFile } from "./bounded-file.js";
import type { TaskDirectory } from "./task-directory.js";
import { taskItems } from "./task-item.js";
import type { Task } from "./task.js";

const maxFileBytes = 16 * 1024 * 1024;
const maxStateBytes = 1024 * 1024;
const maxDepth = 64;

export interface TaskList {
  /** `master` for a file without tags. */
  readonly tag: string;
  readonly tasks: readonly Task[];
}

/**
 * The tasks of one tag. Shapes: a list of tasks, `{"tasks": [...]}`, and tags: `{"master": {"tasks": [...]}, ...}`.
 *
 * @param tag default: that of `state.json`, else `master`, else the only one
 * @throws OperationError that names file and JSON path
 */
export function readTasks({ root, project, tasksFile }: TaskDirectory, tag?: string): TaskList {
  const content = readBoundedFile(tasksFile, project, maxFileBytes);
  if (content === undefined) throw new OperationError(`${tasksFile}: does not exist`);
  const value = parse(content, tasksFile);
  const untagged = isList(value)
    ? value
    : isObject(value) && tagsOf(value).length === 0
      ? member(value, "tasks")
      : undefined;
  if (isList(untagged)) {
    if (tag !== undefined && tag !== "master")
      throw new OperationError(`${tasksFile}: has no tags, so --tag ${tag} does not exist; omit --tag`);
    return { tag: "master", tasks: taskItems(untagged, `${tasksFile}: ${isList(value) ? "" : ".tasks"}`) };
  }
  if (!isObject(value) || tagsOf(value).length === 0)
    throw new OperationError(`${tasksFile}: must be a list of tasks, {"tasks": [...]}, or {"<tag>": {"tasks": [...]}}`);
  const tags = tagsOf(value);
  const chosen = tag ?? currentTag(root, project, tags);
  const list = tags.includes(chosen) ? member(value[chosen] as JsonObject, "tasks") : undefined;
  if (!isList(list)) {
    const close = suggestion(chosen, tags);
    const remedy = close === undefined ? `it has ${tags.join(", ")}` : `did you mean ${close}?`;
    throw new OperationError(`${tasksFile}: has no tag ${JSON.stringify(chosen)}; ${remedy}`);
  }
  return { tag: chosen, tasks: taskItems(list, `${tasksFile}: .${chosen}.tasks`) };
}

function parse(content: Buffer, file: string): unknown {
  try {
    // some editors begin a file with a byte order mark
    return parseBoundedJson(content.toString("utf8").replace(/^\uFEFF/, ""), maxDepth);
  } catch (error) {
    if (error instanceof DepthError)
      throw new OperationError(`${file}: ${error.message}; flatten it`, { cause: error });
    throw new OperationError(`${file}: is not JSON: ${errorText(error)}`, { cause: error });
  }
}

/** The names of members that hold a list of tasks. */
function tagsOf(value: JsonObject): string[] {
  return Object.entries(value).flatMap(([name, each]) =>
    isObject(each) && isList(member(each, "tasks")) ? [name] : [],
  );
}

function currentTag(root: string, project: string, tags: readonly string[]): string {
  const file = join(root, "state.json");
  const content = readBoundedFile(file, project, maxStateBytes);
  const state = content === undefined ? undefined : parse(content, file);
  const current = isObject(state) ? member(state, "currentTag") : undefined;
  if (typeof current === "string" && current !== "") return current;
  const [only] = tags;
  return tags.includes("master") || only === undefined || tags.length > 1 ? "master" : only;
}
