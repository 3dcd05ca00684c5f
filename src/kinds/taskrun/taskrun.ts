import { repositoryLabel } from "../trace-labels.js";
import { taskRunFiles } from "./files.js";
import { taskRunNames } from "./names.js";
import { modelUser, taskRunPod } from "./pod.js";
import { agentContainer } from "../container.js";
import { gatewayFiles, gatewayUse } from "../gateway-sidecar.js";
import { hostRefusal } from "../git.js";
import { slotGroups } from "../slot-groups.js";
import {
  cleanupFinalizer,
  labelsOf,
  olderFinalizers,
  repositoryIdentity,
  TaskRuns,
  workspaceOf,
  type TaskRun,
} from "../../api/taskrun.js";
import { taskrunSchema } from "../../api/generated/taskrun.schema.js";
import type { RunKind } from "../../runs/run.js";

/** The kind TaskRun, for the engine. */
export const taskRunKind: RunKind<TaskRun> = {
  type: TaskRuns,
  specSchema: taskrunSchema.properties?.spec,
  finalizer: cleanupFinalizer,
  olderFinalizers,
  agentContainer,
  results: ["pullRequestUrl", "sessionId"],
  names: taskRunNames,
  identity: ({ spec }) => repositoryIdentity(spec),
  slotGroups: ({ metadata, spec }) =>
    slotGroups({
      namespace: metadata?.namespace,
      service: spec.serviceName,
      workspace: workspaceOf(spec),
      agent: spec.agentName,
      repository: spec.repository?.url,
    }),
  repository: ({ spec }) => repositoryLabel(spec.repository?.url),
  labels: ({ spec }) => labelsOf(spec),
  dropContents: ({ spec }) => {
    for (const file of spec.markdownFiles) file.content = "";
  },
  files: (run, number, configuration) => ({
    ...taskRunFiles(run, number, configuration),
    ...gatewayFiles(gatewayUse(modelUser(run, configuration), undefined, configuration), run, configuration),
  }),
  pod: taskRunPod,
  refusal: hostRefusal,
};
