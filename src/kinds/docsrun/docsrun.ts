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
import { hostRefusal } from "../../configuration/git-hosts.js";
import type { RunKind } from "../../runs/run.js";
import { agentContainer } from "../container.js";
import { slotGroups } from "../slot-groups.js";
import { terminalExitCodes } from "../../api/exit-codes.js";
import { contextOf, rendered, type RunTemplates } from "../templates.js";

/** The kind DocsRun, for the engine. */
export function docsRunKind(templates: RunTemplates): RunKind<DocsRun> {
  return {
    type: DocsRuns,
    finalizer: cleanupFinalizer,
    olderFinalizers,
    agentContainer,
    terminalExitCodes,
    results: ["pullRequestUrl", "sessionId"],
    names: docsRunNames,
    slotGroups: ({ metadata, spec }) =>
      slotGroups({
        namespace: metadata?.namespace,
        service: directoryLabel(spec.workingDirectory),
        workspace: workspaceOf(spec),
        agent: agentOf(spec),
        repository: spec.repositoryUrl,
      }),
    labels: ({ spec }) => labelsOf(spec),
    files: (run, number, configuration) =>
      rendered(() => templates.current().docs({ ...contextOf(run, number, configuration), spec: run.spec })),
    pod: docsRunPod,
    refusal: ({ spec }, configuration) => hostRefusal([spec.repositoryUrl], configuration),
  };
}
