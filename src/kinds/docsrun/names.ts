import { workspaceOf, type DocsRun } from "../../api/docsrun.js";
import { filesName, jobName } from "../../api/names.js";
import type { AttemptNames } from "../../runs/run.js";

export function docsRunNames({ metadata, spec }: DocsRun, number: number): AttemptNames {
  const job = jobName(`docsrun-${metadata?.name ?? ""}`, number);
  return { job, files: filesName(job), workspace: workspaceOf(spec) };
}
