import { repositoryLabel } from "../trace-labels.js";
import { docsRunNames } from "./names.js";
import { docsRunModels, docsRunPod, docsRunRepositories } from "./pod.js";
import { agentOf } from "../../api/coderun.js";
import {
  branchOf,
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
import { profileOfApp } from "../../configuration/agents.js";
import type { RunKind } from "../../runs/run.js";
import { agentContainer } from "../container.js";
import { gatewayFiles, gatewayUse } from "../gateway-sidecar.js";
import { gitAccess, hostRefusal } from "../git.js";
import { slotGroups } from "../slot-groups.js";
import { terminalExitCodes } from "../../api/exit-codes.js";
import { contextOf, inPhases, rendered, type RunTemplates } from "../templates.js";

/** The kind DocsRun, for the engine. */
export function docsRunKind(templates: RunTemplates<"docs">): RunKind<DocsRun> {
  return {
    type: DocsRuns,
    specSchema: docsrunSchema.properties?.spec,
    finalizer: cleanupFinalizer,
    olderFinalizers,
    agentContainer,
    terminalExitCodes: () => terminalExitCodes,
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
    files: (run, number, configuration) => {
      const profile = profileOfApp(configuration.agents, run.spec.githubApp);
      const context = { ...contextOf(run, profile, branchOf(run), number, configuration), spec: run.spec };
      const access = gitAccess(run.spec, docsRunRepositories(run), configuration);
      const gateway = gatewayUse(docsRunModels(run, configuration), access, configuration);
      const files = rendered(() => templates.current().docs(context));
      return { ...inPhases(files, configuration), ...gatewayFiles(gateway, run, configuration) };
    },
    pod: docsRunPod,
    refusal: hostRefusal,
  };
}
