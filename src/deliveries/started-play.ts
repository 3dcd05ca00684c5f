/** The play that an issue or alert starts: a Workflow whose first run is the one that the event would have started itself. Pure. */
import { playWorkflow, type PlayParameters } from "../argo/play.js";
import type { Workflow } from "../argo/workflow.js";
import type { Delivery } from "../api/delivery.js";
import type { Configuration } from "../configuration/configuration.js";
import type { Stored } from "../runtime/client/objects.js";
import { deliveryAnnotation } from "./decision.js";
import { reviewAgents } from "./play-start.js";
import type { Rule } from "./rules.js";
import { startedSpec } from "./started-run.js";

type Configured = Pick<Configuration, "github" | "agents">;

/** @throws Error unless the delivery is decided to start a play */
export function startedPlay(delivery: Stored<Delivery>, rule: Rule["then"], configuration: Configured): Workflow {
  const { workflow, task } = delivery.status ?? {};
  if (workflow === undefined || task === undefined) throw new Error(`${delivery.metadata.name} starts no play`);
  const { namespace, name } = workflow;
  const annotations = { [deliveryAnnotation]: delivery.metadata.name };
  return playWorkflow({ namespace, name }, parametersOf(delivery, task, rule, configuration), annotations);
}

function parametersOf(
  delivery: Stored<Delivery>,
  task: number,
  rule: Rule["then"],
  configuration: Configured,
): PlayParameters {
  const spec = startedSpec(delivery, undefined, rule, configuration.agents);
  const { subject } = delivery.spec;
  const all = {
    service: spec.service,
    repository: spec.repositoryUrl,
    "docs-repository": spec.docsRepositoryUrl,
    "docs-project-directory": spec.docsProjectDirectory,
    "docs-branch": spec.docsBranch,
    "working-directory": spec.workingDirectory,
    model: spec.model,
    "tool-config": spec.toolConfig,
    priority: spec.priority,
    "implementation-agent": spec.githubApp,
    ...reviewAgents(configuration).apps,
    "task-description": spec.taskDescription,
    instructions: spec.promptModification,
    issue: subject?.kind === "Issue" ? String(subject.number) : undefined,
  };
  const present = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { "task-id": String(task), ...Object.fromEntries(present) };
}
