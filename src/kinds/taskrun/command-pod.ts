/** The pod of a TaskRun's attempt with a command of the configuration. It meets the Pod Security Standard `restricted`. Pure. */
import { repositoryLabel } from "../trace-labels.js";
import { settingsFile } from "./files.js";
import { prepareScript } from "./prepare.js";
import { commandVariables, taskRepository, type TaskRepository } from "./repository.js";
import { agentSettings } from "./tools.js";
import {
  agentContainer,
  apiKey,
  configuredVariables,
  containerResources,
  containerSecurity,
  literal,
  managedSettings,
  plain,
  podBasis,
  prepareContainer,
  providerKeys,
  variables,
  workspace,
  type Variables,
} from "../container.js";
import {
  gatewayEnvironment,
  gatewaySidecar,
  gatewayUse,
  gatewayVolumes,
  sshMounts,
  writeMount,
  type GatewayUse,
} from "../gateway-sidecar.js";
import type { ModelUser } from "../model-access.js";
import { requestedEnv } from "../script-environment.js";
import { telemetryEnvironment } from "../telemetry.js";
import type { TaskRun } from "../../api/taskrun.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import type { Attempt } from "../../runs/run.js";
import type { Configuration } from "../../configuration/configuration.js";

type Container = PodSpec["containers"][number];

const files = "/config";
const home = "/home/agent";

export function commandPod(run: TaskRun, attempt: Attempt, configuration: Configuration): PodSpec {
  const { spec } = run;
  const { names } = attempt;
  const repository = taskRepository(run, configuration);
  const gateway = gatewayUse(commandModels(run, configuration), repository?.access, configuration);
  return {
    ...podBasis(spec, configuration),
    initContainers: [
      ...(gateway ? [gatewaySidecar(gateway, configuration)] : []),
      prepare(run, attempt, configuration),
    ],
    containers: [agent(run, attempt, { repository, gateway }, configuration)],
    volumes: [
      { name: "task-files", configMap: { name: names.files } },
      { name: "workspace", persistentVolumeClaim: { claimName: names.workspace } },
      { name: "tmp", emptyDir: {} },
      { name: "home", emptyDir: {} },
      ...(gateway ? gatewayVolumes(gateway, configuration) : []),
    ],
  };
}

/** Who asks for models: a configured command may be any program. */
export function commandModels({ spec }: TaskRun, { agent }: Configuration): ModelUser {
  const [program = "claude"] = agent.command;
  return { program: program.replace(/^.*\//, ""), model: spec.model ?? agent.model };
}

/** Copies the files of the attempt into the workspace. */
function prepare(run: TaskRun, attempt: Attempt, { initContainer, storage }: Configuration): Container {
  const { keepAttempts } = storage;
  const kept = keepAttempts === undefined ? {} : { KEEP_ATTEMPTS: String(keepAttempts) };
  return {
    name: prepareContainer,
    image: initContainer.image,
    imagePullPolicy: initContainer.imagePullPolicy,
    command: ["/bin/sh", "-c"],
    args: [literal(prepareScript)],
    env: variables(plain({ ...identityEnv(run, attempt), WORKSPACE: workspace, FILES: files, ...kept })),
    securityContext: containerSecurity,
    resources: containerResources(initContainer.resources),
    volumeMounts: [
      { name: "task-files", mountPath: files, readOnly: true },
      { name: "workspace", mountPath: workspace },
    ],
  };
}

/** What the command's container reaches beyond it. */
interface Reach {
  readonly repository: TaskRepository | undefined;
  readonly gateway: GatewayUse | undefined;
}

function agent(run: TaskRun, attempt: Attempt, reach: Reach, configuration: Configuration): Container {
  const { spec } = run;
  const { command, args, securityContext, ...defaults } = configuration.agent;
  const restrictsTools = agentSettings(spec.agentTools, configuration.permissions) !== undefined;
  return {
    name: agentContainer,
    image: spec.image ?? defaults.image,
    imagePullPolicy: spec.imagePullPolicy ?? defaults.imagePullPolicy,
    command: [...command],
    ...(args.length > 0 && { args: [...args] }),
    workingDir: `${workspace}/${spec.serviceName}`,
    env: environment(run, attempt, reach, configuration),
    resources: containerResources(spec.resources ?? configuration.resources[spec.priority ?? "medium"]),
    securityContext: { ...containerSecurity, readOnlyRootFilesystem: securityContext.readOnlyRootFilesystem },
    terminationMessagePath: "/dev/termination-log",
    // never the end of the log: it may hold what does not belong in a status
    terminationMessagePolicy: "File",
    volumeMounts: [
      { name: "workspace", mountPath: workspace },
      { name: "tmp", mountPath: "/tmp" },
      { name: "home", mountPath: home },
      ...sshMounts(reach.gateway, "deliver"),
      ...(reach.gateway?.git ? [writeMount] : []),
      ...(restrictsTools
        ? [{ name: "task-files", mountPath: managedSettings, subPath: settingsFile, readOnly: true }]
        : []),
    ],
  };
}

/** Later entries win; the key of the model's API, and the address of the gateway, cannot be replaced. */
function environment(
  run: TaskRun,
  attempt: Attempt,
  { repository, gateway }: Reach,
  configuration: Configuration,
): NonNullable<Container["env"]> {
  const { spec } = run;
  const work = {
    service: spec.serviceName,
    namespace: run.metadata?.namespace ?? "",
    taskId: spec.taskId,
    agent: spec.agentName,
    attempt: attempt.number,
    repository: repositoryLabel(spec.repository?.url),
  };
  const own: Variables = {
    ...configuredVariables(configuration),
    ...plain(telemetryEnvironment(work, configuration)),
    ...requestedEnv({ ...spec, env: Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value])) }),
    ...plain(commandVariables(run, repository)),
    ...plain(identityEnv(run, attempt)),
    ...plain({
      AGENT_NAME: spec.agentName ?? configuration.agent.name,
      MODEL: spec.model ?? configuration.agent.model,
      HOME: home,
      WORKDIR: `${workspace}/${spec.serviceName}`,
    }),
  };
  const { defaults, fixed } = modelVariables(gateway, configuration);
  return [...variables({ ...defaults, ...own }).filter(({ name }) => !Object.hasOwn(fixed, name)), ...variables(fixed)];
}

/** Variables of model providers and of the gateway: those that others may override, and those that none may. */
function modelVariables(
  gateway: GatewayUse | undefined,
  configuration: Configuration,
): { readonly defaults: Variables; readonly fixed: Variables } {
  const ofGateway = gateway ? gatewayEnvironment(gateway, configuration) : {};
  if (gateway?.models !== undefined) return { defaults: {}, fixed: ofGateway };
  const { apiKeySecretName: name, apiKeySecretKey: key } = configuration.secrets;
  return {
    defaults: providerKeys(configuration),
    fixed: { [apiKey]: { valueFrom: { secretKeyRef: { name, key } } }, ...ofGateway },
  };
}

/** The variables that identify the task and the attempt. */
function identityEnv({ spec }: TaskRun, { number }: Attempt): Record<string, string> {
  return { TASK_ID: String(spec.taskId), SERVICE_NAME: spec.serviceName, RUN_NUMBER: String(number) };
}
