/** The conditions of a run, from its history and where it stands. Pure. */
import { dependenciesSucceeded, dependencyState } from "./dependencies.js";
import type { History } from "./history.js";
import { shorten } from "./message.js";
import type { Observed } from "./observed.js";
import { queueOfJob } from "./queue.js";
import type { AgentRun } from "./run.js";
import { slotGranted } from "./slots.js";
import { filesFault, type NewStanding, type Standing } from "./status.js";
import { removeCondition, setCondition } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import type { Phase } from "../api/taskrun.js";
import type { Condition, Job } from "../runtime/client/objects.js";

type Conditions = readonly Condition[];

/** A condition without what all of a run have in common. */
interface Change {
  readonly type: string;
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
}

/** Reason of the conditions about the end, before it. */
const notEnded = "NotEnded";

/** Status of the condition `Succeeded` by phase. */
const succeeded: Readonly<Record<Phase, Condition["status"]>> = {
  Succeeded: "True",
  Failed: "False",
  Cancelled: "False",
  Running: "Unknown",
  Pending: "Unknown",
};

/** @param time RFC 3339: transition time of the conditions that change */
export function describeConditions<R extends AgentRun>(
  observed: Observed<R>,
  history: History,
  standing: Standing,
  time: string,
): Conditions {
  const { run } = observed;
  const before = run.status?.conditions ?? [];
  const set =
    standing.keep === true
      ? before // an ended run has nothing new to say, but of which generation it says it
      : withoutRepetition([
          ...outcomeConditions(standing),
          ...gateConditions(observed, history, standing, before),
          ...startConditions(observed, history, standing),
        ]);
  const generation = run.metadata.generation === undefined ? {} : { observedGeneration: run.metadata.generation };
  const changed = set.reduce<Conditions>(
    (conditions, { type, status, reason, message }) =>
      setCondition(conditions, { type, status, reason, message: shorten(message), ...generation }, time),
    before,
  );
  if (standing.keep === true) return changed;
  const present = new Set(set.map(({ type }) => type));
  const current = ["Stalled", "Reconciling"].filter((type) => !present.has(type));
  return inOrder(current.reduce<Conditions>(removeCondition, changed));
}

/** The order in which `kubectl describe` shows them: what a person has to know first. */
const order = [
  ...["Stalled", "Reconciling", "Ended", "Succeeded"],
  ...["Admitted", "QueueAdmitted", "DependenciesMet", "WorkspaceReady", "ConfigMapReady", "JobCreated"],
];

function inOrder(conditions: Conditions): Conditions {
  const rank = ({ type }: Condition): number => (order.includes(type) ? order.indexOf(type) : order.length);
  return [...conditions].sort((a, b) => rank(a) - rank(b));
}

/** Each message once: with the first condition that has it. */
function withoutRepetition(changes: readonly Change[]): Change[] {
  return changes.map((change, index) => {
    const isRepeated = changes.slice(0, index).some(({ message }) => message === change.message);
    return isRepeated ? { ...change, message: "" } : change;
  });
}

/** `Admitted` and `DependenciesMet`: what a start has to pass. */
function gateConditions<R extends AgentRun>(
  { dependencies, dependencyCycle }: Observed<R>,
  history: History,
  { gates }: NewStanding,
  before: Conditions,
): Change[] {
  if (gates !== undefined) {
    const { dependencies: state, slot } = gates;
    return [
      { type: "Admitted", status: slot.granted ? "True" : "False", reason: slot.reason, message: slot.message },
      { type: "DependenciesMet", status: state.met ? "True" : "False", reason: state.reason, message: state.message },
    ];
  }
  if (history.records.length === 0) return [];
  // an attempt that was started had passed both
  const isTrue = (type: string): boolean => before.some((each) => each.type === type && each.status === "True");
  const state = dependencyState(dependencies, dependencyCycle);
  const { reason, message } = state.met ? state : dependenciesSucceeded;
  const passed: Change[] = [
    { type: "Admitted", status: "True", reason: slotGranted.reason, message: slotGranted.message },
    { type: "DependenciesMet", status: "True", reason, message },
  ];
  return passed.filter(({ type }) => !isTrue(type));
}

/** `WorkspaceReady`, `ConfigMapReady` and `JobCreated`: the objects of the newest attempt. */
function startConditions<R extends AgentRun>(
  { next, refusal }: Observed<R>,
  history: History,
  standing: NewStanding,
): Change[] {
  const { reason, message } = standing;
  const newest = history.records.at(-1);
  if (newest !== undefined && standing.gates === undefined) {
    const claim = `PersistentVolumeClaim ${next.names.workspace} exists.`;
    return [
      standing.workspaceReady === false
        ? { type: "WorkspaceReady", status: "False", reason, message }
        : { type: "WorkspaceReady", status: "True", reason: "ClaimExists", message: claim },
      {
        type: "ConfigMapReady",
        status: "True",
        reason: "FilesWritten",
        message: `The ConfigMap holds the files of attempt ${newest.number}.`,
      },
      {
        type: "JobCreated",
        status: "True",
        reason: "JobCreated",
        message: `Job ${newest.jobName ?? ""} was created.`,
      },
      ...queueCondition(history.current?.job?.job, reason, message),
    ];
  }
  if (standing.stalled !== true) return [];
  return [{ type: stalledCondition(reason, refusal?.kind), status: "False", reason, message }];
}

/** `QueueAdmitted`, of an attempt in a queue of Kueue. */
function queueCondition(job: Job | undefined, reason: string, message: string): Change[] {
  const queue = job && queueOfJob(job);
  if (queue === undefined) return [];
  if (job?.spec?.suspend === true) return [{ type: "QueueAdmitted", status: "False", reason, message }];
  const admitted = `Kueue started the Job from queue ${queue}.`;
  return [{ type: "QueueAdmitted", status: "True", reason: "AdmittedByKueue", message: admitted }];
}

/** The condition that a run that cannot continue has not reached. */
function stalledCondition(reason: string, refusedKind: string | undefined): string {
  if (reason === "WorkspaceUnusable" || refusedKind === "PersistentVolumeClaim") return "WorkspaceReady";
  if (reason === filesFault || refusedKind === "ConfigMap") return "ConfigMapReady";
  return "JobCreated";
}

/** Of kstatus's `Stalled` and `Reconciling` the one that holds; `Ended`, which every end makes True; and `Succeeded`. */
function outcomeConditions({ phase, reason, end, message, stalled }: NewStanding): Change[] {
  const changes: Change[] = [];
  const hasEnded = isTerminal(phase);
  if (stalled === true || phase === "Failed") changes.push({ type: "Stalled", status: "True", reason, message });
  else if (!hasEnded) changes.push({ type: "Reconciling", status: "True", reason, message });
  return [
    ...changes,
    { type: "Ended", status: hasEnded ? "True" : "False", reason: end ?? notEnded, message: "" },
    {
      type: "Succeeded",
      status: succeeded[phase],
      reason: hasEnded ? reason : notEnded,
      message: hasEnded ? message : "",
    },
  ];
}
