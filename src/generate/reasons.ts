import { failureClasses, failureClassOf, type FailureClass, type FailurePolicy } from "../api/failure-classes.js";
import { endReasons, reasons, type ReasonEntry } from "../api/reasons.js";
import { generatedFrom } from "./crd.js";
import { tableOf } from "./reference.js";

/** The reference page of reasons, by its path. */
export function reasonsFile(): [string, string] {
  const text = [
    `<!-- ${generatedFrom("src/api/reasons.ts")} -->`,
    "# Reasons",
    "",
    "`status.reason` of a TaskRun, CodeRun or DocsRun is one of these words. `kubectl get` shows it in the column Reason, and",
    "`status.message` says the same as a sentence. The condition `Stalled` or `Reconciling` has the same reason while the run continues,",
    "and `Succeeded` once it has ended. Stalled: nothing continues until a person does something.",
    "",
    ...tableOf(
      ["reason", "phase", "meaning", "what to do", "stalled"],
      Object.entries(reasons).map(([reason, entry]) => [
        `\`${reason}\``,
        entry.phases.join(", "),
        entry.meaning,
        entry.remedy,
        stalledIn(entry),
      ]),
    ),
    "",
    "## A pod that does not start",
    "",
    "The reason is reported after ten seconds, with a Warning Event. What follows depends on it alone:",
    "",
    ...tableOf(
      ["reason", "stalled", "after `stuckPodSeconds`"],
      Object.entries(reasons).flatMap(([reason, entry]) => {
        const { startProblem } = entry;
        if (startProblem === undefined) return [];
        const { ends, retried } = startProblem;
        const end = retried
          ? "the attempt fails, and the retry policy applies"
          : "the run fails, without an automatic retry";
        return [[`\`${reason}\``, stalledIn(entry), ends ? end : "the attempt keeps waiting"]];
      }),
    ),
    "",
    "## What follows a failed attempt",
    "",
    "Each failure has a class, which decides whether an automatic retry follows, when, and against which maximum it counts. Exit codes in",
    "`retry.terminalExitCodes`, and those of the [start script](exit-codes.md) that say so, end the retries in any class.",
    "",
    ...tableOf(
      ["class", "meaning", "reasons", "retry", "counts against"],
      (Object.entries(failureClasses) as [FailureClass, FailurePolicy][]).map(([name, policy]) => [
        name,
        policy.meaning,
        reasonsOf(name),
        { none: "none", backOff: "after a back-off", reset: "when the limits are reset" }[policy.retry],
        maximumOf(policy),
      ]),
    ),
    "",
    "A class with a maximum of its own is retried like the others, and counts against `retry.maxRetries`, once that is used up. A pod that Kubernetes",
    "evicts, preempts or loses has the condition `DisruptionTarget`: its Job replaces it within the same attempt, until `activeDeadlineSeconds`.",
    "Where spending is limited (`spec.budget`, `budget`, a Budget), the attempt ends as `Disrupted` in place of that, and a retry continues the work.",
    "",
    "## Why an ended run stays ended",
    "",
    "The reason of the condition `Ended` while it is True; before the end it is False with the reason `NotEnded`.",
    "",
    ...tableOf(
      ["reason", "meaning"],
      Object.entries(endReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
    ),
    "",
  ];
  return ["docs/reference/reasons.md", text.join("\n")];
}

function reasonsOf(name: FailureClass): string {
  const own = Object.entries(reasons as Readonly<Record<string, ReasonEntry>>).filter(
    ([reason, { failure, startProblem }]) =>
      (failure !== undefined || startProblem?.ends === true) && failureClassOf(reason) === name,
  );
  return own.map(([reason]) => `\`${reason}\``).join(", ");
}

function maximumOf({ retry, bound }: FailurePolicy): string {
  if (retry === "none") return "";
  return bound === undefined ? "`retry.maxRetries`" : `\`retry.${bound}.maxRetries\``;
}

function stalledIn({ phases, stalled, startProblem }: ReasonEntry): string {
  if (startProblem !== undefined) return startProblem.stalled === "immediately" ? "at once" : "after `stuckPodSeconds`";
  return stalled === true || phases.includes("Failed") ? "yes" : "";
}
