/** The Events about a status write: one for each change that a person wants to see. Pure. */
import { alreadyDone } from "./earlier-end.js";
import type { RunStatus } from "./run.js";
import { findCondition } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import type { EventRecorder } from "../runtime/events/recorder.js";

export type Announcement = Parameters<EventRecorder["event"]>[1];

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
    if (gate?.status !== "False" || (old?.status === "False" && old.reason === gate.reason)) continue;
    events.push({ type: "Normal", reason: gate.reason, action: "Wait", note: gate.message });
  }
  events.push(...suspension(before, after));
  if (reasonOf(after) === alreadyDone && reasonOf(before) !== alreadyDone)
    return [...events, { type: "Normal", reason: alreadyDone, action: "Compare", note: message }];
  const stalled = findCondition(after.conditions, "Stalled");
  const wasStalled = findCondition(before?.conditions, "Stalled");
  if (stalled !== undefined && stalled.reason !== wasStalled?.reason && after.phase !== "Failed") {
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

/** Why the run is where it is. */
function reasonOf(status: RunStatus | undefined): string | undefined {
  return findCondition(status?.conditions, "Succeeded")?.reason;
}

/** The Event about a suspension that began or ended. A run that ends while it is suspended has an Event about that. */
function suspension(before: RunStatus | undefined, after: RunStatus): Announcement[] {
  const was = reasonOf(before) === "Suspended";
  const is = reasonOf(after) === "Suspended";
  if (is === was || isTerminal(after.phase)) return [];
  const note = after.message ?? "";
  return [
    is
      ? { type: "Normal", reason: "Suspended", action: "Suspend", note }
      : { type: "Normal", reason: "Resumed", action: "Resume", note: `No longer suspended. ${note}` },
  ];
}
