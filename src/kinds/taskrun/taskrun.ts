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
  slotGroups: (run) => {
    const { spec } = run;
    const namespace = run.metadata?.namespace ?? "";
    return {
      all: "all",
      namespace,
      service: `${namespace}/${spec.serviceName}`,
      workspace: `${namespace}/${workspaceName(run)}`,
      ...(spec.agentName !== undefined && { agent: spec.agentName }),
      ...(spec.repository?.url !== undefined && { repository: spec.repository.url }),
    };
  },
  labels: ({ spec }) => labelsOf(spec),
  files: taskRunFiles,
  pod: taskRunPod,
};

/** TaskRuns by `namespace/claim` of the workspace they work in. */
export const taskRunWorkspaceIndex: Index<TaskRun> = {
  name: workspaceIndexName,
  of: (run) => [`${run.metadata.namespace ?? ""}/${workspaceName(run)}`],
};
