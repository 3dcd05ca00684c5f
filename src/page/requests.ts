/** What a person can request of a run: when, and what it does and costs. */
import type { RunAccess } from "../server/generated/rest.js";
import { hasEnded, phaseOf, type Run } from "./run-types.js";

export interface RunRequest {
  readonly verb: "retry" | "suspend" | "resume" | "cancel" | "delete";
  /** On the button. */
  readonly title: string;
  /** What happens, one paragraph each; the last one says what it costs. */
  readonly effects: readonly string[];
  readonly body?: object;
  /** Cannot be taken back. */
  readonly isFinal?: true;
}

/** The requests that make sense for a run now and that rights permit, in the order of their buttons. */
export function requestsFor(run: Run, rights: Readonly<RunAccess>): readonly RunRequest[] {
  const { spec, metadata, status } = run;
  if (metadata.deletionTimestamp !== undefined) return [];
  const isAtWork = phaseOf(run) === "Running";
  const isOver = hasEnded(run);
  const requests: RunRequest[] = [];
  if (rights.update && spec.cancel !== true) requests.push(retryOf(run));
  if (rights.update && !isOver && spec.cancel !== true) {
    requests.push(
      spec.suspend === true
        ? resumeOf(status?.runs?.some(({ outcome }) => outcome === undefined) === true)
        : suspendOf(isAtWork),
      cancelOf(isAtWork),
    );
  }
  if (rights.delete) requests.push(deletionOf(isAtWork));
  return requests;
}

function retryOf(run: Run): RunRequest {
  const isOver = hasEnded(run);
  return {
    verb: "retry",
    title: "Retry",
    effects: [
      phaseOf(run) === "Running"
        ? "Stops the running attempt, and starts another one. What the agent has not saved in the workspace is lost, and what it has cost so far is spent."
        : isOver
          ? "Starts another attempt in the same workspace, as soon as a slot is free."
          : "Requests another attempt now, without waiting for the back-off.",
      "Costs what an attempt costs. The automatic retries begin to count again.",
    ],
    ...(!isOver && { body: { replace: true } }),
  };
}

function suspendOf(isAtWork: boolean): RunRequest {
  return {
    verb: "suspend",
    title: "Suspend",
    effects: isAtWork
      ? [
          "Stops the pod of the running attempt, and starts nothing until the run is resumed. The workspace stays.",
          "Resuming starts a new pod for the same attempt, and its agent costs again.",
        ]
      : ["Starts no attempt until the run is resumed.", "Costs nothing."],
  };
}

function resumeOf(hasAttempt: boolean): RunRequest {
  return {
    verb: "resume",
    title: "Resume",
    effects: [
      hasAttempt
        ? "Starts a new pod for the attempt that was suspended."
        : "Lets the next attempt start, as soon as its dependencies and a slot allow it.",
      "Costs what an attempt costs.",
    ],
  };
}

function cancelOf(isAtWork: boolean): RunRequest {
  return {
    verb: "cancel",
    title: "Cancel",
    isFinal: true,
    effects: [
      `${isAtWork ? "Stops the running attempt and ends" : "Ends"} the run for good: it cannot be retried afterwards. The workspace stays.`,
      isAtWork ? "What the attempt has cost so far is spent; nothing more is." : "Costs nothing.",
    ],
  };
}

function deletionOf(isAtWork: boolean): RunRequest {
  return {
    verb: "delete",
    title: "Delete",
    isFinal: true,
    effects: [
      `${isAtWork ? "Stops the running attempt, and deletes" : "Deletes"} the run with its Jobs, pods, logs and files. The workspace stays, unless configured otherwise.`,
      isAtWork ? "What the attempt has cost so far is spent; nothing more is." : "Costs nothing.",
    ],
  };
}
