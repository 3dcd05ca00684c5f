/** The plays that a caller may see: the tasks on which several agents work, and how far each one is. */
import { argumentOf, isPlayOf, playType, workflowLabels, Workflows, type Workflow } from "../argo/workflow.js";
import { agentOf, CodeRuns, stageLabel, type CodeRun } from "../api/coderun.js";
import { repositoryKey } from "../api/git.js";
import { isLive } from "../api/phase.js";
import type { Client } from "../runtime/client/client.js";
import { Forbidden, NotFound } from "../runtime/client/errors.js";
import { byCreation, byCreationDescending } from "../runtime/client/creation-order.js";
import type { Stored } from "../runtime/client/objects.js";
import { playSteps, type PlayStep } from "./plays.js";

export interface PlayStepSummary {
  readonly stage: string;
  readonly state: PlayStep["state"];
  readonly agent?: string;
  /** Name of the CodeRun; absent for an event, and for a stage ahead. */
  readonly run?: string;
  readonly phase?: string;
  readonly pullRequestUrl?: string;
  /** What the run says, or how the event ended. */
  readonly message?: string;
  /** RFC 3339; absent for a stage ahead. */
  readonly at?: string;
}

export interface PlaySummary {
  readonly namespace: string;
  readonly task: number;
  /** `host/owner/name`. */
  readonly repository: string;
  /** Absent: the rules of the configuration carry it, or the caller may not list Workflows. */
  readonly workflow?: { readonly name: string; readonly phase: string; readonly stage?: string };
  /** Whether a run or the Workflow has not ended. */
  readonly isLive: boolean;
  /** When its last run or Workflow was created, in RFC 3339. */
  readonly updatedAt: string;
  /** In their order. */
  readonly steps: readonly PlayStepSummary[];
}

export interface PlayList {
  /** Those with the latest run first. */
  readonly items: readonly PlaySummary[];
  /** There are more than are listed. */
  readonly isTruncated: boolean;
}

/** Objects of one request: each may have hundreds of KiB. */
const pageSize = 50;
const maxPlays = 200;

/** Steps of one play: rules and people may start many runs. */
const maxSteps = 100;

interface Found {
  readonly runs: Stored<CodeRun>[];
  readonly workflows: Stored<Workflow>[];
}

/** Reads those of a namespace, or of all. @throws an API error, but for Workflows that may not be listed */
export async function playList(client: Client, namespace: string | undefined, signal?: AbortSignal): Promise<PlayList> {
  const plays = new Map<string, Found>();
  const add = (where: string | undefined, repository: string, task: number): Found => {
    const key = JSON.stringify([where, repository, task]);
    const found = plays.get(key) ?? { runs: [], workflows: [] };
    plays.set(key, found);
    return found;
  };
  const options = { limit: pageSize, ...(namespace !== undefined && { namespace }), ...(signal && { signal }) };
  for await (const { items } of client.listPages(CodeRuns, options))
    for (const run of items)
      add(run.metadata.namespace, repositoryKey(run.spec.repositoryUrl), run.spec.taskId).runs.push(slim(run));
  for (const workflow of await workflowsOf(client, options)) {
    const task = Number(workflow.metadata.labels?.[workflowLabels.task]);
    const repository = repositoryKey(argumentOf(workflow, "repository") ?? "");
    if (Number.isSafeInteger(task) && isPlayOf(workflow, task, repository))
      add(workflow.metadata.namespace, repository, task).workflows.push(workflow);
  }
  const all = [...plays]
    .filter(([, found]) => isPlay(found))
    .map(([key, found]) => summary(JSON.parse(key) as [string, string, number], found))
    .sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  return { items: all.slice(0, maxPlays), isTruncated: all.length > maxPlays };
}

/** A task with a single agent is not a play. */
function isPlay({ runs, workflows }: Found): boolean {
  const agents = new Set(runs.map(({ spec }) => agentOf(spec)));
  return workflows.length > 0 || agents.size > 1 || runs.some(({ metadata }) => metadata.labels?.[stageLabel]);
}

/** What the steps need of a run: descriptions and requirements are long. */
function slim({ metadata, spec, status = {} }: Stored<CodeRun>): Stored<CodeRun> {
  const { name, namespace, labels, creationTimestamp, uid, resourceVersion } = metadata;
  const { taskId, service, repositoryUrl, docsRepositoryUrl, runType, githubApp, githubUser, cancel } = spec;
  const { phase, message, pullRequestUrl } = status;
  return JSON.parse(
    JSON.stringify({
      metadata: { name, namespace, labels, creationTimestamp, uid, resourceVersion },
      spec: { taskId, service, repositoryUrl, docsRepositoryUrl, runType, githubApp, githubUser, cancel },
      status: { phase, message, pullRequestUrl },
    }),
  ) as Stored<CodeRun>;
}

async function workflowsOf(
  client: Client,
  options: { readonly limit: number; readonly namespace?: string; readonly signal?: AbortSignal },
): Promise<readonly Stored<Workflow>[]> {
  const found: Stored<Workflow>[] = [];
  try {
    const labelSelector = `${workflowLabels.type}=${playType}`;
    for await (const { items } of client.listPages(Workflows, { ...options, labelSelector })) found.push(...items);
  } catch (error) {
    // without Argo, or without the right: the runs tell the rest
    if (!(error instanceof NotFound || error instanceof Forbidden)) throw error;
  }
  return found;
}

const createdAt = ({ metadata }: Stored<Workflow> | Stored<CodeRun>): string => metadata.creationTimestamp ?? "";

function summary([namespace, repository, task]: [string, string, number], { runs, workflows }: Found): PlaySummary {
  const [workflow] = workflows.sort(byCreationDescending);
  const steps = playSteps({ namespace, task, repository, runs: runs.sort(byCreation), ...(workflow && { workflow }) });
  const stage = workflow?.metadata.labels?.[workflowLabels.stage];
  const isOpen = steps.some(({ state }) => state === "running" || state === "waiting");
  return {
    ...{ namespace, task, repository, isLive: isOpen || runs.some(isLive) },
    ...(workflow && {
      workflow: {
        ...{ name: workflow.metadata.name, phase: workflow.status?.phase ?? "Pending" },
        ...(stage !== undefined && { stage }),
      },
    }),
    updatedAt: [...runs, ...workflows].map(createdAt).sort().at(-1) ?? "",
    steps: steps.slice(-maxSteps).map(stepSummary),
  };
}

function stepSummary({ stage, state, run, message, at }: PlayStep): PlayStepSummary {
  const agent = run && agentOf(run.spec);
  const words = run?.status?.message ?? message;
  const url = run?.status?.pullRequestUrl;
  return {
    ...{ stage, state },
    ...(agent !== undefined && { agent }),
    ...(run !== undefined && { run: run.metadata.name, phase: run.status?.phase ?? "Pending" }),
    ...(url !== undefined && { pullRequestUrl: url }),
    ...(words !== undefined && words !== "" && { message: words }),
    ...(at !== undefined && at !== "" && { at }),
  };
}
