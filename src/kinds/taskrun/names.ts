import { filesName, jobName } from "../../api/names.js";
import { workspaceOf, type TaskRun } from "../../api/taskrun.js";
import type { AttemptNames } from "../../runs/run.js";

export function taskRunNames({ spec }: TaskRun, number: number): AttemptNames {
  const job = jobName(`${spec.serviceName}-task-${spec.taskId}`, number);
  return { job, files: filesName(job), workspace: workspaceOf(spec) };
}
