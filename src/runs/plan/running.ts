/** The newest attempt's Job exists and has not ended. */
import { earliest, recheckInterval, refusedStanding, type Next, type PlanContext } from "./context.js";
import { givenUp } from "../given-up.js";
import { toSentence } from "../message.js";
import { identityOf, isDeleting, type OwnedJob } from "../observed.js";
import { stopIntent } from "../requests.js";
import type { AgentRun } from "../run.js";
import { diagnose } from "../start-problem.js";

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
  if ((job.job.spec?.suspend === true) !== suspend)
    return { actions: [{ do: "suspendJob", job: identityOf(job), suspend }] };
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

/** Reports the attempt as running, or what keeps its pod from starting; ends it once that has lasted too long. */
function planStartedPod<R extends AgentRun>(
  { observed, configuration, now }: PlanContext<R>,
  attempt: number,
  job: OwnedJob,
): Next {
  const { startProblem, readWarningsOf, recheckAt } = diagnose(job, observed, now);
  if (readWarningsOf.length > 0) return { actions: [{ do: "readWarnings", about: readWarningsOf }] };
  if (startProblem === undefined) {
    return {
      phase: "Running",
      reason: "Running",
      message: `Attempt ${attempt} is running in Job ${job.job.metadata.name}.`,
      ...(recheckAt !== undefined && { recheckAt }),
    };
  }
  const stuckAt = startProblem.since + configuration.stuckPodSeconds * 1000;
  const isStuck = stuckAt <= now;
  if (isStuck && startProblem.needsPerson) {
    const because = { reason: startProblem.reason, clause: startProblem.clause };
    return { actions: [{ do: "giveUpJob", job: identityOf(job), because }] };
  }
  const next = earliest(recheckAt, isStuck ? undefined : stuckAt);
  return {
    phase: "Running",
    // reported at once, called stalled once it has lasted
    reason: isStuck ? startProblem.reason : "PodNotStarting",
    message: toSentence(`Attempt ${attempt}: ${startProblem.clause}`),
    stalled: isStuck,
    workspaceReady: !startProblem.isWorkspace,
    ...(next !== undefined && { recheckAt: next }),
  };
}
