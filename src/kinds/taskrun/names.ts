import { filesName, jobName } from "../../api/names.js";
import { agentLabelOf, defaultAgent, workspaceOf, type TaskRun } from "../../api/taskrun.js";
import type { AttemptNames } from "../../runs/run.js";

/** Several agents may have a run for one task, each with names of its own. */
export function taskRunNames({ spec }: TaskRun, number: number): AttemptNames {
  const { agentName = defaultAgent } = spec;
  const agent = agentName === defaultAgent ? "" : `-${agentLabelOf(spec)}`;
  const job = jobName(`${spec.serviceName}-task-${spec.taskId}${agent}`, number);
  return { job, files: filesName(job), workspace: workspaceOf(spec) };
}
