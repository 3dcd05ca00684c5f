import { workspaceOf, type CodeRun } from "../../api/coderun.js";
import { filesName, jobName } from "../../api/names.js";
import type { AttemptNames } from "../../runs/run.js";

export function codeRunNames({ metadata, spec }: CodeRun, number: number): AttemptNames {
  const job = jobName(`coderun-${spec.taskId}-${spec.service}-${metadata?.name ?? ""}`, number);
  return { job, files: filesName(job), workspace: workspaceOf(spec) };
}
