import type { TaskRun } from "../../api/taskrun.js";
import { filesName, jobName } from "../../runs/names.js";
import type { RunNames } from "../../runs/run.js";

/** The workspace of a service, unless a run names another. */
export function workspaceName(run: TaskRun): string {
  return run.spec.workspace?.pvcName ?? `${run.spec.serviceName}-workspace-pvc`;
}

export function taskRunNames(run: TaskRun, number: number): RunNames {
  const job = jobName(`${run.spec.serviceName}-task-${run.spec.taskId}`, number);
  return { job, files: filesName(job), workspace: workspaceName(run) };
}
