/** One task of a `tasks.json`, whatever forms its fields have. Pure. */
import { OperationError } from "../../operations/operation-error.js";
import { isList, isObject, member, type JsonObject } from "../../runtime/schema/json.js";
import type { Task } from "./task.js";

/** Subtasks inside each other. */
const maxDepth = 8;

/**
 * The tasks of a list. Null is what is absent, also as an item; unknown fields are ignored.
 *
 * @param place of the list, such as `tasks.json: .tasks`
 * @param parent id of the task that these are subtasks of
 * @throws OperationError that names the place
 */
export function taskItems(list: readonly unknown[], place: string, parent = ""): Task[] {
  const items = list.flatMap((value, index) => (value === null ? [] : [{ value, place: `${place}[${index}]` }]));
  const siblings = new Set(items.map(({ value, place: at }) => idOf(value, at, parent)));
  const tasks = items.map(({ value, place: at }) => taskItem(value, at, parent, siblings));
  const seen = new Map<string, string>();
  for (const { id, place: at } of tasks) {
    const before = seen.get(id);
    if (before !== undefined)
      throw new OperationError(`${at}.id: ${id} is the id of ${before} too; give it another one`);
    seen.set(id, at);
  }
  return tasks;
}

function taskItem(value: unknown, place: string, parent: string, siblings: ReadonlySet<string>): Task {
  const id = idOf(value, place, parent);
  const task = value as JsonObject; // or it would have no id
  const text = (...keys: string[]): string | undefined => textOf(task, place, keys);
  const subtasks = listOf(task, "subtasks", place);
  if (subtasks.length > 0 && id.split(".").length > maxDepth)
    throw new OperationError(`${place}.subtasks: are nested deeper than ${maxDepth} levels; flatten them`);
  const [description, details, testStrategy] = [
    text("description"),
    text("details"),
    text("testStrategy", "test_strategy"),
  ];
  const priority = text("priority")?.toLowerCase();
  return {
    ...{ id, place, title: text("title", "name") ?? `Task ${id}` },
    status: text("status")?.toLowerCase().trim() ?? "pending",
    ...(description !== undefined && { description }),
    ...(details !== undefined && { details }),
    ...(testStrategy !== undefined && { testStrategy }),
    ...(priority !== undefined && { priority }),
    dependencies: listOf(task, "dependencies", place).flatMap((each, index) =>
      each === null ? [] : [dependencyId(each, `${place}.dependencies[${index}]`, parent, siblings)],
    ),
    subtasks: taskItems(subtasks, `${place}.subtasks`, id),
  };
}

function idOf(value: unknown, place: string, parent: string): string {
  if (!isObject(value)) throw new OperationError(`${place}: must be an object with id and title`);
  const own = idText(member(value, "id"), `${place}.id`);
  return parent === "" || own.startsWith(`${parent}.`) ? own : `${parent}.${own}`;
}

/** A number, as Task Master writes it, or text. */
function idText(value: unknown, place: string): string {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return String(value);
  if (typeof value === "string" && value.trim() !== "" && value.length <= 64) return value.trim();
  throw new OperationError(`${place}: must be a number or text such as "5" or "5.2"`);
}

/** In a subtask, a number means the sibling with it, if one exists. */
function dependencyId(value: unknown, place: string, parent: string, siblings: ReadonlySet<string>): string {
  // in the wild also as an object with an id
  const id = idText(isObject(value) ? member(value, "id") : value, place);
  const sibling = `${parent}.${id}`;
  return parent !== "" && siblings.has(sibling) ? sibling : id;
}

/** The first of these fields that is present; lists of lines as text. */
function textOf(task: JsonObject, place: string, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = member(task, key) ?? undefined;
    if (value === undefined || value === "") continue;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    if (isList(value) && value.every((line) => typeof line === "string")) return value.join("\n");
    throw new OperationError(`${place}.${key}: must be text`);
  }
  return undefined;
}

function listOf(task: JsonObject, key: string, place: string): readonly unknown[] {
  const value = member(task, key) ?? [];
  if (isList(value)) return value;
  throw new OperationError(`${place}.${key}: must be a list`);
}
