/** The Workflow of a play, as it is submitted. Pure. */
import { repositoryKey } from "../api/git.js";
import { shortHash } from "../api/names.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import type { ObjectKey } from "../runtime/client/objects.js";
import { playTemplate, playType, workflowLabels, Workflows, type Workflow } from "./workflow.js";

/** Parameters of config/argo/play-template.yaml; those that are absent keep their defaults there. */
export type PlayParameters = Readonly<Record<string, string>> & { readonly "task-id": string };

/** The same for every request of a task, so that a repeated one starts nothing. */
export function playName(task: number, repository: string): string {
  return `play-task-${task}-${shortHash(repositoryKey(repository))}`;
}

/** The labels are those that Argo adds later: until then the play could not be found. */
export function playWorkflow(
  { namespace, name }: ObjectKey & { readonly namespace: string },
  parameters: PlayParameters,
  annotations: Readonly<Record<string, string>> = {},
): Workflow {
  return {
    apiVersion: apiVersionOf(Workflows),
    kind: Workflows.kind,
    metadata: {
      ...{ namespace, name },
      labels: { [workflowLabels.type]: playType, [workflowLabels.task]: parameters["task-id"] },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      workflowTemplateRef: { name: playTemplate },
      arguments: { parameters: Object.entries(parameters).map(([key, value]) => ({ name: key, value: inert(value) })) },
    },
  };
}

/**
 * A value that Argo inserts as it is. Argo evaluates `{{` also in what it has inserted, so that the text of an issue could otherwise read
 * other parameters, or compute.
 */
function inert(value: string): string {
  return value.replaceAll(/\{(?=\{)/g, "{ ");
}
