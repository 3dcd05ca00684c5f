/**
 * Decides what should happen to a run, from what is observed and nothing else. Pure: all semantics are in this folder and
 * in the functions it calls, and are tested without a cluster.
 *
 * A plan holds either actions, after which it is made again from their results, or a status to write. So a status only
 * says what was observed, and a manager that is killed at any point continues from what exists.
 */
import { confirm, type Action, type Plan } from "./actions.js";
import { earliest, type Assessment, type PlanContext } from "./context.js";
import { planDeletion } from "./deletion.js";
import { planNextAttempt } from "./ended.js";
import { planRunningAttempt } from "./running.js";
import { planSettlement } from "./settlement.js";
import { planTidying } from "./tidying.js";
import { eligibility, recordedProgress, type Progress } from "../eligibility.js";
import { updateHistory, type History } from "../history.js";
import { identityOf, isDeleting, type Observed } from "../observed.js";
import type { AgentRun, RunKind } from "../run.js";
import { describe } from "../status.js";
import type { Configuration } from "../../configuration/configuration.js";

/** What a plan begins with: the attempts as the Jobs show them, and whether another would start. */
export function assess<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  configuration: Configuration,
  now: number,
): Assessment {
  const history = updateHistory(kind, observed, configuration, now);
  const facts = {
    hasUnrecordedJob: false, // the history has a record of every Job
    hasUnrecordedEnd: history.news !== undefined,
    ...(observed.earlierEnd !== undefined && {
      earlierEnd: observed.earlierEnd === "unread" ? ("unread" as const) : ("same" as const),
    }),
    dependencies: () => observed.dependencies,
    ...(observed.dependencyCycle !== undefined && { dependencyCycle: observed.dependencyCycle }),
  };
  return { history, eligibility: eligibility(observed.run, progressOf(observed, history), facts, configuration, now) };
}

/** The stored progress, brought up to date by the history, which has the status' requests unless a newer Job has others. */
function progressOf<R extends AgentRun>({ run }: Observed<R>, history: History): Progress {
  return recordedProgress({ ...run.status, ...history, runs: [...history.records] });
}

/** @param now milliseconds since the epoch */
export function plan<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  configuration: Configuration,
  now: number,
  assessment: Assessment = assess(kind, observed, configuration, now),
): Plan {
  const { run } = observed;
  const context: PlanContext<R> = { kind, observed, configuration, now, ...assessment };
  if (isDeleting(run)) return planDeletion(context);
  if (run.metadata.finalizers?.includes(kind.finalizer) !== true) return { actions: [{ do: "addFinalizer" }] };

  const { history } = context;
  const doubts = confirmDoubts(history);
  if (doubts !== undefined) return { actions: [doubts] };
  const tidying = planTidying(context);
  if (tidying.actions.length > 0) return { actions: tidying.actions };

  const settlement = planSettlement(context);
  if (settlement.length > 0) return { actions: settlement };

  const next = history.current === undefined ? planNextAttempt(context) : planRunningAttempt(context);
  if ("actions" in next) return { actions: next.actions };
  const recheckAt = earliest(next.recheckAt, tidying.recheckAt);
  return {
    actions: [],
    status: describe(kind, observed, history, next, now),
    ...(recheckAt !== undefined && { recheckAt }),
  };
}

function confirmDoubts({ doubts: { jobs, pods } }: History): Action | undefined {
  return jobs.length + pods.length === 0 ? undefined : confirm({ jobs, podsOf: pods.map(identityOf) });
}
