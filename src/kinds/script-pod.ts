/**
 * A pod whose containers run the phases of the rendered `container.sh`: that of every CodeRun and DocsRun, and of a TaskRun unless the
 * configuration has a command for it. It meets the Pod Security Standard `restricted`, except for a Docker daemon if one is requested
 * and allowed. Pure.
 */
import {
  agentContainer,
  apiKey,
  configuredVariables,
  containerResources,
  containerSecurity,
  deliverContainer,
  managedSettings,
  plain,
  podBasis,
  prepareContainer,
  providerKeys,
  variables,
  workspace,
  type Variables,
} from "./container.js";
import {
  gatewayEnvironment,
  gatewaySidecar,
  gatewayUse,
  gatewayVolumes,
  mountedVariables,
  writeMount,
  type GatewayUse,
} from "./gateway-sidecar.js";
import type { GitAccess } from "./git.js";
import { usesGateway, type ModelUser } from "./model-access.js";
import { telemetryEnvironment, type TelemetryIdentity } from "./telemetry.js";
import { dockerContainer } from "../api/names.js";
import type { CodeRunSpec } from "../api/coderun.js";
import type { PodSpec } from "../runs/pod-spec.js";
import type { Attempt } from "../runs/run.js";
import { agentPromptsName } from "../configuration/names.js";
import type { Configuration } from "../configuration/configuration.js";

/** What such a pod is made from. */
export interface ScriptWork {
  readonly spec: Pick<CodeRunSpec, "image" | "imagePullPolicy" | "serviceAccountName" | "priority" | "resources">;
  readonly attempt: Attempt;
  readonly telemetry: TelemetryIdentity;
  readonly models: ModelUser;
  readonly access: GitAccess;
  /** Whether what the agent commits is pushed. */
  readonly isDelivered: boolean;
  /** Variables that identify the work. They win over all others. */
  readonly identityEnv: Readonly<Record<string, string>>;
  /** Variables that the run itself requests. */
  readonly requestedEnv: Variables;
  /** Secrets whose keys all become variables. */
  readonly wholeSecrets: readonly string[];
  readonly docker: boolean;
}

type Container = PodSpec["containers"][number];

const taskFiles = "/task-files";

/** The system prompts of all agents, for templates that want them. An attempt's own prompt is among its files. */
const agentPrompts = { volume: "agents", configMap: agentPromptsName, directory: "/config/agents" };

const home = "/home/agent";

/** Where scripts and programs keep what the next attempt needs: above all, sessions. */
const state = `${workspace}/.orchestrator`;

/** Mode of the files: the scripts among them are executable. */
const readableAndExecutable = 0o555;

/** Every attempt has it: a template can be overridden, but not removed. */
const settingsFile = "settings.json";

const docker = { container: dockerContainer, address: "tcp://127.0.0.1:2375" };

export function scriptPod(work: ScriptWork, configuration: Configuration): PodSpec {
  const { names } = work.attempt;
  const { access } = work;
  const isSeparate = work.isDelivered && configuration.git.delivery === "separate";
  const gateway = gatewayUse(work.models, access, configuration);
  const parts: Parts = { work, access, gateway, isSeparate, configuration };
  const worker = agent(parts);
  const searched = isSeparate && gateway?.git ? worker : {};
  const mounted = mountedVariables(searched);
  return {
    ...podBasis(work.spec, configuration),
    initContainers: [
      ...(gateway ? [gatewaySidecar(gateway, configuration, mounted.mounts)] : []),
      isSeparate ? prepare(parts) : prepareWorkspace(configuration),
      ...(work.docker ? [dockerSidecar(configuration)] : []),
    ],
    containers: [worker, ...(isSeparate ? [deliver(parts)] : [])],
    volumes: [
      { name: "task-files", configMap: { name: names.files, defaultMode: readableAndExecutable } },
      { name: "workspace", persistentVolumeClaim: { claimName: names.workspace } },
      { name: "tmp", emptyDir: {} },
      { name: "home", emptyDir: {} },
      { name: agentPrompts.volume, configMap: { name: agentPrompts.configMap, optional: true } },
      ...access.ssh.volumes,
      ...(gateway ? gatewayVolumes(gateway, configuration) : []),
      ...mounted.volumes,
      ...(isSeparate ? deliveryVolumes(configuration) : []),
      ...(work.docker ? [{ name: docker.container, emptyDir: {} }] : []),
    ],
  };
}

interface Parts {
  readonly work: ScriptWork;
  readonly access: GitAccess;
  readonly gateway: GatewayUse | undefined;
  /** Whether each phase has a container of its own. */
  readonly isSeparate: boolean;
  readonly configuration: Configuration;
}

/** The repository as the server has it, which the agent never sees. */
const origin = { name: "origin", mountPath: "/origin" };

/** What the agent's container leaves for the one that delivers. */
const handover = { name: "handover", mountPath: "/handover" };

/** `/tmp` of the container that delivers: the agent writes to its own. */
const ownTemporary = "deliver-tmp";

/** Beside the commits, the agent's container hands over some kilobytes. */
function deliveryVolumes({ git: { maxMegabytes } }: Configuration): NonNullable<PodSpec["volumes"]> {
  return [
    { name: origin.name, emptyDir: {} },
    { name: handover.name, emptyDir: { sizeLimit: `${maxMegabytes + 16}Mi` } },
    { name: ownTemporary, emptyDir: {} },
  ];
}

/** Fails before the agent starts if the workspace is not writable. */
function prepareWorkspace({ initContainer }: Configuration): Container {
  return {
    name: prepareContainer,
    image: initContainer.image,
    imagePullPolicy: initContainer.imagePullPolicy,
    command: ["/bin/mkdir", "-p", state],
    securityContext: containerSecurity,
    resources: containerResources(initContainer.resources),
    volumeMounts: [{ name: "workspace", mountPath: workspace }],
  };
}

/** What all containers of the start script have in common. */
function scriptContainer(
  { work: { spec }, configuration }: Parts,
  phase: "prepare" | "agent" | "deliver" | undefined,
): Pick<
  Container,
  "image" | "imagePullPolicy" | "command" | "securityContext" | "terminationMessagePath" | "terminationMessagePolicy"
> {
  const { image, imagePullPolicy, securityContext } = configuration.agent;
  return {
    image: spec.image ?? image,
    imagePullPolicy: spec.imagePullPolicy ?? imagePullPolicy,
    command: ["/bin/bash", `${taskFiles}/container.sh`, ...(phase === undefined ? [] : [phase])],
    securityContext: { ...containerSecurity, readOnlyRootFilesystem: securityContext.readOnlyRootFilesystem },
    terminationMessagePath: "/dev/termination-log",
    // never the end of the log: it may hold what does not belong in a status
    terminationMessagePolicy: "File",
  };
}

/** Clones into the workspace, takes the branch, and keeps the repository for the delivery. It runs nothing of the agent's. */
function prepare(parts: Parts): Container {
  const { access, configuration } = parts;
  return {
    name: prepareContainer,
    ...scriptContainer(parts, "prepare"),
    env: scriptEnvironment(parts),
    resources: containerResources(configuration.resources[parts.work.spec.priority ?? "medium"]),
    volumeMounts: [
      { name: "task-files", mountPath: taskFiles, readOnly: true },
      { name: "workspace", mountPath: workspace },
      { name: "tmp", mountPath: "/tmp" },
      { name: "home", mountPath: home },
      ...[origin, handover],
      ...access.ssh.mounts,
    ],
  };
}

/** Waits for the agent's end; checks its commits, and pushes them. It sees nothing of the workspace. */
function deliver(parts: Parts): Container {
  const { access, gateway, configuration } = parts;
  const { protectedPaths, maxFiles, maxMegabytes } = configuration.git;
  return {
    name: deliverContainer,
    ...scriptContainer(parts, "deliver"),
    env: [
      ...scriptEnvironment(parts),
      ...variables(
        plain({
          DELIVERY_PROTECTED_PATHS: protectedPaths.join("\n"),
          DELIVERY_MAX_FILES: String(maxFiles),
          DELIVERY_MAX_BYTES: String(maxMegabytes * 1024 * 1024),
        }),
      ),
    ],
    resources: deliveryResources(parts),
    volumeMounts: [
      { name: "task-files", mountPath: taskFiles, readOnly: true },
      { name: ownTemporary, mountPath: "/tmp" },
      origin,
      { ...handover, readOnly: true },
      ...(gateway?.git ? [writeMount] : []),
      ...access.ssh.mounts,
    ],
  };
}

/** It waits for hours, and then git may need as much memory as that of the agent. */
function deliveryResources({ work, configuration }: Parts): NonNullable<Container["resources"]> {
  const { limits } = containerResources(configuration.resources[work.spec.priority ?? "medium"]);
  const { requests } = containerResources(configuration.initContainer.resources);
  return { ...(requests && { requests }), ...(limits && { limits }) };
}

/** Of the containers that run nothing of the agent's: no variable of the run reaches them. */
function scriptEnvironment({ gateway, configuration }: Parts): NonNullable<Container["env"]> {
  return variables({
    ...plain({ HOME: "/tmp" }),
    ...(gateway && gatewayEnvironment({ ...(gateway.git && { git: gateway.git }) }, configuration)),
  });
}

function agent(parts: Parts): Container {
  const { work, access, gateway, isSeparate, configuration } = parts;
  const { spec, wholeSecrets } = work;
  return {
    name: agentContainer,
    ...scriptContainer(parts, isSeparate ? "agent" : undefined),
    workingDir: workspace,
    ...(wholeSecrets.length > 0 && { envFrom: wholeSecrets.map((name) => ({ secretRef: { name } })) }),
    env: environment(work, gateway, configuration),
    resources: containerResources(spec.resources ?? configuration.resources[spec.priority ?? "medium"]),
    volumeMounts: [
      { name: "task-files", mountPath: taskFiles, readOnly: true },
      { name: "workspace", mountPath: workspace },
      { name: "tmp", mountPath: "/tmp" },
      { name: "home", mountPath: home },
      { name: agentPrompts.volume, mountPath: agentPrompts.directory, readOnly: true },
      ...(isSeparate ? [handover] : [...access.ssh.mounts, ...(gateway?.git ? [writeMount] : [])]),
      { name: "task-files", mountPath: managedSettings, subPath: settingsFile, readOnly: true },
    ],
  };
}

/** With a gateway for models, none. */
function keys(work: ScriptWork, configuration: Configuration): Variables {
  if (usesGateway(work.models, configuration)) return {};
  return { ...providerKeys(configuration), [apiKey]: modelKey(work.models.program, configuration) };
}

/** Later entries win. The last lists the variables that come from Secrets, whose values the script redacts. */
function environment(
  work: ScriptWork,
  use: GatewayUse | undefined,
  configuration: Configuration,
): NonNullable<Container["env"]> {
  const gateway = use ? gatewayEnvironment(use, configuration) : {};
  const others: Variables = {
    ...(work.wholeSecrets.length > 0 && neutralVariables),
    ...keys(work, configuration),
    ...configuredVariables(configuration),
    ...plain(telemetryEnvironment(work.telemetry, configuration)),
    ...work.requestedEnv,
    ...plain({
      ...(work.docker && { DOCKER_HOST: docker.address }),
      ...work.identityEnv,
      RUN_NUMBER: String(work.attempt.number),
      MODEL: work.models.model,
      HOME: home,
    }),
  };
  // at the end, since some of the gateway's refer to one another
  const kept = Object.entries(others).filter(([name]) => !Object.hasOwn(gateway, name));
  const byName: Variables = { ...Object.fromEntries(kept), ...gateway };
  const secret = Object.keys(byName).filter((name) => byName[name]?.valueFrom?.secretKeyRef !== undefined);
  return variables({ ...byName, ...plain({ ORCHESTRATOR_SECRET_VARIABLES: secret.join(" ") }) });
}

/**
 * Whoever writes a whole Secret decides which variables it sets. `env` wins over `envFrom` (and over the image): each value means
 * the same as an absent variable. Reserved names that match a pattern, and `PATH`, have no such value.
 */
const neutralVariables: Variables = plain({
  ...Object.fromEntries(
    [
      ...["BASH_ENV", "ENV", "NODE_OPTIONS", "LD_PRELOAD", "LD_AUDIT", "GIT_CONFIG_PARAMETERS"],
      ...["GITHUB_API_URL", "GITHUB_URL", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"],
      ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"],
    ].map((name) => [name, ""]),
  ),
  GIT_CONFIG_COUNT: "0",
});

/** Programs other than claude have their own keys, so they must start without this one. */
function modelKey(program: string | undefined, { secrets }: Configuration): Variables[string] {
  const isOptional = program !== undefined && program !== "claude";
  const ref = { name: secrets.apiKeySecretName, key: secrets.apiKeySecretKey };
  return { valueFrom: { secretKeyRef: { ...ref, ...(isOptional && { optional: true }) } } };
}

/** A sidecar: it starts before the agent, and ends after it. */
function dockerSidecar({ agent }: Configuration): Container {
  return {
    name: docker.container,
    image: agent.dockerImage,
    imagePullPolicy: agent.imagePullPolicy,
    restartPolicy: "Always",
    args: [`--host=${docker.address}`],
    // no certificates: only this pod reaches the address
    env: variables(plain({ DOCKER_TLS_CERTDIR: "" })),
    securityContext: { privileged: true, runAsUser: 0, runAsGroup: 0, runAsNonRoot: false },
    volumeMounts: [
      { name: docker.container, mountPath: "/var/lib/docker" },
      { name: "workspace", mountPath: workspace },
    ],
  };
}

/** `env` and `envFromSecrets` of a spec as container variables. */
export function requestedEnv({ env, envFromSecrets }: Pick<CodeRunSpec, "env" | "envFromSecrets">): Variables {
  return {
    ...Object.fromEntries(
      (envFromSecrets ?? []).map(({ name, secretName, secretKey }) => [name, secretVariable(secretName, secretKey)]),
    ),
    ...plain(env ?? {}),
  };
}

export function secretVariable(name: string, key: string): Variables[string] {
  return { valueFrom: { secretKeyRef: { name, key } } };
}

/** Drops undefined values. */
export function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
