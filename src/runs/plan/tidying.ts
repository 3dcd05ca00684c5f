/** Removes Jobs whose outcome is in the stored status: those that only our finalizer keeps, and those past their TTL. */
import type { Action, Plan } from "./actions.js";
import { earliest, type PlanContext } from "./context.js";
import { recordedFinalizer } from "../metadata.js";
import { identityOf, isDeleting, isOnlyHeld } from "../observed.js";
import { finishedCondition } from "../outcome.js";
import type { AgentRun } from "../run.js";
import { awaitsTranscript, keepsTranscripts } from "../transcripts.js";

export function planTidying<R extends AgentRun>({ observed, configuration, now }: PlanContext<R>): Plan {
  const { run, jobs } = observed;
  const records = run.status?.runs ?? [];
  const newest = Math.max(0, ...records.map(({ number }) => number));
  const ttl = (run.spec.ttlSecondsAfterFinished ?? configuration.job.ttlSecondsAfterFinished) * 1000;
  const keepsLogs = keepsTranscripts(configuration.history.archive);
  const actions: Action[] = [];
  let recheckAt: number | undefined;
  for (const owned of jobs) {
    const record = records.find(({ number }) => number === owned.number);
    const isRecorded = record === undefined ? owned.number < newest : record.outcome !== undefined;
    if (!isRecorded || (keepsLogs && awaitsTranscript(owned.job))) continue;
    if (isOnlyHeld(owned)) {
      if (owned.job.metadata.finalizers?.includes(recordedFinalizer) === true) {
        actions.push({ do: "forgetJob", job: owned.job });
      }
    } else if (!isDeleting(owned.job)) {
      const end = Date.parse(finishedCondition(owned.job)?.at ?? "");
      if (Number.isNaN(end)) continue;
      if (end + ttl <= now) actions.push({ do: "stopJob", job: identityOf(owned) });
      else recheckAt = earliest(recheckAt, end + ttl);
    }
  }
  return { actions, ...(recheckAt !== undefined && { recheckAt }) };
}
