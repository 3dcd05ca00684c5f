import { taskRunFiles } from "./files.js";
import { taskRunNames } from "./names.js";
import { repositoryKey } from "../../api/git.js";
import { taskRunPod } from "./pod.js";
import { agentContainer } from "../container.js";
import { cleanupFinalizer, labelsOf, olderFinalizers, TaskRuns, workspaceOf, type TaskRun } from "../../api/taskrun.js";
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
      workspace: `${namespace}/${workspaceOf(run.spec)}`,
      ...(spec.agentName !== undefined && { agent: spec.agentName }),
      ...(spec.repository?.url !== undefined && { repository: repositoryKey(spec.repository.url) }),
    };
  },
  labels: ({ spec }) => labelsOf(spec),
  dropContents: ({ spec }) => {
    for (const file of spec.markdownFiles) file.content = "";
  },
  files: taskRunFiles,
  pod: taskRunPod,
};
