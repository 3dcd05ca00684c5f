/** The pod of a TaskRun's attempt, with the start script unless the configuration has a command for it. Pure. */
import { repositoryLabel } from "../trace-labels.js";
import { commandModels, commandPod } from "./command-pod.js";
import { repositoryVariables, taskRepository } from "./repository.js";
import { publicAccess } from "../git.js";
import type { ModelUser } from "../model-access.js";
import { requestedEnv } from "../script-environment.js";
import { scriptPod } from "../script-pod.js";
import type { TaskRun } from "../../api/taskrun.js";
import { profileOfAgent } from "../../configuration/agents.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import type { Attempt } from "../../runs/run.js";

/** Whether attempts run a command of the configuration. */
export function hasCommand({ agent }: Configuration): boolean {
  return agent.command.length > 0;
}

/** Who asks for models. */
export function taskRunModels(run: TaskRun, configuration: Configuration): ModelUser {
  if (hasCommand(configuration)) return commandModels(run, configuration);
  const { agent, agents } = configuration;
  const { agentName = agent.name, model } = run.spec;
  const profile = profileOfAgent(agents, agentName);
  return { program: profile?.cli, model: model ?? profile?.model ?? agent.model };
}

export function taskRunPod(run: TaskRun, attempt: Attempt, configuration: Configuration): PodSpec {
  if (hasCommand(configuration)) return commandPod(run, attempt, configuration);
  const { spec } = run;
  const { taskId, serviceName, agentName = configuration.agent.name } = spec;
  const repository = taskRepository(run, configuration);
  return scriptPod(
    {
      spec,
      attempt,
      telemetry: {
        ...{ service: serviceName, namespace: run.metadata?.namespace ?? "", taskId, agent: agentName },
        ...{ attempt: attempt.number, repository: repositoryLabel(spec.repository?.url) },
      },
      models: taskRunModels(run, configuration),
      access: repository?.access ?? publicAccess,
      isDelivered: repository?.isDelivered === true,
      identityEnv: {
        ...repositoryVariables(spec),
        ...{ TASK_ID: String(taskId), SERVICE_NAME: serviceName, AGENT_NAME: agentName },
      },
      requestedEnv: requestedEnv({
        ...spec,
        env: Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value])),
      }),
      wholeSecrets: [],
      docker: false,
    },
    configuration,
  );
}
