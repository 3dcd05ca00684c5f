/** The kind CodeRun: its type, its resource, and the names that belong to it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import { agentOfApp, type GitIdentity } from "./git.js";
import { runLabels } from "./labels.js";
import type { CodeRunSpec, CodeRunStatus } from "./generated/coderun.js";

export type { CodeRunSpec, CodeRunStatus } from "./generated/coderun.js";

/** The implementation of a task. Fields with a default in the CRD are always set in objects from the API server. */
export interface CodeRun extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: CodeRunSpec;
  status?: CodeRunStatus;
}

export const CodeRuns = resourceType<CodeRun>({
  group: "orchestrator.io",
  version: "v1",
  kind: "CodeRun",
  plural: "coderuns",
  namespaced: true,
});

/** Keeps a deleted CodeRun until the objects it owns are deleted. */
export const cleanupFinalizer = "coderun.orchestrator.io/cleanup";

/** Former names of the finalizer; it is removed from objects that still have one. */
export const olderFinalizers: readonly string[] = ["coderuns.orchestrator.io/finalizer"];

/** The agent of the GitHub App, or the GitHub user. */
export function agentOf({ githubApp, githubUser }: GitIdentity): string | undefined {
  return githubApp === undefined ? githubUser : agentOfApp(githubApp);
}

/** The labels of a spec, which may be malformed. */
export function labelsOf({
  taskId,
  service,
  githubApp,
  githubUser,
  priority,
}: Readonly<Record<string, unknown>>): Record<string, string> {
  const agent = typeof githubApp === "string" ? agentOfApp(githubApp) : githubUser;
  return runLabels({ taskId, service, agent, priority });
}

/** The workspace of a run, unless it names one: one for each agent and service; users share one for each service. */
export function workspaceOf({
  workspace,
  service,
  githubApp,
}: Pick<CodeRunSpec, "workspace" | "service"> & GitIdentity): string {
  if (workspace?.pvcName !== undefined) return workspace.pvcName;
  return githubApp === undefined ? `workspace-${service}` : `workspace-${service}-${agentOfApp(githubApp)}`;
}

/** The model of an attempt; undefined if the spec names none. With a rotation, successive attempts use its models in turn. */
export function modelOf(
  { model, cliConfig }: Pick<CodeRunSpec, "model" | "cliConfig">,
  number: number,
): string | undefined {
  const { modelRotation = [], model: ofProgram } = cliConfig ?? {};
  return modelRotation[(number - 1) % modelRotation.length] ?? ofProgram ?? model;
}

/** Whether the run is an implementation, which ends with a pull request: by its label workflow-stage, else by runType. Default: true. */
export function isImplementation({ metadata, spec }: CodeRun): boolean {
  return (metadata?.labels?.[stageLabel] ?? spec.runType ?? implementation) === implementation;
}

/** Label with the workflow stage of a run. */
export const stageLabel = "workflow-stage";
const implementation = "implementation";

/** Label of a run: the number of the pull request that it is about. */
export const pullRequestLabel = "orchestrator.io/pull-request";

/** Label of a run: the number of the issue that its task comes from. */
export const issueLabel = "orchestrator.io/issue";

/** The branch of a task's work: all runs of the task continue it. */
export function branchOf({ taskId }: Pick<CodeRunSpec, "taskId">): string {
  return `feature/task-${taskId}-implementation`;
}
