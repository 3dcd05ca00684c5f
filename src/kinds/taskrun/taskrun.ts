import { taskRunFiles } from "./files.js";
import { taskRunNames, workspaceName } from "./names.js";
import { agentContainer, taskRunPod } from "./pod.js";
import { cleanupFinalizer, labelsOf, olderFinalizers, TaskRuns, type TaskRun } from "../../api/taskrun.js";
import { workspaceIndexName, type Index } from "../../runs/marks.js";
import type { RunKind } from "../../runs/run.js";

/** TaskRun, as the engine of agent runs sees it. */
export const taskRunKind: RunKind<TaskRun> = {
  type: TaskRuns,
  finalizer: cleanupFinalizer,
  olderFinalizers,
  agentContainer,
  results: ["pullRequestUrl", "sessionId"],
  names: taskRunNames,
  labels: ({ spec }) => labelsOf(spec),
  files: taskRunFiles,
  pod: taskRunPod,
};

/** TaskRuns by `namespace/claim` of the workspace they work in. */
export const taskRunWorkspaceIndex: Index<TaskRun> = {
  name: workspaceIndexName,
  of: (run) => [`${run.metadata.namespace ?? ""}/${workspaceName(run)}`],
};
