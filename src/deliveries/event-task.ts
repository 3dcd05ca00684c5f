/** Which task an event belongs to. An issue or alert is a task itself, unless a label names another. Pure. */
import { createHash } from "node:crypto";
import { issueLabel, type CodeRun } from "../api/coderun.js";
import type { Stored } from "../runtime/client/objects.js";
import { taskNumber, taskOf, type Association } from "./association.js";
import type { EventFacts } from "./decision.js";
import type { Rule } from "./rules.js";

/** @param runs of the repository */
export function taskOfEvent(
  { event, markers }: EventFacts,
  runs: readonly Stored<CodeRun>[],
  { action }: Rule["then"],
): Association {
  const { labels = [], branch, subject } = event;
  const named = taskOf({ labels, ...(branch !== undefined && { branch }), ...(markers && { markers }) });
  if (event.alert !== undefined && !("task" in named) && named.problem === "none") {
    const task = alertTask(event.alert.fingerprint);
    const isKnown = action === "start" || runs.some(({ spec }) => spec.taskId === task);
    return isKnown ? { task, from: [`alert ${event.alert.name}`] } : named;
  }
  if (subject?.kind !== "Issue" || "task" in named || named.problem !== "none") return named;
  const number = String(subject.number);
  const [task, other] = new Set(
    runs.filter(({ metadata }) => metadata.labels?.[issueLabel] === number).map(({ spec }) => spec.taskId),
  );
  if (other !== undefined)
    return {
      problem: "conflict",
      message: `The task is not certain: issue ${number} has runs of several tasks. Label it task-<n>.`,
    };
  if (task !== undefined) return { task, from: [`runs of issue ${number}`] };
  const own = taskNumber(subject.number);
  return action !== "start" || own === undefined ? named : ownTask(own, runs);
}

/** The number of the issue, unless that is the number of another task. */
function ownTask(task: number, runs: readonly Stored<CodeRun>[]): Association {
  if (runs.every(({ spec }) => spec.taskId !== task)) return { task, from: [`issue ${task}`] };
  return {
    problem: "conflict",
    message: `Task ${task} has runs that issue ${task} did not start. Label the issue task-${task} if it is about that task, or else task-<n> with another number.`,
  };
}

/** Beyond the numbers of issues, from 2^30 on. */
function alertTask(fingerprint: string): number {
  return 2 ** 30 + (createHash("sha256").update(fingerprint).digest().readUInt32BE() >>> 2);
}
