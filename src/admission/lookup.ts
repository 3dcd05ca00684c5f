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
