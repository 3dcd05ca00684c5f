/** The pod of a TaskRun's run. It meets the Pod Security Standard `restricted`. Pure. */
import { settingsFile } from "./files.js";
import { taskRunNames } from "./names.js";
import { prepareScript } from "./prepare.js";
import { repositoryAccess, secretDirectory, secretVolume } from "./repository.js";
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
  const access = repositoryAccess(spec.repository);
  const identity = { TASK_ID: String(spec.taskId), SERVICE_NAME: spec.serviceName, RUN_NUMBER: String(number) };
  const restrictsTools = (spec.agentTools ?? []).length > 0;
  return {
    restartPolicy: "Never",
    serviceAccountName: spec.serviceAccountName ?? settings.agent.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.agent.imagePullSecrets.length > 0 && {
      imagePullSecrets: settings.agent.imagePullSecrets.map((name) => ({ name })),
    }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 2000,
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
        env: environment({ ...identity, WORKSPACE: workspace, FILES: files }),
        securityContext: containerSecurity,
        resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "500m", memory: "64Mi" } },
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
          ...environment({
            ...Object.fromEntries(settings.agent.env.map(({ name, value }) => [name, value])),
            ...telemetry(run, settings),
            ...Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value])),
            ...access.env,
            ...identity,
            AGENT_NAME: spec.agentName ?? settings.agent.name,
            MODEL: spec.model ?? settings.agent.model,
            HOME: home,
            WORKDIR: `${workspace}/${spec.serviceName}`,
          }).filter(({ name }) => name !== apiKey),
          {
            name: apiKey,
            valueFrom: {
              secretKeyRef: { name: settings.secrets.apiKeySecretName, key: settings.secrets.apiKeySecretKey },
            },
          },
        ],
        resources: containerResources(spec.resources ?? settings.resources[spec.priority ?? "medium"]),
        securityContext: containerSecurity,
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

/** One entry a name; the later ones of a merged object have already won. */
function environment(variables: Readonly<Record<string, string>>): EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value: literal(value) }));
}

/** The agent's own telemetry, in the names of OpenTelemetry's specification. */
function telemetry(
  run: TaskRun,
  { telemetry: { enabled, otlpEndpoint, otlpProtocol } }: Settings,
): Record<string, string> {
  const always = { DISABLE_AUTOUPDATER: "1" };
  if (!enabled || otlpEndpoint === undefined) return always;
  return {
    ...always,
    CLAUDE_CODE_ENABLE_TELEMETRY: "1",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_LOGS_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint.includes("://") ? otlpEndpoint : `http://${otlpEndpoint}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol === "grpc" ? "grpc" : "http/protobuf",
    OTEL_SERVICE_NAME: `${agentContainer}-${run.spec.serviceName}`,
    OTEL_RESOURCE_ATTRIBUTES: `task.id=${run.spec.taskId},service.namespace=${run.metadata?.namespace ?? ""}`,
  };
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
