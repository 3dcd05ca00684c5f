/** Argo's Workflow: the fields in use. https://argo-workflows.readthedocs.io/en/release-3.7/fields/ */
import { repositoryKey } from "../api/git.js";
import type { KubernetesObject, ObjectMeta, Stored } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";

export interface NodeParameter {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: unknown;
}

export interface WorkflowNode {
  readonly id: string;
  readonly displayName?: string;
  readonly type?: string;
  readonly phase?: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string | null;
  readonly outputs?: { readonly parameters?: readonly NodeParameter[] };
}

export interface Workflow extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: {
    readonly workflowTemplateRef?: { readonly name?: string };
    readonly arguments?: { readonly parameters?: readonly NodeParameter[] };
    readonly shutdown?: string;
  };
  status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly nodes?: Readonly<Record<string, WorkflowNode>>;
    /** Nodes of a very large Workflow, which are not read here. */
    readonly compressedNodes?: string;
    readonly offloadNodeStatusVersion?: string;
  };
}

export const Workflows = resourceType<Workflow>({
  group: "argoproj.io",
  version: "v1alpha1",
  kind: "Workflow",
  plural: "workflows",
  namespaced: true,
});

/** Only its existence is read. */
export const WorkflowTemplates = resourceType<KubernetesObject>({
  group: Workflows.group,
  version: Workflows.version,
  kind: "WorkflowTemplate",
  plural: "workflowtemplates",
  namespaced: true,
});

/** Labels of the Workflows of plays, which config/argo/play-template.yaml sets. */
export const workflowLabels = { task: "task-id", type: "workflow-type", stage: "current-stage" } as const;

/** Name of the WorkflowTemplate of plays in config/argo. */
export const playTemplate = "play-template";

/** Value of the label workflow-type. */
export const playType = "play-orchestration";

/** Label of runs with the Workflow that created them. */
export const workflowNameLabel = "workflow-name";

/** Annotations that record on the Workflow what an event did. */
export const workflowAnnotations = {
  /** Delivery that resumed a node last. */
  resumedBy: "orchestrator.io/resumed-by",
  /** Delivery, its time of creation, and the commit, of the last new round. */
  restartedBy: "orchestrator.io/restarted-by",
  restartedAt: "orchestrator.io/restarted-at",
  restartedRevision: "orchestrator.io/restarted-revision",
  stoppedBy: "orchestrator.io/stopped-by",
} as const;

/** Annotation of a cancelled run with the Delivery that made it obsolete: its Workflow begins a new round instead of ending. */
export const supersededAnnotation = "orchestrator.io/superseded-by";

export function isEnded({ metadata, status }: Stored<Workflow>): boolean {
  return metadata.deletionTimestamp !== undefined || ["Succeeded", "Failed", "Error"].includes(status?.phase ?? "");
}

/** The value of an argument; undefined if it has none. */
export function argumentOf({ spec }: Workflow, name: string): string | undefined {
  return spec.arguments?.parameters?.find((parameter) => parameter.name === name)?.value;
}

/** Whether a Workflow plays a task of the repository, given as `host/owner/name`. Its label cannot tell hosts and letter case apart. */
export function isPlayOf(workflow: Workflow, task: number, repository: string): boolean {
  const named = argumentOf(workflow, "repository");
  return (
    workflow.metadata?.labels?.[workflowLabels.type] === playType &&
    workflow.metadata.labels[workflowLabels.task] === String(task) &&
    named !== undefined &&
    repositoryKey(named) === repository.toLowerCase()
  );
}

export function nodesOf({ status }: Workflow): readonly WorkflowNode[] {
  return Object.values(status?.nodes ?? {});
}

/** Suspend nodes that wait. */
export function waitingNodes(workflow: Workflow): readonly WorkflowNode[] {
  return nodesOf(workflow).filter(({ type, phase }) => type === "Suspend" && phase === "Running");
}

/** Whether the nodes are not in the object itself, since there are too many. */
export function hasHiddenNodes({ status }: Workflow): boolean {
  return (status?.compressedNodes ?? "") !== "" || (status?.offloadNodeStatusVersion ?? "") !== "";
}
