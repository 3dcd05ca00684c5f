/** What an event does to the Workflow of a play. Pure. */
import type { Stored } from "../runtime/client/objects.js";
import {
  hasHiddenNodes,
  isEnded,
  nodesOf,
  waitingNodes,
  workflowAnnotations,
  type Workflow,
  type WorkflowNode,
} from "./workflow.js";

/** The event, as a Delivery has it. */
export interface Request {
  /** Name of the Delivery. */
  readonly by: string;
  /** When it was created, as RFC 3339 in whole seconds. */
  readonly at: string;
  /** Newest commit of the branch at the event. */
  readonly revision?: string;
}

/** A run of quality or testing that the Workflow waits for. */
export interface RoundRun {
  /** `namespace/name`. */
  readonly key: string;
  readonly stage: string;
  readonly createdAt: string;
  readonly isLive: boolean;
  readonly isCancelled: boolean;
  readonly supersededBy?: string;
}

export type Step =
  | { readonly do: "resume"; readonly node: WorkflowNode; readonly event: "resumed" | "restart" }
  /** Record that a new round begins, before anything else is done for it. */
  | { readonly do: "record" }
  | { readonly do: "supersede"; readonly runs: readonly string[] }
  | { readonly do: "wait"; readonly message: string }
  | {
      readonly do: "end";
      readonly phase: "Done" | "Ignored" | "Failed";
      readonly reason: string;
      readonly message: string;
    };

/** Suspend nodes of a round, in which a push begins a new one. */
const roundNodes: ReadonlySet<string> = new Set(["waiting-ready-for-qa", "waiting-pr-approved", "waiting-pr-merged"]);

/** The first suspend node: before it there is nothing to repeat. */
const firstNode = "waiting-pr-created";

/** What the message of a node says that an event resumed. */
export function resumedMessage(by: string): string {
  return `Resumed by Delivery ${by}.`;
}

/**
 * The next step to resume the node with this display name.
 *
 * @param runs of quality and testing that the Workflow created
 */
export function resumption(
  workflow: Stored<Workflow>,
  runs: readonly RoundRun[],
  displayName: string,
  request: Request,
): Step {
  const { name, annotations = {} } = workflow.metadata;
  const common = commonStep(workflow, request);
  if (common !== undefined) return common;
  const roundAt = isOfRound(displayName) ? newestQuality(runs) : "";
  if (roundAt !== "" && request.at <= roundAt)
    return ignored("EarlierRound", `The event is older than the newest run of quality of Workflow ${name}.`);
  const commit = annotations[workflowAnnotations.restartedRevision] ?? "";
  if (isOfRound(displayName) && commit !== "" && request.revision !== undefined && request.revision !== commit)
    return {
      do: "wait",
      message: `Workflow ${name} is about commit ${commit}, and the event about ${request.revision}: waiting for the push.`,
    };
  const waiting = waitingNodes(workflow).filter((node) => node.displayName === displayName);
  const [node, second] = waiting;
  if (second !== undefined)
    return failed("NodeUncertain", `${waiting.length} nodes ${displayName} of Workflow ${name} wait at once.`);
  if (node !== undefined) return { do: "resume", node, event: "resumed" };
  const passed = nodesOf(workflow).some(
    (each) => each.displayName === displayName && wasResumed(each) && (each.finishedAt ?? "") >= roundAt,
  );
  if (passed) return ignored("AlreadyResumed", `Node ${displayName} of Workflow ${name} was resumed before.`);
  return { do: "wait", message: `Waiting until Workflow ${name} has reached ${displayName}.` };
}

/**
 * The next step to begin a new round.
 *
 * @param runs of quality and testing that the Workflow created
 */
export function restart(workflow: Stored<Workflow>, runs: readonly RoundRun[], request: Request): Step {
  const { name, annotations = {} } = workflow.metadata;
  const common = commonStep(workflow, request);
  if (common !== undefined) return common;
  const mine = runs.filter(({ supersededBy }) => supersededBy === request.by);
  if (mine.some(({ isLive }) => isLive)) return { do: "wait", message: `Waiting until ${keys(mine)} has ended.` };
  if (mine.some(({ isCancelled }) => isCancelled))
    return { do: "end", phase: "Done", reason: "CarriedOut", message: `Workflow ${name} begins a new round.` };
  if (!nodesOf(workflow).some((node) => node.displayName === firstNode && isPassed(node)))
    return ignored("NotInRound", `Workflow ${name} has not begun quality and testing.`);
  const restartedAt = annotations[workflowAnnotations.restartedAt] ?? "";
  const isRecorded = annotations[workflowAnnotations.restartedBy] === request.by;
  if (restartedAt > request.at) return ignored("Superseded", `A later push has begun a new round of Workflow ${name}.`);
  if (!isRecorded) return { do: "record" };
  const current = runs.find(({ stage, createdAt }) => stage === "quality" && createdAt > request.at);
  if (current !== undefined) return ignored("AlreadyCurrent", `${current.key} started after the push.`);
  const waiting = waitingNodes(workflow).filter(({ displayName = "" }) => roundNodes.has(displayName));
  const [node, second] = waiting;
  if (second !== undefined) return failed("NodeUncertain", `${waiting.length} nodes of Workflow ${name} wait at once.`);
  if (node !== undefined) return { do: "resume", node, event: "restart" };
  const obsolete = runs.filter(({ isLive, supersededBy }) => isLive && supersededBy === undefined);
  if (obsolete.length > 0) return { do: "supersede", runs: obsolete.map(({ key }) => key) };
  return { do: "wait", message: `Waiting until Workflow ${name} is between two stages.` };
}

function commonStep(workflow: Stored<Workflow>, { by }: Request): Step | undefined {
  const { name } = workflow.metadata;
  if (hasHiddenNodes(workflow))
    return failed(
      "NodesHidden",
      `Workflow ${name} is too large: its nodes are compressed or in a database. Resume it by hand.`,
    );
  const mine = nodesOf(workflow).find((node) => node.message === resumedMessage(by) && isPassed(node));
  if (mine !== undefined)
    return {
      do: "end",
      phase: "Done",
      reason: "CarriedOut",
      message: `Resumed ${mine.displayName ?? ""} of Workflow ${name}.`,
    };
  if (isEnded(workflow)) return ignored("WorkflowEnded", `Workflow ${name} has ended.`);
  return undefined;
}

/** Whether a node comes again in each round, and an event of an earlier round does not count. A merge is final. */
const isOfRound = (displayName: string): boolean => displayName !== firstNode && displayName !== "waiting-pr-merged";

/** When the newest run of quality was created; empty if there is none. */
function newestQuality(runs: readonly RoundRun[]): string {
  const times = runs.filter(({ stage }) => stage === "quality").map(({ createdAt }) => createdAt);
  return times.reduce((newest, time) => (time > newest ? time : newest), "");
}

const wasResumed = (node: WorkflowNode): boolean =>
  isPassed(node) && node.outputs?.parameters?.find(({ name }) => name === "event")?.value !== "restart";
const isPassed = ({ type, phase }: WorkflowNode): boolean => type === "Suspend" && phase === "Succeeded";
const keys = (runs: readonly RoundRun[]): string => runs.map(({ key }) => key).join(", ");
const ignored = (reason: string, message: string): Step => ({ do: "end", phase: "Ignored", reason, message });
const failed = (reason: string, message: string): Step => ({ do: "end", phase: "Failed", reason, message });
