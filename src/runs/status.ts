/** Makes the status of a run from its history and how it stands. Pure; writes nothing that did not change. */
import { isDeepStrictEqual } from "node:util";
import { dependencyState, type DependencyState } from "./dependencies.js";
import type { History } from "./history.js";
import type { Observed } from "./observed.js";
import type { AgentRun, RunKind, RunStatus } from "./run.js";
import { admitted, type SlotDecision } from "./slots.js";
import { removeCondition, setCondition } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import type { Phase } from "../api/taskrun.js";
import { formatTime } from "../runtime/clock.js";
import type { Condition } from "../runtime/client/objects.js";

/** Where a run stands. */
export type Standing = {
  readonly phase: Phase;
  /** Milliseconds since the epoch. */
  readonly nextRetryAt?: number;
  /** What a start has to pass, where that was asked. */
  readonly gates?: { readonly dependencies: DependencyState; readonly slot: SlotDecision };
  /** It can't go on by itself. */
  readonly stalled?: boolean;
  /** Default true, of a run that was started. */
  readonly workspaceReady?: boolean;
} & (
  | {
      /** Nothing is new: reason and message stay. */
      readonly keep: true;
    }
  | {
      readonly keep?: false;
      /** CamelCase. */
      readonly reason: string;
      /** A sentence for people. */
      readonly message: string;
    }
);

/** Reason of a run whose files can't be made. */
export const filesFault = "FilesNotMade";

/** `maxLength` of messages in the schema; far less is read. */
const longestMessage = 2048;

type Conditions = readonly Condition[];

export function describe<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  history: History,
  standing: Standing,
  now: number,
): RunStatus {
  const { run } = observed;
  const { lastUpdated: _lastUpdated, ...before } = run.status ?? {};
  const time = formatTime(now);
  const newest = history.records.at(-1);
  const message = standing.keep === true ? before.message : shorten(standing.message);
  const conditions = describeConditions(observed, history, standing, time);
  const { nextRetryTime: _nextRetryTime, completionTime: _completionTime, workCompleted: _done, ...stays } = before;
  const ended = isTerminal(standing.phase);
  const first = history.records[0]?.startTime;
  const after: RunStatus = {
    ...stays,
    phase: standing.phase,
    ...(run.metadata.generation !== undefined && { observedGeneration: run.metadata.generation }),
    conditions: [...conditions],
    attempts: history.attempts,
    ...(history.records.length > 0 && { runs: [...history.records] }),
    ...(newest?.jobName !== undefined && {
      jobName: newest.jobName,
      configMapName: kind.names(run, newest.number).files,
    }),
    ...(before.startTime === undefined && first !== undefined && { startTime: first }),
    ...(ended && { completionTime: before.completionTime ?? newest?.completionTime ?? time }),
    ...(standing.nextRetryAt !== undefined && { nextRetryTime: formatTime(standing.nextRetryAt) }),
    ...(message !== undefined && { message }),
    ...(standing.phase === "Succeeded" && { workCompleted: true }),
    ...acted(run, history, standing),
    ...Object.fromEntries(
      kind.results.flatMap((field) => {
        const value = history.news?.result[field];
        return value === undefined ? [] : [[field, value]];
      }),
    ),
  };
  return isDeepStrictEqual(before, after) && run.status !== undefined ? run.status : { ...after, lastUpdated: time };
}

/**
 * What was asked for when it last acted. What ended by the end of a run has acted on what that run was started for; what
 * ended without one, on all there was: it doesn't begin again by itself when what kept it from starting is gone.
 */
function acted(
  { spec }: AgentRun,
  { observedRetryAttempt, observedContextVersion }: History,
  { phase, gates }: Standing,
): Pick<RunStatus, "observedRetryAttempt" | "observedContextVersion"> {
  const isAnswer = phase === "Cancelled" || (isTerminal(phase) && gates !== undefined);
  const retryAttempt = isAnswer ? (spec.retryAttempt ?? 1) : observedRetryAttempt;
  const contextVersion = isAnswer ? (spec.contextVersion ?? 1) : observedContextVersion;
  return {
    ...(retryAttempt !== undefined && { observedRetryAttempt: retryAttempt }),
    ...(contextVersion !== undefined && { observedContextVersion: contextVersion }),
  };
}

function shorten(message: string): string {
  return message.length <= longestMessage ? message : `${message.slice(0, longestMessage - 3)}...`;
}

function describeConditions<R extends AgentRun>(
  { run, next, refusal, dependencies, dependencyCycle }: Observed<R>,
  history: History,
  standing: Standing,
  time: string,
): Conditions {
  const generation = run.metadata.generation === undefined ? {} : { observedGeneration: run.metadata.generation };
  let conditions: Conditions = run.status?.conditions ?? [];
  const set = (type: string, status: Condition["status"], reason: string, message: string): void => {
    conditions = setCondition(conditions, { type, status, reason, message: shorten(message), ...generation }, time);
  };
  const drop = (type: string): void => {
    conditions = removeCondition(conditions, type);
  };
  if (standing.keep === true) {
    // an ended run that is looked at again has nothing new to say, but of which generation it says it
    for (const { type, status, reason, message } of run.status?.conditions ?? []) set(type, status, reason, message);
    return conditions;
  }

  const { gates } = standing;
  const newest = history.records.at(-1);
  const isStarted = newest !== undefined && gates === undefined;
  if (gates !== undefined) {
    set("Admitted", gates.slot.slotGranted ? "True" : "False", gates.slot.reason, gates.slot.message);
    set(
      "DependenciesMet",
      gates.dependencies.met ? "True" : "False",
      gates.dependencies.reason,
      gates.dependencies.message,
    );
  } else if (isStarted) {
    // a run that was started had passed what a start has to pass
    const has = (type: string): boolean => conditions.some((each) => each.type === type && each.status === "True");
    const slot = admitted;
    if (!has("Admitted")) set("Admitted", "True", slot.reason, slot.message);
    const { met, reason, message } = dependencyState(dependencies, dependencyCycle);
    if (!has("DependenciesMet")) {
      set(
        "DependenciesMet",
        "True",
        met ? reason : "Succeeded",
        met ? message : "All that had to come first succeeded.",
      );
    }
  }
  if (isStarted) {
    if (standing.workspaceReady === false) set("WorkspaceReady", "False", standing.reason, standing.message);
    else set("WorkspaceReady", "True", "ClaimExists", `PersistentVolumeClaim ${next.names.workspace} is there.`);
    set("ConfigMapReady", "True", "FilesWritten", `The files of run ${newest.number} are in its ConfigMap.`);
    set("JobCreated", "True", "JobCreated", `Job ${newest.jobName ?? ""} was created.`);
  } else if (standing.stalled === true) {
    const type = stalledCondition(standing.reason, refusal?.kind);
    if (type !== undefined) set(type, "False", standing.reason, standing.message);
  }

  const succeeded = {
    Succeeded: "True",
    Failed: "False",
    Cancelled: "False",
    Running: "Unknown",
    Pending: "Unknown",
  } as const;
  set("Succeeded", succeeded[standing.phase], standing.reason, standing.message);
  const isStalled = standing.stalled === true || standing.phase === "Failed";
  if (isStalled) set("Stalled", "True", standing.reason, standing.message);
  else drop("Stalled");
  if (!isStalled && !isTerminal(standing.phase)) set("Reconciling", "True", standing.reason, standing.message);
  else drop("Reconciling");
  return conditions;
}

/** Which condition a run that can't go on has not reached. */
function stalledCondition(reason: string, refusedKind: string | undefined): string | undefined {
  if (reason === "WorkspaceUnusable" || refusedKind === "PersistentVolumeClaim") return "WorkspaceReady";
  if (reason === filesFault || refusedKind === "ConfigMap") return "ConfigMapReady";
  return "JobCreated";
}
