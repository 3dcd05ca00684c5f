/** The pod of a TaskRun's run. It meets the Pod Security Standard `restricted`. Pure. */
import { settingsFile } from "./files.js";
import { taskRunNames } from "./names.js";
import { prepareScript } from "./prepare.js";
import { repositoryAccess, secretDirectory, secretVolume } from "./repository.js";
import { telemetryEnvironment } from "./telemetry.js";
import { agentSettings } from "./tools.js";
import type { AgentResources, TaskRun } from "../../api/taskrun.js";
import type { PodSpec } from "../../runs/podspec.js";
import type { Resources, Settings } from "../../settings/settings.js";

export const agentContainer = "claude-agent";
export const prepareContainer = "prepare-workspace";

type Container = PodSpec["containers"][number];
type EnvVar = NonNullable<Container["env"]>[number];

const workspace = "/workspace";
const files = "/config";
const home = "/home/agent";

/** Where the agent's CLI looks for settings that it may not change itself. */
const managedSettings = "/etc/claude-code/managed-settings.json";

const containerSecurity: NonNullable<Container["securityContext"]> = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

export function taskRunPod(run: TaskRun, number: number, settings: Settings): PodSpec {
  const { spec } = run;
  const names = taskRunNames(run, number);
  const access = repositoryAccess(spec.repository, settings.secrets);
  const identity = { TASK_ID: String(spec.taskId), SERVICE_NAME: spec.serviceName, RUN_NUMBER: String(number) };
  const restrictsTools = agentSettings(spec.agentTools, settings.permissions) !== undefined;
  const priorityClassName = settings.priorityClassNames[spec.priority ?? "medium"];
  const { runAsUser, runAsGroup, readOnlyRootFilesystem } = settings.agent.securityContext;
  return {
    restartPolicy: "Never",
    serviceAccountName: spec.serviceAccountName ?? settings.agent.serviceAccountName,
    automountServiceAccountToken: false,
    ...(priorityClassName !== undefined && { priorityClassName }),
    enableServiceLinks: false,
    ...(settings.agent.imagePullSecrets.length > 0 && {
      imagePullSecrets: settings.agent.imagePullSecrets.map((name) => ({ name })),
    }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser,
      runAsGroup,
      fsGroup: settings.pod.securityContext.fsGroup,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
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
            ...Object.fromEntries(settings.agent.env.map((each) => [each.name, configuredVariable(each)])),
            ...plain(telemetryEnvironment(run, settings)),
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

const apiKey = "ANTHROPIC_API_KEY";

/**
 * The kubelet replaces `$(NAME)` in values, commands and arguments, also by values that come from Secrets. `$$` is a
 * plain `$` to it, so text in which each is doubled arrives as it was written.
 */
function literal(text: string): string {
  return text.replaceAll("$", () => "$$");
}

type Variable = Omit<EnvVar, "name">;
type Variables = Readonly<Record<string, Variable>>;

/** One entry a name; the later ones of a merged object have already won. */
function variables(byName: Variables): EnvVar[] {
  return Object.entries(byName).map(([name, variable]) => ({ name, ...variable }));
}

function plain(values: Readonly<Record<string, string>>): Variables {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value: literal(value) }]));
}

function configuredVariable({ value, valueFrom }: Settings["agent"]["env"][number]): Variable {
  return valueFrom === undefined ? { value: literal(value ?? "") } : { valueFrom };
}

/** Keys of model providers. An agent needs some of them, so none is in the way of its start. */
function providerKeys({ secrets: { providerApiKeys, cliApiKeys } }: Settings): Variables {
  return Object.fromEntries(
    [...Object.values(providerApiKeys), ...Object.values(cliApiKeys)].map(({ envVar, secretName, secretKey }) => [
      envVar,
      { valueFrom: { secretKeyRef: { name: secretName, key: secretKey, optional: true } } },
    ]),
  );
}

function containerResources({ requests, limits }: Resources | AgentResources): NonNullable<Container["resources"]> {
  const texts = (amounts: Readonly<Record<string, unknown>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(amounts).flatMap(([name, amount]) =>
        typeof amount === "string" || typeof amount === "number" ? [[name, String(amount)]] : [],
      ),
    );
  return {
    ...(requests !== undefined && { requests: texts(requests) }),
    ...(limits !== undefined && { limits: texts(limits) }),
  };
}
