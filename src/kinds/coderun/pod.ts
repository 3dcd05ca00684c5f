import { repositoryLabel, stepOf } from "../trace-labels.js";
import { isContinued } from "./session.js";
import { agentOf, branchOf, modelOf, type CodeRun } from "../../api/coderun.js";
import { repositoryKey } from "../../api/git.js";
import { readRequirements } from "../../api/requirements.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import type { Attempt } from "../../runs/run.js";
import { profileOfApp } from "../../configuration/agents.js";
import type { Configuration } from "../../configuration/configuration.js";
import { plain, type Variables } from "../container.js";
import { gitAccess, type GitAccess, type RepositoryUse } from "../git.js";
import { verdictOf } from "./verdict.js";
import type { ModelUser } from "../model-access.js";
import { requestedEnv, present, secretVariable } from "../script-environment.js";
import { scriptPod } from "../script-pod.js";

export function codeRunModels({ spec }: CodeRun, number: number, { agent, agents }: Configuration): ModelUser {
  return {
    program: spec.cliConfig?.cliType ?? profileOfApp(agents, spec.githubApp)?.cli,
    model: modelOf(spec, number) ?? agent.model,
  };
}

/** Both repositories. They may be one, under two spellings. */
export function codeRunRepositories(spec: CodeRun["spec"]): readonly RepositoryUse[] {
  const target = { url: spec.repositoryUrl, branch: branchOf(spec) };
  const isSame = repositoryKey(spec.docsRepositoryUrl) === repositoryKey(spec.repositoryUrl);
  return [target, { ...(isSame && target), url: spec.docsRepositoryUrl }];
}

/** For its pod and for its gateway's file. A verdict is about the repository that the run pushes to. */
export function codeRunAccess(run: CodeRun, configuration: Configuration): GitAccess {
  const verdict = verdictOf(run, configuration);
  const uses = codeRunRepositories(run.spec).map((use) =>
    verdict === undefined || use.branch === undefined ? use : { ...use, verdict },
  );
  return gitAccess(run.spec, uses, configuration);
}

export function codeRunPod(run: CodeRun, attempt: Attempt, configuration: Configuration): PodSpec {
  const { spec, status } = run;
  const agent = agentOf(spec);
  const required = requirements(spec);
  return scriptPod(
    {
      spec,
      attempt,
      telemetry: {
        ...{ service: spec.service, namespace: run.metadata?.namespace ?? "", taskId: spec.taskId, agent },
        ...{ attempt: attempt.number, repository: repositoryLabel(spec.repositoryUrl), step: stepOf(run) },
      },
      models: codeRunModels(run, attempt.number, configuration),
      access: codeRunAccess(run, configuration),
      isDelivered: true,
      identityEnv: present({
        TASK_ID: String(spec.taskId),
        SERVICE_NAME: spec.service,
        AGENT_NAME: agent,
        GITHUB_USER: spec.githubUser,
        GITHUB_APP: spec.githubApp,
        REPOSITORY_URL: spec.repositoryUrl,
        DOCS_REPOSITORY_URL: spec.docsRepositoryUrl,
        DOCS_BRANCH: spec.docsBranch ?? "main",
        DOCS_PROJECT_DIRECTORY: spec.docsProjectDirectory,
        WORKING_DIRECTORY: spec.workingDirectory ?? spec.service,
        CONTINUE_SESSION: String(isContinued(run, attempt.number)),
        SESSION_ID: isContinued(run, attempt.number) ? status?.sessionId : undefined,
        OVERWRITE_MEMORY: String(spec.overwriteMemory === true),
      }),
      requestedEnv: { ...required.variables, ...requestedEnv(required.spec) },
      wholeSecrets: required.wholeSecrets,
      // checked again at each start: the configuration may have changed since admission
      docker: spec.enableDocker === true && configuration.agent.allowDocker,
    },
    configuration,
  );
}

/**
 * The variables of `taskRequirements`, with three more that list them for scripts. Requirements replace `envFromSecrets`,
 * and `env` wins over them.
 */
function requirements(spec: CodeRun["spec"]): {
  readonly spec: Pick<CodeRun["spec"], "env" | "envFromSecrets">;
  readonly variables: Variables;
  readonly wholeSecrets: readonly string[];
} {
  const { taskRequirements, env = {} } = spec;
  if (taskRequirements === undefined || taskRequirements === "") return { spec, variables: {}, wholeSecrets: [] };
  const { wholeSecrets, variables, environment } = readRequirements(taskRequirements).requirements;
  const secrets = new Set([...wholeSecrets, ...variables.map(({ secretName }) => secretName)]);
  return {
    spec: { env },
    wholeSecrets,
    variables: {
      ...plain({
        WORKFLOW_ENV_VARS: JSON.stringify(Object.keys(env)),
        REQUIREMENTS_ENV_VARS: JSON.stringify([...Object.keys(environment), ...variables.map(({ name }) => name)]),
        REQUIREMENTS_SECRET_SOURCES: JSON.stringify([...secrets]),
        ...environment,
      }),
      ...Object.fromEntries(
        variables.map(({ name, secretName, secretKey }) => [name, secretVariable(secretName, secretKey)]),
      ),
    },
  };
}
