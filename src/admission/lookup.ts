import type { TaskRun } from "../api/taskrun.js";
import type { IndexFunction, Reader } from "../runtime/cache/reader.js";
import type { TaskRunLookup } from "./context.js";

/** Name of the index that a cache of TaskRuns must have for {@link cachedTaskRuns}. */
export const taskIndex = "task";

/** The index function for {@link taskIndex}. */
export const indexByTask: IndexFunction<TaskRun> = ({ metadata, spec }) => [
  taskKey(metadata.namespace ?? "", spec.serviceName, spec.taskId),
];

const taskKey = (namespace: string, serviceName: string, taskId: number): string =>
  `${namespace}/${serviceName}/${taskId}`;

/** The TaskRuns of a cache. */
export function cachedTaskRuns(reader: Reader<TaskRun>): TaskRunLookup {
  return {
    get: (namespace, name) => reader.get({ namespace, name }),
    byTask: (namespace, serviceName, taskId) => reader.byIndex(taskIndex, taskKey(namespace, serviceName, taskId)),
  };
}

/** TaskRuns in a list, as they stand in files that are checked together; `current()` is read at each question. */
export function listedTaskRuns(
  current: () => Iterable<{ readonly namespace: string; readonly run: TaskRun }>,
): TaskRunLookup {
  const all = (namespace: string): TaskRun[] =>
    [...current()].filter((each) => each.namespace === namespace).map(({ run }) => run);
  return {
    get: (namespace, name) => all(namespace).find((run) => run.metadata?.name === name),
    byTask: (namespace, serviceName, taskId) =>
      all(namespace).filter(({ spec }) => spec.serviceName === serviceName && spec.taskId === taskId),
  };
}
