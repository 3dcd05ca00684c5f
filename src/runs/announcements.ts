/** The Events about a status write: one for each change that a person wants to see. Pure. */
import { alreadyDone } from "./earlier-end.js";
import type { RunStatus } from "./run.js";
import { findCondition, isConditionTrue } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import { isStartProblem } from "../api/reasons.js";
import type { EventRecorder } from "../runtime/events/recorder.js";

export type Announcement = Parameters<EventRecorder["event"]>[1];

/** What keeps a pod from starting, as soon as it is known, and that it is gone. */
function startAnnouncements(before: RunStatus | undefined, after: RunStatus): Announcement[] {
  const { reason = "", message: note = "" } = after;
  if (after.phase !== "Running" || before?.reason === reason) return [];
  if (isStartProblem(reason)) return [{ type: "Warning", reason, action: "StartRun", note }];
  const isStarting = reason === "Starting" || reason === "Running";
  if (!isStarting || !isStartProblem(before?.reason)) return [];
  return [
    { type: "Normal", reason, action: "StartRun", note: `${note} The problem is gone: ${before?.reason ?? ""}.` },
  ];
}

export function announcements(before: RunStatus | undefined, after: RunStatus): Announcement[] {
  const events: Announcement[] = [];
  const known = new Map((before?.runs ?? []).map((record) => [record.number, record]));
  const message = after.message ?? "";
  for (const record of after.runs ?? []) {
    const old = known.get(record.number);
    if (old === undefined) {
      const note = `Attempt ${record.number} (${record.cause ?? "Initial"}): created Job ${record.jobName ?? ""}.`;
      events.push({ type: "Normal", reason: "JobCreated", action: "StartRun", note });
    }
    if (record.outcome === undefined || old?.outcome !== undefined) continue;
    const isNewest = record === after.runs?.at(-1);
    const note = isNewest ? message : `Attempt ${record.number} ended: ${record.outcome}.`;
    if (record.outcome === "Succeeded")
      events.push({ type: "Normal", reason: "RunSucceeded", action: "RecordOutcome", note });
    else if (record.outcome === "Lost")
      events.push({ type: "Warning", reason: "JobLost", action: "RecordOutcome", note });
    else if (record.outcome === "Failed")
      events.push({ type: "Warning", reason: "RunFailed", action: "RecordOutcome", note });
    else events.push({ type: "Normal", reason: "RunStopped", action: "StopRun", note });
  }
  for (const type of isTerminal(after.phase) ? [] : ["DependenciesMet", "Admitted"]) {
    const gate = findCondition(after.conditions, type);
    const old = findCondition(before?.conditions, type);
    if (
      gate?.status !== "False" ||
      isConditionTrue(after.conditions, "Stalled") ||
      (old?.status === "False" && old.reason === gate.reason)
    )
      continue;
    // a message that several conditions have in common is only with the first
    events.push({ type: "Normal", reason: gate.reason, action: "Wait", note: gate.message || message });
  }
  events.push(...startAnnouncements(before, after), ...suspension(before, after));
  if (after.reason === alreadyDone && before?.reason !== alreadyDone)
    return [...events, { type: "Normal", reason: alreadyDone, action: "Compare", note: message }];
  const stalled = findCondition(after.conditions, "Stalled");
  const wasStalled = findCondition(before?.conditions, "Stalled");
  const isNews = stalled?.reason !== wasStalled?.reason && !isStartProblem(stalled?.reason);
  if (stalled !== undefined && isNews && after.phase !== "Failed") {
    events.push({ type: "Warning", reason: stalled.reason, action: "StartRun", note: stalled.message });
  }
  if (after.phase === "Failed" && before?.phase !== "Failed" && events.length === 0) {
    events.push({ type: "Warning", reason: stalled?.reason ?? "Failed", action: "StartRun", note: message });
  }
  if (after.phase === "Cancelled" && before?.phase !== "Cancelled" && events.length === 0) {
    events.push({ type: "Normal", reason: "Cancelled", action: "Cancel", note: message });
  }
  return events;
}

/** The Event about a suspension that began or ended. A run that ends while it is suspended has an Event about that. */
function suspension(before: RunStatus | undefined, after: RunStatus): Announcement[] {
  const was = before?.reason === "Suspended";
  const is = after.reason === "Suspended";
  if (is === was || isTerminal(after.phase)) return [];
  const note = after.message ?? "";
  return [
    is
      ? { type: "Normal", reason: "Suspended", action: "Suspend", note }
      : { type: "Normal", reason: "Resumed", action: "Resume", note: `No longer suspended. ${note}` },
  ];
}
