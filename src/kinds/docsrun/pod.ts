import { repositoryLabel } from "../trace-labels.js";
import { agentOf } from "../../api/coderun.js";
import { branchOf, directoryLabel, type DocsRun } from "../../api/docsrun.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import type { Attempt } from "../../runs/run.js";
import { profileOfApp } from "../../configuration/agents.js";
import type { Configuration } from "../../configuration/configuration.js";
import { gitAccess, type RepositoryUse } from "../git.js";
import type { ModelUser } from "../model-access.js";
import { requestedEnv, present } from "../script-environment.js";
import { scriptPod } from "../script-pod.js";

export function docsRunModels({ spec }: DocsRun, { agent, agents }: Configuration): ModelUser {
  return { program: spec.cli ?? profileOfApp(agents, spec.githubApp)?.cli, model: spec.model ?? agent.model };
}

export function docsRunRepositories(run: DocsRun): readonly RepositoryUse[] {
  return [{ url: run.spec.repositoryUrl, branch: branchOf(run) }];
}

export function docsRunPod(run: DocsRun, attempt: Attempt, configuration: Configuration): PodSpec {
  const { spec } = run;
  const agent = agentOf(spec);
  const service = directoryLabel(spec.workingDirectory);
  return scriptPod(
    {
      spec,
      attempt,
      telemetry: {
        ...{ service, namespace: run.metadata?.namespace ?? "", agent },
        ...{ attempt: attempt.number, repository: repositoryLabel(spec.repositoryUrl) },
      },
      models: docsRunModels(run, configuration),
      access: gitAccess(spec, docsRunRepositories(run), configuration),
      isDelivered: true,
      identityEnv: present({
        SERVICE_NAME: service,
        AGENT_NAME: agent,
        GITHUB_USER: spec.githubUser,
        GITHUB_APP: spec.githubApp,
        REPOSITORY_URL: spec.repositoryUrl,
        SOURCE_BRANCH: spec.sourceBranch,
        WORKING_DIRECTORY: spec.workingDirectory,
        INCLUDE_CODEBASE: String(spec.includeCodebase === true),
      }),
      requestedEnv: requestedEnv(spec),
      wholeSecrets: [],
      docker: false,
    },
    configuration,
  );
}
