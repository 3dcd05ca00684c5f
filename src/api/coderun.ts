/** The kind CodeRun: its type, its resource, and the names that belong to it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import { agentOfApp, type GitIdentity } from "./git.js";
import { runLabels } from "./labels.js";
import type { CodeRunSpec, CodeRunStatus } from "./generated/coderun.js";

export type { CodeRunSpec, CodeRunStatus } from "./generated/coderun.js";

/** The implementation of a task. Fields with a default in the CRD are always there in an object that the API server returned. */
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

/** Keeps a deleted CodeRun until what it owns is gone. */
export const cleanupFinalizer = "coderun.orchestrator.io/cleanup";

/** What the original system called that finalizer; objects that still carry it are freed too. */
export const olderFinalizers: readonly string[] = ["coderuns.orchestrator.io/finalizer"];

/** Who does the work: the agent of the App, or the user. */
export function agentOf({ githubApp, githubUser }: GitIdentity): string | undefined {
  return githubApp === undefined ? githubUser : agentOfApp(githubApp);
}

/** The labels that a spec gives, malformed or not. */
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

/** Each agent has a workspace of its own in a service; users share one. Source: api.md 3. */
export function workspaceOf({
  workspace,
  service,
  githubApp,
}: Pick<CodeRunSpec, "workspace" | "service"> & GitIdentity): string {
  if (workspace?.pvcName !== undefined) return workspace.pvcName;
  return githubApp === undefined ? `workspace-${service}` : `workspace-${service}-${agentOfApp(githubApp)}`;
}

/** The model of a run; undefined where the spec names none. With a rotation, successive runs use its models in turn. */
export function modelOf(
  { model, cliConfig }: Pick<CodeRunSpec, "model" | "cliConfig">,
  number: number,
): string | undefined {
  const { modelRotation = [], model: ofProgram } = cliConfig ?? {};
  return modelRotation[(number - 1) % modelRotation.length] ?? ofProgram ?? model;
}

/**
 * Whether the run is the implementation itself, whose result is a pull request. The label `workflow-stage`, or else
 * `runType`, tells those of quality and testing apart from it. Source: original.md 2.2.
 */
export function isImplementation({ metadata, spec }: CodeRun): boolean {
  return (metadata?.labels?.[stageLabel] ?? spec.runType ?? implementation) === implementation;
}

/** Where in a workflow a run stands. */
export const stageLabel = "workflow-stage";
const implementation = "implementation";
