/** The pod of a TaskRun's run. It meets the Pod Security Standard `restricted`. Pure. */
import { settingsFile } from "./files.js";
import { prepareScript } from "./prepare.js";
import { repositoryAccess, secretDirectory, secretVolume } from "./repository.js";
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
} from "../container.js";
import { telemetryEnvironment } from "../telemetry.js";
import type { TaskRun } from "../../api/taskrun.js";
import type { PodSpec } from "../../runs/pod-spec.js";
import type { Attempt } from "../../runs/run.js";
import type { Configuration } from "../../configuration/configuration.js";

const files = "/config";
const home = "/home/agent";

export function taskRunPod(run: TaskRun, attempt: Attempt, configuration: Configuration): PodSpec {
  const { spec } = run;
  const { number, names } = attempt;
  const access = repositoryAccess(spec.repository, configuration.secrets);
  const identity = { TASK_ID: String(spec.taskId), SERVICE_NAME: spec.serviceName, RUN_NUMBER: String(number) };
  const restrictsTools = agentSettings(spec.agentTools, configuration.permissions) !== undefined;
  const { readOnlyRootFilesystem } = configuration.agent.securityContext;
  return {
    ...podBasis(spec, configuration),
    initContainers: [
      {
        name: prepareContainer,
        image: configuration.initContainer.image,
        imagePullPolicy: configuration.initContainer.imagePullPolicy,
        command: ["/bin/sh", "-c"],
        args: [literal(prepareScript)],
        env: variables(plain({ ...identity, WORKSPACE: workspace, FILES: files })),
        securityContext: containerSecurity,
        resources: containerResources(configuration.initContainer.resources),
        volumeMounts: [
          { name: "task-files", mountPath: files, readOnly: true },
          { name: "workspace", mountPath: workspace },
        ],
      },
    ],
    containers: [
      {
        name: agentContainer,
        image: spec.image ?? configuration.agent.image,
        imagePullPolicy: spec.imagePullPolicy ?? configuration.agent.imagePullPolicy,
        command: [...configuration.agent.command],
        ...(configuration.agent.args.length > 0 && { args: [...configuration.agent.args] }),
        workingDir: `${workspace}/${spec.serviceName}`,
        env: [
          ...variables({
            ...providerKeys(configuration),
            ...configuredVariables(configuration),
            ...plain(
              telemetryEnvironment(
                {
                  service: spec.serviceName,
                  namespace: run.metadata?.namespace ?? "",
                  taskId: spec.taskId,
                  agent: spec.agentName,
                },
                configuration,
              ),
            ),
            ...plain(Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value]))),
            ...plain(access.env),
            ...plain(identity),
            ...plain({
              AGENT_NAME: spec.agentName ?? configuration.agent.name,
              MODEL: spec.model ?? configuration.agent.model,
              HOME: home,
              WORKDIR: `${workspace}/${spec.serviceName}`,
            }),
          }).filter(({ name }) => name !== apiKey),
          {
            name: apiKey,
            valueFrom: {
              secretKeyRef: {
                name: configuration.secrets.apiKeySecretName,
                key: configuration.secrets.apiKeySecretKey,
              },
            },
          },
        ],
        resources: containerResources(spec.resources ?? configuration.resources[spec.priority ?? "medium"]),
        securityContext: { ...containerSecurity, readOnlyRootFilesystem },
        terminationMessagePath: "/dev/termination-log",
        // never the end of the log: it may hold what does not belong into a status
        terminationMessagePolicy: "File",
        volumeMounts: [
          { name: "workspace", mountPath: workspace },
          { name: "tmp", mountPath: "/tmp" },
          { name: "home", mountPath: home },
          ...(access.volume === undefined ? [] : [{ name: secretVolume, mountPath: secretDirectory, readOnly: true }]),
          ...(restrictsTools
            ? [{ name: "task-files", mountPath: managedSettings, subPath: settingsFile, readOnly: true }]
            : []),
        ],
      },
    ],
    volumes: [
      { name: "task-files", configMap: { name: names.files } },
      { name: "workspace", persistentVolumeClaim: { claimName: names.workspace } },
      { name: "tmp", emptyDir: {} },
      { name: "home", emptyDir: {} },
      ...(access.volume === undefined ? [] : [access.volume]),
    ],
  };
}
