/** The newest attempt's Job exists and has not ended. */
import { earliest, recheckInterval, refusedStanding, type Next, type PlanContext } from "./context.js";
import { givenUp } from "../given-up.js";
import { toSentence } from "../message.js";
import { identityOf, isDeleting, type OwnedJob } from "../observed.js";
import { isHeld, queueOf, queueOfJob } from "../queue.js";
import { stopIntent } from "../requests.js";
import type { AgentRun } from "../run.js";
import { agentState } from "../outcome.js";
import { diagnose, type StartProblem } from "../start-problem.js";
import { startRemedy } from "../start-remedy.js";
import { courseOf } from "../../api/reasons.js";
import { formatTime } from "../../runtime/clock.js";

export function planRunningAttempt<R extends AgentRun>(context: PlanContext<R>): Next {
  const { observed, history, now } = context;
  const { run } = observed;
  const record = history.current?.record;
  const job = history.current?.job;
  if (record === undefined || job === undefined) throw new Error("an attempt that has not ended has a Job, or is lost");
  const refused = refusedStanding(context);
  if (refused !== undefined) return { ...refused, phase: "Running" };
  if (isDeleting(job.job)) {
    return {
      phase: "Running",
      reason: "Stopping",
      message: `Attempt ${record.number} is stopping: waiting for its pods to end.`,
      recheckAt: now + recheckInterval,
    };
  }
  if (stopIntent(run, history) !== undefined) return { actions: [{ do: "stopJob", job: identityOf(job) }] };
  const suspend = run.spec.suspend === true;
  const queue = queueOfJob(job.job);
  if (queue === undefined) {
    if ((job.job.spec?.suspend === true) !== suspend)
      return { actions: [{ do: "suspendJob", job: identityOf(job), suspend }] };
  } else {
    const next = planInQueue(context, job, queue);
    if (next !== undefined) return next;
  }
  if (suspend) {
    return {
      phase: "Pending",
      reason: "Suspended",
      message: `Attempt ${record.number} is suspended. Set spec.suspend to false to resume it.`,
    };
  }
  if (givenUp(job.job) !== undefined) return { actions: [{ do: "stopJob", job: identityOf(job) }] };
  return planStartedPod(context, record.number, job);
}

/**
 * Only Kueue lets a Job in a queue run; a suspended run has it held there. Undefined: the Job is as the run wants it, suspended or started.
 */
function planInQueue<R extends AgentRun>(
  { observed: { run }, configuration }: PlanContext<R>,
  { number, job }: OwnedJob,
  queue: string,
): Next | undefined {
  const hold = run.spec.suspend === true;
  const isSuspended = job.spec?.suspend === true;
  const identity = { name: job.metadata.name, uid: job.metadata.uid };
  if (isHeld(job) !== hold || (hold && !isSuspended)) return { actions: [{ do: "holdInQueue", job: identity, hold }] };
  if (hold || !isSuspended) return undefined;
  const wanted = queueOf(run, configuration);
  if (wanted !== undefined && wanted !== queue)
    return { actions: [{ do: "moveToQueue", job: identity, queue: wanted }] };
  return {
    phase: "Pending",
    reason: "Queued",
    message: `Attempt ${number} waits in queue ${queue} until Kueue starts its Job ${job.metadata.name}.`,
  };
}

/** Reports the attempt as starting or running, or what keeps its pod from starting. */
function planStartedPod<R extends AgentRun>(context: PlanContext<R>, attempt: number, job: OwnedJob): Next {
  const { kind, observed, now } = context;
  const { startProblem, readWarningsOf, recheckAt } = diagnose(job, observed, now);
  if (readWarningsOf.length > 0) return { actions: [{ do: "readWarnings", about: readWarningsOf }] };
  if (startProblem !== undefined) return planStartProblem(context, attempt, job, startProblem, recheckAt);
  const state = agentState(job.job, observed.pods, kind.agentContainer);
  // of an agent that has ended unseen, the Job's end is the next news
  const isRunning = state === "running" || (state === "terminated" && observed.run.status?.reason === "Running");
  const step = isRunning && observed.progress !== undefined ? ` The agent: ${toSentence(observed.progress)}` : "";
  return {
    phase: "Running",
    reason: isRunning ? "Running" : "Starting",
    message: `Attempt ${attempt} is ${isRunning ? "running" : "starting"} in Job ${job.job.metadata.name}.${step}`,
    ...(recheckAt !== undefined && { recheckAt }),
  };
}

/** What becomes of an attempt whose pod does not start depends on its reason alone (`courseOf`). */
function planStartProblem<R extends AgentRun>(
  { kind, observed, configuration, now }: PlanContext<R>,
  attempt: number,
  job: OwnedJob,
  problem: StartProblem,
  recheckAt: number | undefined,
): Next {
  const { reason } = problem;
  const { stalled, ends } = courseOf(reason);
  const remedy = startRemedy(kind, observed.run, configuration, problem);
  const clause = remedy === undefined ? problem.clause : `${toSentence(problem.clause)} ${remedy}`;
  const stuckAt = problem.since + configuration.stuckPodSeconds * 1000;
  const isStuck = stuckAt <= now;
  if (isStuck && ends) {
    return { actions: [{ do: "giveUpJob", job: identityOf(job), because: { reason, clause } }] };
  }
  const next = earliest(recheckAt, isStuck ? undefined : stuckAt);
  const limit = ends ? ` The attempt waits for that until ${formatTime(stuckAt)}.` : "";
  return {
    phase: "Running",
    reason,
    message: `${toSentence(`Attempt ${attempt}: ${clause}`)}${limit}`,
    stalled: stalled === "immediately" || isStuck,
    workspaceReady: !problem.isWorkspace,
    ...(next !== undefined && { recheckAt: next }),
  };
}
