/** Events for people, told from what a status write changed; each change is told once. Pure. */
import type { RunStatus } from "./run.js";
import { findCondition } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import type { EventRecorder } from "../runtime/events/recorder.js";

export type Announcement = Parameters<EventRecorder["event"]>[1];

export function announcements(before: RunStatus | undefined, after: RunStatus): Announcement[] {
  const told: Announcement[] = [];
  const known = new Map((before?.runs ?? []).map((record) => [record.number, record]));
  const message = after.message ?? "";
  for (const record of after.runs ?? []) {
    const old = known.get(record.number);
    if (old === undefined) {
      const note = `Run ${record.number} (${record.cause ?? "Initial"}): created Job ${record.jobName ?? ""}.`;
      told.push({ type: "Normal", reason: "JobCreated", action: "StartRun", note });
    }
    if (record.outcome === undefined || old?.outcome !== undefined) continue;
    const isNewest = record === after.runs?.at(-1);
    const note = isNewest ? message : `Run ${record.number} ended: ${record.outcome}.`;
    if (record.outcome === "Succeeded")
      told.push({ type: "Normal", reason: "RunSucceeded", action: "RecordOutcome", note });
    else if (record.outcome === "Lost")
      told.push({ type: "Warning", reason: "JobLost", action: "RecordOutcome", note });
    else if (record.outcome === "Failed")
      told.push({ type: "Warning", reason: "RunFailed", action: "RecordOutcome", note });
    else told.push({ type: "Normal", reason: "RunStopped", action: "StopRun", note });
  }
  for (const type of isTerminal(after.phase) ? [] : ["DependenciesMet", "Admitted"]) {
    const gate = findCondition(after.conditions, type);
    const old = findCondition(before?.conditions, type);
    if (gate?.status !== "False" || (old?.status === "False" && old.reason === gate.reason)) continue;
    told.push({ type: "Normal", reason: gate.reason, action: "Wait", note: gate.message });
  }
  const stalled = findCondition(after.conditions, "Stalled");
  const wasStalled = findCondition(before?.conditions, "Stalled");
  if (stalled !== undefined && stalled.reason !== wasStalled?.reason && after.phase !== "Failed") {
    told.push({ type: "Warning", reason: stalled.reason, action: "StartRun", note: stalled.message });
  }
  if (after.phase === "Failed" && before?.phase !== "Failed" && told.length === 0) {
    told.push({ type: "Warning", reason: stalled?.reason ?? "Failed", action: "StartRun", note: message });
  }
  if (after.phase === "Cancelled" && before?.phase !== "Cancelled" && told.length === 0) {
    told.push({ type: "Normal", reason: "Cancelled", action: "Cancel", note: message });
  }
  return told;
}
