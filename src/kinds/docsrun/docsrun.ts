import { repositoryLabel } from "../trace-labels.js";
import { docsRunNames } from "./names.js";
import { docsRunPod } from "./pod.js";
import { agentOf } from "../../api/coderun.js";
import {
  cleanupFinalizer,
  directoryLabel,
  DocsRuns,
  labelsOf,
  olderFinalizers,
  workspaceOf,
  type DocsRun,
} from "../../api/docsrun.js";
import { docsrunSchema } from "../../api/generated/docsrun.schema.js";
import { identityOf } from "../../api/git.js";
import type { RunKind } from "../../runs/run.js";
import { agentContainer } from "../container.js";
import { hostRefusal } from "../git.js";
import { slotGroups } from "../slot-groups.js";
import { terminalExitCodes } from "../../api/exit-codes.js";
import { contextOf, rendered, type RunTemplates } from "../templates.js";

/** The kind DocsRun, for the engine. */
export function docsRunKind(templates: RunTemplates): RunKind<DocsRun> {
  return {
    type: DocsRuns,
    specSchema: docsrunSchema.properties?.spec,
    finalizer: cleanupFinalizer,
    olderFinalizers,
    agentContainer,
    terminalExitCodes,
    results: ["pullRequestUrl", "sessionId"],
    names: docsRunNames,
    identity: ({ spec }) => identityOf(spec),
    slotGroups: ({ metadata, spec }) =>
      slotGroups({
        namespace: metadata?.namespace,
        service: directoryLabel(spec.workingDirectory),
        workspace: workspaceOf(spec),
        agent: agentOf(spec),
        repository: spec.repositoryUrl,
      }),
    repository: ({ spec }) => repositoryLabel(spec.repositoryUrl),
    labels: ({ spec }) => labelsOf(spec),
    files: (run, number, configuration) =>
      rendered(() => templates.current().docs({ ...contextOf(run, number, configuration), spec: run.spec })),
    pod: docsRunPod,
    refusal: hostRefusal,
  };
}
