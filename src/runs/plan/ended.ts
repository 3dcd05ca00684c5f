/** No attempt is running: none was started yet, or the newest has ended. Decides what follows. */
import { confirm } from "./actions.js";
import { recheckInterval, type Next, type PlanContext } from "./context.js";
import { stopLoosePods } from "./loose-pods.js";
import { startAttempt } from "./start.js";
import { alreadyDone } from "../earlier-end.js";
import { isPodLive } from "../observed.js";
import { decideRetry, policyOf } from "../retry.js";
import type { AgentRun } from "../run.js";
import { slotGranted } from "../slots.js";
import { isDisruption } from "../../api/failure-classes.js";
import { reasonOr } from "../../api/reasons.js";
import { restoredBy } from "../../api/restored.js";
import { formatTime } from "../../runtime/clock.js";

interface Suspended {
  readonly reason: "Suspended";
  readonly message: string;
}

/** A run that was restored from a backup without its status was suspended by admission. */
function suspended({ metadata, status }: AgentRun): Suspended {
  const restore = (status?.runs ?? []).length === 0 ? restoredBy(metadata) : undefined;
  const message =
    restore === undefined
      ? "Suspended. Set spec.suspend to false to continue."
      : `Suspended, because restore ${restore} created the run without its status, and it may have run before. Set spec.suspend to false to run it.`;
  return { reason: "Suspended", message };
}

export function planNextAttempt<R extends AgentRun>(context: PlanContext<R>): Next {
  const { observed, history, eligibility } = context;
  if (eligibility.eligible) return keepRetryTime(context, startAttempt(context, eligibility));
  switch (eligibility.reason) {
    case "Ended":
      return { phase: observed.run.status?.phase ?? "Failed", keep: true };
    case "Succeeded":
      return {
        phase: "Succeeded",
        reason: "Completed",
        end: "Completed",
        message: history.news?.message ?? `Attempt ${history.records.at(-1)?.number ?? 0} succeeded.`,
      };
    case "Cancelled":
      return cancelRun(context);
    case "AlreadyDone":
      return endAsBefore(context);
    case "EarlierEndUnread":
      return { actions: [{ do: "readEarlierEnd" }] };
    case "EndNotRecorded":
      // the end has to be in the status before the next attempt makes it hard to see
      return {
        phase: "Pending",
        reason: "RetryRequested",
        message: `${history.news?.message ?? ""} Another attempt was requested.`,
      };
    case "RetryUndecided":
      return planRetry(context);
    case "RetryScheduled":
      return awaitRetry(context, eligibility.retryAt);
    case "Suspended":
    case "DependenciesNotMet":
      return keepRetryTime(context, waitToStart(context, eligibility));
    case "Deleting":
    case "AttemptRunning":
      throw new Error(`a run that is ${eligibility.reason} is planned elsewhere`);
  }
}

/** `spec.cancel` is true. The phase Cancelled is final, so first everything that may still run has to be known and gone. */
function cancelRun<R extends AgentRun>({ observed, history, now }: PlanContext<R>): Next {
  // a Job that was just created, and that a cache does not show yet, must not be left behind
  if (!observed.confirmed.jobs) return { actions: [confirm({ allJobs: true })] };
  const stopping = stopLoosePods(observed);
  if (stopping !== undefined) return stopping;
  const pod = observed.pods.find(isPodLive);
  if (pod !== undefined) {
    const message = `Waiting for pod ${pod.metadata.name} to end.`;
    return { phase: "Pending", reason: "Stopping", message, recheckAt: now + recheckInterval };
  }
  const last = history.records.at(-1);
  const message =
    history.news?.message ??
    (last === undefined
      ? "Cancelled before the first attempt."
      : `Cancelled. Attempt ${last.number} had already ended.`);
  return { phase: "Cancelled", reason: "Cancelled", end: "Cancelled", message };
}

/** The same request ended before, and `history` removed that run: it is not paid for again. */
function endAsBefore<R extends AgentRun>({ kind, observed: { run, earlierEnd } }: PlanContext<R>): Next {
  if (earlierEnd === undefined || earlierEnd === "unread") throw new Error("a run that is AlreadyDone has an end");
  const { phase, endedAt, retryAttempt } = earlierEnd;
  const { name, namespace = "default" } = run.metadata;
  const type = `${kind.type.plural}.${kind.type.group}`;
  const command = `kubectl patch ${type} ${name} -n ${namespace} --type merge -p '{"spec":{"retryAttempt":${retryAttempt + 1}}}'`;
  const message =
    `A run of this name with the same spec ended as ${phase} at ${formatTime(endedAt)}, and history removed it, so nothing is started. ` +
    `To run it again, raise spec.retryAttempt: ${command}`;
  return { phase, reason: alreadyDone, end: alreadyDone, message, endedAt };
}

type Waiting = Extract<PlanContext<AgentRun>["eligibility"], { readonly reason: "Suspended" | "DependenciesNotMet" }>;

/** A run that would start, but for `spec.suspend` or its dependencies. */
function waitToStart<R extends AgentRun>({ observed: { run } }: PlanContext<R>, why: Waiting): Next {
  const { dependencies } = why;
  const gates = { dependencies, slot: slotGranted };
  if (why.reason === "Suspended") return { phase: "Pending", ...suspended(run), gates };
  if (dependencies.met) throw new Error("a run whose dependencies are met does not wait for them");
  const { reason, message } = dependencies;
  if (reason === "DependencyFailed" && run.spec.onDependencyFailure === "Fail") {
    const words = `${message} The run is not started because spec.onDependencyFailure is Fail.`;
    return { phase: "Failed", reason, end: reason, message: words, gates };
  }
  const needsPerson = reason === "DependencyCycle" || reason === "DependencyFailed";
  return { phase: "Pending", reason, message, gates, stalled: needsPerson };
}

/** A retry that is due and waits for something else keeps its time, or a clock that goes back could bring it into reach. */
function keepRetryTime<R extends AgentRun>({ observed, eligibility, now }: PlanContext<R>, next: Next): Next {
  const { nextRetryTime } = observed.run.status ?? {};
  const isRetry = "cause" in eligibility && eligibility.cause === "AutomaticRetry";
  if ("actions" in next || !isRetry || nextRetryTime === undefined) return next;
  return { ...next, nextRetryAt: Math.min(Date.parse(nextRetryTime), now) };
}

/** The newest attempt did not succeed: schedules an automatic retry, or ends the run. */
function planRetry<R extends AgentRun>({ kind, observed, history, configuration, now }: PlanContext<R>): Next {
  const decision = decideRetry(
    policyOf(kind, observed.run, configuration),
    history.records,
    now,
    history.news?.spending?.limited?.until,
  );
  const last = history.records.at(-1);
  const ended = history.news?.message ?? `Attempt ${last?.number ?? 0} did not succeed.`;
  if (!decision.again) {
    return {
      phase: "Failed",
      reason: reasonOr(last?.reason, isDisruption(last?.reason) ? "Disrupted" : "AttemptFailed"),
      end: decision.reason,
      message: `${ended} No retry follows: ${decision.clause}.`,
    };
  }
  // whole seconds, as the status has them
  const at = Math.ceil(decision.at / 1000) * 1000;
  const left = `${decision.left} automatic ${decision.left === 1 ? "retry" : "retries"} left`;
  return {
    phase: "Pending",
    reason: "RetryBackOff",
    message: `${ended} The next attempt starts at ${formatTime(at)} (${left}).`,
    nextRetryAt: at,
    recheckAt: at,
  };
}

/** The time of the retry has not come. A run that is suspended meanwhile says so. */
function awaitRetry<R extends AgentRun>({ observed: { run }, history }: PlanContext<R>, at: number): Next {
  const wait = { phase: "Pending", nextRetryAt: at, recheckAt: at } as const;
  if (run.spec.suspend === true) return { ...wait, ...suspended(run) };
  const reason = "RetryBackOff";
  if (run.status?.reason === reason) return { ...wait, keep: true };
  const last = history.records.at(-1);
  const ended = `Attempt ${last?.number ?? 0} ended: ${last?.reason ?? last?.outcome ?? "Failed"}.`;
  return { ...wait, reason, message: `${ended} The next attempt starts at ${formatTime(at)}.` };
}
