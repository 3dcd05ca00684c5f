/**
 * A pod whose containers run the phases of the rendered `container.sh`: that of every CodeRun and DocsRun, and of a TaskRun unless the
 * configuration has a command for it. It meets the Pod Security Standard `restricted`, except for a Docker daemon if one is requested
 * and allowed. Pure.
 */
import {
  agentContainer,
  containerResources,
  containerSecurity,
  deliverContainer,
  managedSettings,
  plain,
  podBasis,
  prepareContainer,
  variables,
  workspace,
} from "./container.js";
import {
  gatewayEnvironment,
  gatewaySidecar,
  gatewayUse,
  gatewayVolumes,
  mountedVariables,
  sshMounts,
  writeMount,
  type GatewayUse,
} from "./gateway-sidecar.js";
import { agentEnvironment, docker, home } from "./script-environment.js";
import type { ScriptWork } from "./script-work.js";
import type { PodSpec } from "../runs/pod-spec.js";
import { agentPromptsName } from "../configuration/names.js";
import type { Configuration } from "../configuration/configuration.js";

type Container = PodSpec["containers"][number];

const taskFiles = "/task-files";

/** The system prompts of all agents, for templates that want them. An attempt's own prompt is among its files. */
const agentPrompts = { volume: "agents", configMap: agentPromptsName, directory: "/config/agents" };

/** Where scripts and programs keep what the next attempt needs: above all, sessions. */
const state = `${workspace}/.orchestrator`;

/** Mode of the files: the scripts among them are executable. */
const readableAndExecutable = 0o555;

/** Every attempt has it: a template can be overridden, but not removed. */
const settingsFile = "settings.json";

export function scriptPod(work: ScriptWork, configuration: Configuration): PodSpec {
  const { names } = work.attempt;
  const isSeparate = work.isDelivered && configuration.git.delivery === "separate";
  const gateway = gatewayUse(work.models, work.access, configuration);
  const parts: Parts = { work, gateway, isSeparate, configuration };
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
      ...(gateway ? gatewayVolumes(gateway, configuration) : []),
      ...mounted.volumes,
      ...(isSeparate ? deliveryVolumes(configuration) : []),
      ...(work.docker ? [{ name: docker.container, emptyDir: {} }] : []),
    ],
  };
}

interface Parts {
  readonly work: ScriptWork;
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
  const { gateway, configuration } = parts;
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
      ...sshMounts(gateway, "prepare"),
    ],
  };
}

/** Waits for the agent's end; checks its commits, and pushes them. It sees nothing of the workspace. */
function deliver(parts: Parts): Container {
  const { gateway, configuration } = parts;
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
      ...sshMounts(gateway, "deliver"),
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
  const { work, gateway, isSeparate, configuration } = parts;
  const { spec, wholeSecrets } = work;
  return {
    name: agentContainer,
    ...scriptContainer(parts, isSeparate ? "agent" : undefined),
    workingDir: workspace,
    ...(wholeSecrets.length > 0 && { envFrom: wholeSecrets.map((name) => ({ secretRef: { name } })) }),
    env: agentEnvironment(work, gateway, configuration),
    resources: containerResources(spec.resources ?? configuration.resources[spec.priority ?? "medium"]),
    volumeMounts: [
      { name: "task-files", mountPath: taskFiles, readOnly: true },
      { name: "workspace", mountPath: workspace },
      { name: "tmp", mountPath: "/tmp" },
      { name: "home", mountPath: home },
      { name: agentPrompts.volume, mountPath: agentPrompts.directory, readOnly: true },
      ...(isSeparate ? [handover] : [...sshMounts(gateway, "deliver"), ...(gateway?.git ? [writeMount] : [])]),
      { name: "task-files", mountPath: managedSettings, subPath: settingsFile, readOnly: true },
    ],
  };
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
