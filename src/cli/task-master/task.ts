/** A task of Task Master. */
export interface Task {
  /** `5`, or `5.2` for a subtask; other forms are kept as they are. */
  readonly id: string;
  /** File and JSON path, such as `tasks.json: .master.tasks[3]`. */
  readonly place: string;
  readonly title: string;
  /** Lower case; `pending` by default. */
  readonly status: string;
  readonly description?: string;
  readonly details?: string;
  readonly testStrategy?: string;
  /** Lower case. */
  readonly priority?: string;
  /** Ids of tasks, or of subtasks in full. */
  readonly dependencies: readonly string[];
  readonly subtasks: readonly Task[];
}

const done = new Set(["done", "completed", "cancelled", "canceled"]);

/** Whether nothing is left to do for a task, also because it was cancelled. */
export const isDone = ({ status }: Task): boolean => done.has(status);

/** Whether nobody has begun with a task. */
export const isPending = ({ status }: Task): boolean => status === "pending" || status === "todo";
