/** What is done about an event of a task that a Workflow plays: the Workflow starts the runs, the event resumes it. Pure. */
import { isEnded, type Workflow } from "../argo/workflow.js";
import { keyOf, type Stored } from "../runtime/client/objects.js";
import type { Decision } from "./decision.js";
import type { Rule } from "./rules.js";

export interface Play {
  /** The Workflows that play the task. */
  readonly workflows: readonly Stored<Workflow>[];
  /** Live runs of the task that a cancellation ends. */
  readonly live: readonly string[];
  readonly base: Pick<Decision, "decision" | "rule">;
}

/** Undefined: no Workflow is concerned, and the rule's action is carried out as without Argo. */
export function playDecision({ workflows, live, base }: Play, { name, then }: Rule): Decision | undefined {
  const { action, node, restart = false } = then;
  const playing = workflows.filter((each) => !isEnded(each));
  const [workflow, second] = playing;
  if (workflow === undefined)
    return action === "resume"
      ? { ...base, phase: "Ignored", reason: "NoWorkflow", message: "No Workflow plays the task." }
      : undefined;
  // runs of some stages can be cancelled alone; the Workflow ends by itself when it sees that
  const isConcerned = node !== undefined || restart || (action === "cancel" && then.replace === undefined);
  if (!isConcerned) return undefined;
  if (second !== undefined)
    return {
      ...base,
      phase: "Failed",
      reason: "WorkflowUncertain",
      message: `Several Workflows play the task: ${playing
        .map((each) => keyOf(each))
        .sort()
        .slice(0, 10)
        .join(", ")}.`,
    };
  const { namespace = "", uid } = workflow.metadata;
  const key = `${namespace}/${workflow.metadata.name}`;
  const found = { workflow: { namespace, name: workflow.metadata.name, uid }, reason: "RuleMatched" };
  if (node === undefined && !restart)
    return { ...base, ...found, cancelled: [...live], message: `Rule ${name} stops Workflow ${key}.` };
  const words = restart ? `begins a new round of Workflow ${key}` : `resumes ${node ?? ""} of Workflow ${key}`;
  return {
    ...base,
    decision: "resume",
    ...found,
    ...(node !== undefined && { node }),
    message: `Rule ${name} ${words}.`,
  };
}
