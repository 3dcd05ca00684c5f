/** Ends the reservations of attempts in Budgets: with what they used once that is in the status, or as they never started. */
import { confirm, type Action } from "./actions.js";
import type { PlanContext } from "./context.js";
import type { Settlement } from "../budgets/account.js";
import { isDeleting, isPodLive, type Observed, type OwnedJob } from "../observed.js";
import { hasGateway, hasGatewayEnded, isActive, spendingOf } from "../outcome.js";
import type { AgentRun, AttemptRecord } from "../run.js";
import { attemptUsage } from "../usage.js";
import { isStartProblem } from "../../api/reasons.js";

/** What the reservations of a run need now. An attempt's end is in the stored status before it is settled, so it is not reserved again. */
export function planSettlement<R extends AgentRun>({ observed, eligibility }: PlanContext<R>): Action[] {
  const { run, jobs, next, budgets } = observed;
  if (budgets === undefined) return [];
  const isStarting = eligibility.eligible && budgets.decision?.granted === true;
  return budgets.reserved.flatMap((attempt): Action[] => {
    const record = (run.status?.runs ?? []).find(({ number }) => number === attempt);
    const job = jobs.find(({ number }) => number === attempt);
    if (record?.outcome !== undefined) return [{ do: "settleBudget", attempt, settlement: settlementOf(record) }];
    if (isDeleting(run)) return settleDeleted(observed, attempt, job, record);
    if (record !== undefined || job !== undefined || (isStarting && attempt === next.number)) return [];
    return [releaseUnstarted(observed, attempt)];
  });
}

/** An attempt that cannot start although it fits leaves its reservation to others. */
export function releaseNext<R extends AgentRun>(observed: Observed<R>): Action | undefined {
  const { budgets, next } = observed;
  return budgets?.reserved.includes(next.number) === true ? releaseUnstarted(observed, next.number) : undefined;
}

/** Without a Job. Only the API server knows whether one exists. */
function releaseUnstarted<R extends AgentRun>({ run, confirmed }: Observed<R>, attempt: number): Action {
  if (!confirmed.run || !confirmed.jobs) return confirm({ allJobs: true });
  const newest = run.status?.runs?.at(-1)?.number ?? 0;
  // of an older one, the record is no longer kept
  return { do: "settleBudget", attempt, settlement: attempt > newest ? "notStarted" : "unknown" };
}

/** Reasons of attempts whose agent never ran, beside those of pods that do not start. */
const neverRan: readonly string[] = ["WorkspaceNotPrepared", "CommandNotFound"];

function settlementOf({ usage, reason }: AttemptRecord): Settlement {
  if (usage !== undefined) return usage;
  return isStartProblem(reason) || neverRan.includes(reason ?? "") ? {} : "unknown";
}

/** The status of a run that is being deleted records no end: what the gateway has reported counts, else the reservation. */
function settleDeleted<R extends AgentRun>(
  observed: Observed<R>,
  attempt: number,
  owned: OwnedJob | undefined,
  record: AttemptRecord | undefined,
): Action[] {
  const { pods, confirmed } = observed;
  if (owned !== undefined) {
    const { job } = owned;
    const report = spendingOf(job, pods)?.usage;
    const isComplete = !isActive(job) || isDeleting(job);
    if (report === undefined || !isComplete || !hasGateway(job) || !hasGatewayEnded(job, pods)) return [];
    return [{ do: "settleBudget", attempt, settlement: attemptUsage(report) }];
  }
  if (pods.some(isPodLive)) return [];
  if (!confirmed.run || !confirmed.jobs) return [confirm({ allJobs: true })];
  return [
    { do: "settleBudget", attempt, settlement: record === undefined ? "notStarted" : (record.usage ?? "unknown") },
  ];
}
