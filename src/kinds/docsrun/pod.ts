import { repositoryLabel } from "../trace-labels.js";
import { agentOf } from "../../api/coderun.js";
import { directoryLabel, type DocsRun } from "../../api/docsrun.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import type { Attempt } from "../../runs/run.js";
import { profileOfApp } from "../../configuration/agents.js";
import type { Configuration } from "../../configuration/configuration.js";
import { requestedEnv, present, repositoryPod } from "../repository-pod.js";

export function docsRunPod(run: DocsRun, attempt: Attempt, configuration: Configuration): PodSpec {
  const { spec } = run;
  const agent = agentOf(spec);
  const service = directoryLabel(spec.workingDirectory);
  return repositoryPod(
    {
      spec,
      attempt,
      telemetry: {
        ...{ service, namespace: run.metadata?.namespace ?? "", agent },
        ...{ attempt: attempt.number, repository: repositoryLabel(spec.repositoryUrl) },
      },
      cli: spec.cli ?? profileOfApp(configuration.agents, spec.githubApp)?.cli,
      model: spec.model,
      urls: [spec.repositoryUrl],
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
