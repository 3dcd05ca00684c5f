import { taskRunFiles } from "./files.js";
import { taskRunNames } from "./names.js";
import { taskRunPod } from "./pod.js";
import { agentContainer } from "../container.js";
import { slotGroups } from "../slot-groups.js";
import { cleanupFinalizer, labelsOf, olderFinalizers, TaskRuns, workspaceOf, type TaskRun } from "../../api/taskrun.js";
import { hostRefusal } from "../../configuration/git-hosts.js";
import type { RunKind } from "../../runs/run.js";

/** The kind TaskRun, for the engine. */
export const taskRunKind: RunKind<TaskRun> = {
  type: TaskRuns,
  finalizer: cleanupFinalizer,
  olderFinalizers,
  agentContainer,
  results: ["pullRequestUrl", "sessionId"],
  names: taskRunNames,
  slotGroups: ({ metadata, spec }) =>
    slotGroups({
      namespace: metadata?.namespace,
      service: spec.serviceName,
      workspace: workspaceOf(spec),
      agent: spec.agentName,
      repository: spec.repository?.url,
    }),
  labels: ({ spec }) => labelsOf(spec),
  dropContents: ({ spec }) => {
    for (const file of spec.markdownFiles) file.content = "";
  },
  files: taskRunFiles,
  pod: taskRunPod,
  refusal: ({ spec: { repository } }, configuration) =>
    repository?.githubUser === undefined && repository?.auth === undefined
      ? undefined
      : hostRefusal([repository.url], configuration),
};
