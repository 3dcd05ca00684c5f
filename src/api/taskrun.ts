/** The kind TaskRun: its type, its resource, and the names that belong to it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { TaskRunSpec, TaskRunStatus } from "./generated/taskrun.js";

export type {
  AgentResources,
  AgentTool,
  MarkdownFile,
  Phase,
  Repository,
  RunRecord,
  TaskRunSpec,
  TaskRunStatus,
} from "./generated/taskrun.js";

/** A task for an agent. Fields with a default in the CRD are always there in an object that the API server returned. */
export interface TaskRun extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: TaskRunSpec;
  status?: TaskRunStatus;
}

export const TaskRuns = resourceType<TaskRun>({
  group: "orchestrator.io",
  version: "v1",
  kind: "TaskRun",
  plural: "taskruns",
  namespaced: true,
});

/** Keeps a deleted TaskRun until what it owns is gone. */
export const cleanupFinalizer = "taskrun.orchestrator.io/cleanup";

/** What the original system called that finalizer; objects that still carry it are freed too. */
export const olderFinalizers: readonly string[] = ["taskruns.orchestrator.io/finalizer"];

/** Labels of TaskRuns and of everything made for them. */
export const labels = {
  taskId: "orchestrator.io/task-id",
  service: "orchestrator.io/service",
  agent: "orchestrator.io/agent",
  priority: "orchestrator.io/priority",
} as const;

/** The same facts under the names of the first design, which people's selectors use. */
export const plainLabels = { taskId: "task-id", service: "service", priority: "priority" } as const;

/** The values of all labels of a spec; a field that isn't there gives no label. */
export function labelsOf(
  spec: Partial<Pick<TaskRunSpec, "taskId" | "serviceName" | "agentName" | "priority">>,
): Record<string, string> {
  const taskId = spec.taskId?.toString();
  return {
    ...(taskId !== undefined && { [labels.taskId]: taskId, [plainLabels.taskId]: taskId }),
    ...(spec.serviceName !== undefined && {
      [labels.service]: spec.serviceName,
      [plainLabels.service]: spec.serviceName,
    }),
    ...(spec.agentName !== undefined && { [labels.agent]: spec.agentName }),
    ...(spec.priority !== undefined && { [labels.priority]: spec.priority, [plainLabels.priority]: spec.priority }),
  };
}
