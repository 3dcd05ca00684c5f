/** The pod of a TaskRun's run. It meets the Pod Security Standard `restricted`. Pure. */
import { settingsFile } from "./files.js";
import { taskRunNames } from "./names.js";
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
import type { Settings } from "../../configuration/configuration.js";

const files = "/config";
const home = "/home/agent";

export function taskRunPod(run: TaskRun, number: number, settings: Settings): PodSpec {
  const { spec } = run;
  const names = taskRunNames(run, number);
  const access = repositoryAccess(spec.repository, settings.secrets);
  const identity = { TASK_ID: String(spec.taskId), SERVICE_NAME: spec.serviceName, RUN_NUMBER: String(number) };
  const restrictsTools = agentSettings(spec.agentTools, settings.permissions) !== undefined;
  const { readOnlyRootFilesystem } = settings.agent.securityContext;
  return {
    ...podBasis(spec, settings),
    initContainers: [
      {
        name: prepareContainer,
        image: settings.initContainer.image,
        imagePullPolicy: settings.initContainer.imagePullPolicy,
        command: ["/bin/sh", "-c"],
        args: [literal(prepareScript)],
        env: variables(plain({ ...identity, WORKSPACE: workspace, FILES: files })),
        securityContext: containerSecurity,
        resources: containerResources(settings.initContainer.resources),
        volumeMounts: [
          { name: "task-files", mountPath: files, readOnly: true },
          { name: "workspace", mountPath: workspace },
        ],
      },
    ],
    containers: [
      {
        name: agentContainer,
        image: spec.image ?? settings.agent.image,
        imagePullPolicy: spec.imagePullPolicy ?? settings.agent.imagePullPolicy,
        command: [...settings.agent.command],
        ...(settings.agent.args.length > 0 && { args: [...settings.agent.args] }),
        workingDir: `${workspace}/${spec.serviceName}`,
        env: [
          ...variables({
            ...providerKeys(settings),
            ...configuredVariables(settings),
            ...plain(
              telemetryEnvironment(
                {
                  service: spec.serviceName,
                  namespace: run.metadata?.namespace ?? "",
                  taskId: spec.taskId,
                  agent: spec.agentName,
                },
                settings,
              ),
            ),
            ...plain(Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value]))),
            ...plain(access.env),
            ...plain(identity),
            ...plain({
              AGENT_NAME: spec.agentName ?? settings.agent.name,
              MODEL: spec.model ?? settings.agent.model,
              HOME: home,
              WORKDIR: `${workspace}/${spec.serviceName}`,
            }),
          }).filter(({ name }) => name !== apiKey),
          {
            name: apiKey,
            valueFrom: {
              secretKeyRef: { name: settings.secrets.apiKeySecretName, key: settings.secrets.apiKeySecretKey },
            },
          },
        ],
        resources: containerResources(spec.resources ?? settings.resources[spec.priority ?? "medium"]),
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
