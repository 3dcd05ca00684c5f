/** The kind TaskRun: its type, its resource, and the names that belong to it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import { dnsLabel, identityOf } from "./git.js";
import { runLabels } from "./labels.js";
import { shortHash } from "./names.js";
import type { TaskRunSpec, TaskRunStatus } from "./generated/taskrun.js";

export type {
  AgentResources,
  AgentTool,
  AttemptUsage,
  MarkdownFile,
  ModelUsage,
  Phase,
  Repository,
  RunBudget,
  RunRecord,
  TaskRunSpec,
  TaskRunStatus,
  Usage,
} from "./generated/taskrun.js";

/** A task for an agent. Fields with a default in the CRD are always set in objects from the API server. */
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

/** Keeps a deleted TaskRun until the objects it owns are deleted. */
export const cleanupFinalizer = "taskrun.orchestrator.io/cleanup";

/** Former names of the finalizer; it is removed from objects that still have one. */
export const olderFinalizers: readonly string[] = ["taskruns.orchestrator.io/finalizer"];

/** The labels of a spec, which may be malformed. */
export function labelsOf({
  taskId,
  serviceName,
  agentName,
  priority,
}: Readonly<Record<string, unknown>>): Record<string, string> {
  return runLabels({ taskId, service: serviceName, agent: agentName, priority });
}

/** The workspace of a service, unless a run names another. */
export function workspaceOf(spec: Pick<TaskRunSpec, "serviceName" | "workspace">): string {
  return spec.workspace?.pvcName ?? `${spec.serviceName}-workspace-pvc`;
}

/** The agent of runs that name none, unless the configuration has another default. */
export const defaultAgent = "claude-agent-1";

/** The agent as a DNS label. Names that differ give labels that differ. */
export function agentLabelOf({ agentName = defaultAgent }: Pick<TaskRunSpec, "agentName">): string {
  const label = dnsLabel(agentName);
  return label === agentName ? label : `${label}-${shortHash(agentName, 6)}`;
}

/** The branch of an agent's work on a task: all of its runs of the task continue it. */
export function branchOf(spec: Pick<TaskRunSpec, "taskId" | "serviceName" | "agentName">): string {
  return `feature/task-${spec.taskId}-${spec.serviceName}-${agentLabelOf(spec)}`;
}

/** The App that a TaskRun works in its repository as. A key that the repository names comes before it. */
export function appOf({ repository, githubApp }: Pick<TaskRunSpec, "repository" | "githubApp">): string | undefined {
  return repository === undefined || repository.auth !== undefined || repository.githubUser !== undefined
    ? undefined
    : githubApp;
}

/**
 * What a TaskRun works as: the user of its repository, the key it names, its App, the configured key, or nothing. Keys of one Secret are
 * different identities.
 */
export function repositoryIdentity(spec: Pick<TaskRunSpec, "repository" | "githubApp">): string {
  const { repository } = spec;
  if (repository === undefined) return "none";
  const githubApp = appOf(spec);
  if (githubApp !== undefined) return identityOf({ githubApp });
  const { auth, githubUser } = repository;
  if (auth !== undefined) {
    return `secret:${auth.secretName}${auth.type === "BasicAuth" ? "" : `/${auth.secretKey ?? "token"}`}`;
  }
  return githubUser === undefined ? "configured" : identityOf({ githubUser });
}
