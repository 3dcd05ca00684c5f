/** What traces and the telemetry of agents say of a run: the repository and the step of a workflow. Pure. */
import { stageLabel, type CodeRun } from "../api/coderun.js";

/** The URL of a repository without user and password. */
export function repositoryLabel(url: string | undefined): string | undefined {
  return url?.replace(/^([a-z+]+:\/\/)[^/@]*@/i, "$1");
}

/** The workflow stage of a CodeRun: by its label, else its runType. */
export function stepOf({ metadata, spec }: CodeRun): string | undefined {
  return metadata?.labels?.[stageLabel] ?? spec.runType;
}
