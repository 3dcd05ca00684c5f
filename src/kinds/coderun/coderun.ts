import { repositoryLabel, stepOf } from "../trace-labels.js";
import { codeRunNames } from "./names.js";
import { codeRunAccess, codeRunModels, codeRunPod } from "./pod.js";
import { isContinued } from "./session.js";
import {
  agentOf,
  branchOf,
  CodeRuns,
  cleanupFinalizer,
  isImplementation,
  labelsOf,
  olderFinalizers,
  issueLabel,
  stageLabel,
  workspaceOf,
  type CodeRun,
} from "../../api/coderun.js";
import { coderunSchema } from "../../api/generated/coderun.schema.js";
import { readRequirements } from "../../api/requirements.js";
import { identityOf } from "../../api/git.js";
import { profileOfApp } from "../../configuration/agents.js";
import type { RunKind } from "../../runs/run.js";
import { isLabelValue } from "../../runtime/schema/object-meta.js";
import { agentContainer } from "../container.js";
import { gatewayFiles, gatewayUse } from "../gateway-sidecar.js";
import { hostRefusal } from "../git.js";
import { slotGroups } from "../slot-groups.js";
import { terminalExitCodes } from "../../api/exit-codes.js";
import { contextOf, inPhases, rendered, type RunTemplates } from "../templates.js";

/** Labels of a CodeRun that its objects inherit, for workflows to find them. */
const inheritedLabels = ["workflow-name", "workflow-type", stageLabel];

/** The kind CodeRun, for the engine. */
export function codeRunKind(templates: RunTemplates<"code">): RunKind<CodeRun> {
  return {
    type: CodeRuns,
    specSchema: coderunSchema.properties?.spec,
    finalizer: cleanupFinalizer,
    olderFinalizers,
    agentContainer,
    terminalExitCodes: () => terminalExitCodes,
    results: ["pullRequestUrl", "sessionId", "qaStatus", "remediationStatus"],
    names: codeRunNames,
    identity: ({ spec }) => identityOf(spec),
    slotGroups: ({ metadata, spec }) =>
      slotGroups({
        namespace: metadata?.namespace,
        service: spec.service,
        workspace: workspaceOf(spec),
        agent: agentOf(spec),
        repository: spec.repositoryUrl,
      }),
    repository: ({ spec }) => repositoryLabel(spec.repositoryUrl),
    step: stepOf,
    labels: ({ metadata, spec }) => ({
      ...Object.fromEntries(
        Object.entries(metadata?.labels ?? {}).filter(
          ([label, value]) => inheritedLabels.includes(label) && isLabelValue(value),
        ),
      ),
      ...(spec.githubApp !== undefined && isLabelValue(spec.githubApp) && { "github-app": spec.githubApp }),
      ...(spec.githubUser !== undefined && { "github-user": spec.githubUser }),
      ...labelsOf(spec),
    }),
    files: (run, number, configuration) => {
      const { sessionId } = run.status ?? {};
      const issue = run.metadata?.labels?.[issueLabel];
      const profile = profileOfApp(configuration.agents, run.spec.githubApp);
      const files = rendered(() =>
        templates.current().code({
          ...contextOf(run, profile, branchOf(run.spec), number, configuration),
          spec: run.spec,
          stage: stepOf(run) ?? "implementation",
          continueSession: isContinued(run, number),
          ...(issue !== undefined && { issue }),
          ...(sessionId !== undefined && { sessionId }),
        }),
      );
      const access = codeRunAccess(run, configuration);
      const gateway = gatewayUse(codeRunModels(run, number, configuration), access, configuration);
      return { ...inPhases(files, configuration), ...gatewayFiles(gateway, run, configuration) };
    },
    pod: codeRunPod,
    refusal: (run, configuration) => hostRefusal(run, configuration) ?? requirementsRefusal(run.spec),
    shortcoming: (run, result, { codeRun }) => {
      if (!codeRun.requirePullRequest || !isImplementation(run)) return undefined;
      if ((result.pullRequestUrl ?? run.status?.pullRequestUrl) !== undefined) return undefined;
      const clause =
        "an implementation has to end with a pull request, and the agent reported none (pullRequestUrl in its termination message)";
      return { reason: "NoPullRequest", clause };
    },
  };
}

/** A run from before a rule: without what it requires, its attempt would be paid for and fail. */
function requirementsRefusal({ taskRequirements = "" }: CodeRun["spec"]): string | undefined {
  const problem = readRequirements(taskRequirements).problems.find(({ severity }) => severity === "error");
  return problem && `spec.taskRequirements is not valid: ${[problem.path, problem.message].join(" ").trim()}`;
}
