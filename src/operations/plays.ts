/** Plays: the agents' sequence for one task, which a Workflow of Argo or the rules of the configuration carry. */
import { playName, playWorkflow, type PlayParameters } from "../argo/play.js";
import {
  argumentOf,
  isEnded,
  isPlayOf,
  nodesOf,
  playTemplate,
  playType,
  waitingNodes,
  workflowLabels,
  Workflows,
  WorkflowTemplates,
  type Workflow,
} from "../argo/workflow.js";
import { CodeRuns, isImplementation, stageLabel, type CodeRun } from "../api/coderun.js";
import { repositoryKey } from "../api/git.js";
import { isLive } from "../api/phase.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists } from "../runtime/client/errors.js";
import { byCreation, byCreationDescending } from "../runtime/client/creation-order.js";
import type { Stored } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import { OperationError } from "./operation-error.js";

export interface PlayKey {
  readonly namespace: string;
  readonly task: number;
  /** Absent: whichever the namespace has; several are an error. */
  readonly repository?: string;
}

/** What is known of a play. */
export interface Play {
  readonly namespace: string;
  readonly task: number;
  /** `host/owner/name`. */
  readonly repository: string;
  /** Absent: the rules carry it. The newest, if there were several. */
  readonly workflow?: Stored<Workflow>;
  /** In the order of creation. */
  readonly runs: readonly Stored<CodeRun>[];
}

/** Whether the namespace has what a play needs of Argo. False also in a cluster without Argo Workflows. */
export async function hasPlayTemplate(client: Pick<Client, "get">, namespace: string): Promise<boolean> {
  return (await unlessMissing(client.get(WorkflowTemplates, { namespace, name: playTemplate }))) !== undefined;
}

/**
 * Submits the Workflow of a play, unless one plays the task, which an issue may have started.
 *
 * @returns created false: it runs already
 * @throws OperationError if it has ended before
 */
export async function startWorkflow(
  client: Pick<Client, "get" | "list" | "create">,
  { namespace, task }: PlayKey,
  parameters: PlayParameters,
): Promise<{ readonly workflow: Stored<Workflow>; readonly created: boolean }> {
  const { repository = "" } = parameters;
  const playing = (await workflowsOf(client, namespace, task)).find(
    (each) => !isEnded(each) && isPlayOf(each, task, repositoryKey(repository)),
  );
  if (playing !== undefined) return { workflow: playing, created: false };
  const name = playName(task, repository);
  try {
    return { workflow: await client.create(Workflows, playWorkflow({ namespace, name }, parameters)), created: true };
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    const found = await client.get(Workflows, { namespace, name });
    if (!isEnded(found)) return { workflow: found, created: false };
    throw new OperationError(
      `workflow ${namespace}/${name} has ended (${found.status?.phase ?? "unknown"}); delete it to play the task again: kubectl delete -n ${namespace} workflow.argoproj.io/${name}`,
      { cause: error },
    );
  }
}

/** The Workflows of plays of a task, in whichever repository; none in a cluster without Argo Workflows. */
async function workflowsOf(
  client: Pick<Client, "list">,
  namespace: string,
  task: number,
): Promise<readonly Stored<Workflow>[]> {
  const labelSelector = `${workflowLabels.type}=${playType},${workflowLabels.task}=${task}`;
  return (await unlessMissing(client.list(Workflows, { namespace, labelSelector })))?.items ?? [];
}

/** @throws OperationError if there is none, or several and the key names no repository */
export async function findPlay(client: Pick<Client, "list">, key: PlayKey): Promise<Play> {
  const { namespace, task } = key;
  const wanted = key.repository === undefined ? undefined : repositoryKey(key.repository);
  const [runs, workflows] = await Promise.all([
    client.list(CodeRuns, { namespace, labelSelector: `${workflowLabels.task}=${task}` }),
    workflowsOf(client, namespace, task),
  ]);
  const repositories = new Set([
    ...runs.items.map(({ spec }) => repositoryKey(spec.repositoryUrl)),
    ...workflows.map((workflow) => repositoryKey(argumentOf(workflow, "repository") ?? "")),
  ]);
  const found = [...repositories].filter((repository) => wanted === undefined || repository === wanted).sort();
  const [repository] = found;
  if (repository === undefined)
    throw new OperationError(
      `task ${task}${wanted === undefined ? "" : ` of ${wanted}`} has neither runs nor a Workflow in namespace ${namespace}; start it with: orchestrator play start ${task}`,
    );
  if (found.length > 1)
    throw new OperationError(`task ${task} is one of several repositories: ${found.join(", ")}; name one with --repo`);
  const [workflow] = workflows.filter((each) => isPlayOf(each, task, repository)).sort(byCreationDescending);
  return {
    ...{ namespace, task, repository },
    ...(workflow !== undefined && { workflow }),
    runs: runs.items
      .filter(({ spec }) => spec.taskId === task && repositoryKey(spec.repositoryUrl) === repository)
      .sort(byCreation),
  };
}

/** Stops the Workflow and cancels the live runs. @returns what was ended, as `workflow/name` and `coderun/name` */
export async function cancelPlay(client: Pick<Client, "patch">, play: Play): Promise<string[]> {
  const { namespace, workflow, runs } = play;
  const ended: string[] = [];
  // first, so that it starts nothing more
  if (workflow !== undefined && !isEnded(workflow) && workflow.spec.shutdown === undefined) {
    const { name, uid } = workflow.metadata;
    const body = { metadata: { uid }, spec: { shutdown: "Stop" } };
    await client.patch(Workflows, { namespace, name }, { type: "merge", body });
    ended.push(`workflow/${name}`);
  }
  for (const { metadata } of runs.filter((run) => isLive(run) && run.spec.cancel !== true)) {
    const { name, uid } = metadata;
    await client.patch(
      CodeRuns,
      { namespace, name },
      { type: "merge", body: { metadata: { uid }, spec: { cancel: true } } },
    );
    ended.push(`coderun/${name}`);
  }
  return ended;
}

/** One step of the sequence: a run, or an event that the play waits for. */
export interface PlayStep {
  readonly stage: string;
  readonly state: "done" | "running" | "waiting" | "failed" | "cancelled" | "ahead";
  /** Absent for an event, and for a stage ahead. */
  readonly run?: Stored<CodeRun>;
  /** How an event ended, such as `Resumed by Delivery github-1.`. */
  readonly message?: string;
  readonly at?: string;
}

/** The stages of a play in their order. With the rules alone, the waiting stages are no objects and are not shown. */
const sequence = [
  ...["implementation", "waiting-pr-created", "quality", "waiting-ready-for-qa"],
  ...["testing", "waiting-pr-approved", "waiting-pr-merged"],
];

/** The steps of a play: those that were, in their order, and the stages that are ahead of the last one. */
export function playSteps({ runs, workflow }: Play): PlayStep[] {
  const steps: PlayStep[] = runs.map((run) => ({
    stage: run.metadata.labels?.[stageLabel] ?? (isImplementation(run) ? "implementation" : (run.spec.runType ?? "")),
    state: stateOf(run),
    run,
    ...(run.metadata.creationTimestamp !== undefined && { at: run.metadata.creationTimestamp }),
  }));
  if (workflow !== undefined) {
    const waiting = new Set(waitingNodes(workflow));
    for (const node of nodesOf(workflow).filter(({ type }) => type === "Suspend")) {
      const isRestart = node.outputs?.parameters?.some(({ name, value }) => name === "event" && value === "restart");
      steps.push({
        stage: node.displayName ?? node.id,
        state: waiting.has(node) ? "waiting" : isRestart === true ? "cancelled" : "done",
        ...(node.message !== undefined && node.message !== "" && { message: node.message }),
        at: node.startedAt ?? "",
      });
    }
  }
  steps.sort((a, b) => ((a.at ?? "") < (b.at ?? "") ? -1 : (a.at ?? "") > (b.at ?? "") ? 1 : 0));
  const last = steps.findLast(({ stage }) => sequence.includes(stage))?.stage;
  const isOver = workflow !== undefined && isEnded(workflow);
  const ahead = sequence
    .slice(last === undefined ? 0 : sequence.indexOf(last) + 1)
    .filter((stage) => workflow !== undefined || !stage.startsWith("waiting-"));
  return [...steps, ...(isOver ? [] : ahead.map((stage): PlayStep => ({ stage, state: "ahead" })))];
}

function stateOf(run: Stored<CodeRun>): PlayStep["state"] {
  if (isLive(run)) return "running";
  if (run.status?.phase === "Cancelled") return "cancelled";
  return run.status?.phase === "Failed" ? "failed" : "done";
}
