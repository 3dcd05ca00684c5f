/** The state of a task, in a form in which the reference model and the actual state can be compared. */
import type { Task } from "./reference.js";
import type { CodeRun } from "#src/api/coderun.js";
import type { TaskRun } from "#src/api/taskrun.js";
import type { ConfigMap, Job, Stored } from "#src/runtime/client/objects.js";

/**
 * The actual state of a task, as far as the reference model covers it.
 *
 * @param job the Job that has not ended
 * @param pods number of live pods
 * @param files the files of the Job
 */
export function standing(
  { status = {}, metadata }: Stored<TaskRun | CodeRun>,
  job: Stored<Job> | undefined,
  pods: number,
  files: ConfigMap | undefined,
): unknown {
  const { reason } = status;
  const condition = (type: string): unknown => {
    const found = status.conditions?.find((each) => each.type === type);
    return found && [found.status, found.reason];
  };
  return {
    name: metadata.name,
    phase: status.phase,
    reason,
    ended: condition("Ended"),
    succeeded: condition("Succeeded"),
    stalled: condition("Stalled"),
    reconciling: condition("Reconciling"),
    attempts: status.attempts,
    runs: (status.runs ?? []).map(({ number, cause, outcome }) => ({ number, cause, outcome })),
    observed: status.observedRetryAttempt && [status.observedRetryAttempt, status.observedContextVersion],
    isUpToDate: status.observedGeneration === metadata.generation,
    retryAt: reason === "RetryBackOff" ? Date.parse(status.nextRetryTime ?? "") / 1000 : undefined,
    agent: job === undefined ? (pods > 0 ? "loose" : "none") : job.spec?.suspend === true ? "suspended" : "working",
    pods,
    content: job && files?.data?.["task.md"],
  };
}

const succeeded = { Pending: "Unknown", Running: "Unknown", Succeeded: "True", Failed: "False", Cancelled: "False" };

/**
 * The state of a task in the reference model, in the same form.
 *
 * @param hasKubelet false: pods are created, and no container ever runs
 */
export function expected(task: Task, hasKubelet = true): unknown {
  const { agent, observed, runs } = task;
  const { isOver } = task;
  const reason = task.reason === "Running" && !hasKubelet ? "Starting" : task.reason;
  const isStalled = task.phase === "Failed" || ["ImagePullBackOff", "DependencyFailed"].includes(reason);
  const isAtWork = agent === "working" || agent === "suspended";
  // the status keeps ten attempts: the latest, and the one that started the retry budget
  const first = runs.findLastIndex(({ cause }) => cause !== "AutomaticRetry");
  const kept = runs.filter((_, index) => index === first || index >= runs.length - (first < runs.length - 10 ? 9 : 10));
  return {
    name: task.name,
    phase: task.phase,
    reason,
    ended: [isOver ? "True" : "False", task.end],
    succeeded: [succeeded[task.phase], isOver ? reason : "NotEnded"],
    stalled: isStalled ? ["True", reason] : undefined,
    reconciling: isStalled || isOver ? undefined : ["True", reason],
    attempts: runs.length,
    runs: kept.map(({ number, cause, outcome }) => ({ number, cause, outcome })),
    observed: observed && [observed.retryAttempt, observed.contextVersion],
    isUpToDate: true,
    retryAt: reason === "RetryBackOff" ? task.retryAt : undefined,
    agent,
    pods: agent === "working" || agent === "loose" ? 1 : 0,
    content: isAtWork ? `# ${runs.at(-1)?.content ?? ""}` : undefined,
  };
}
