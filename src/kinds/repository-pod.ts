/**
 * The pod of a CodeRun or DocsRun: a container that runs the rendered `container.sh`. It meets the Pod Security Standard
 * `restricted`, but for a Docker daemon where one is asked for and allowed. Pure.
 */
import {
  agentContainer,
  apiKey,
  configuredVariables,
  containerResources,
  containerSecurity,
  managedSettings,
  plain,
  podBasis,
  prepareContainer,
  providerKeys,
  variables,
  workspace,
  type Variables,
} from "./container.js";
import { gitAccess } from "./git.js";
import { telemetryEnvironment, type Traced } from "./telemetry.js";
import type { CodeRunSpec } from "../api/coderun.js";
import type { DocsRunSpec } from "../api/docsrun.js";
import type { PodSpec } from "../runs/pod-spec.js";
import type { RunNames } from "../runs/run.js";
import { agentPromptsName } from "../configuration/names.js";
import type { Configuration } from "../configuration/configuration.js";

/** What such a pod is made from. */
export interface RepositoryWork {
  readonly spec: CodeRunSpec | DocsRunSpec;
  readonly number: number;
  readonly names: RunNames;
  readonly traced: Traced;
  /** The agent's command line program; absent: that of the image. */
  readonly cli: string | undefined;
  /** Absent: the configuration's. */
  readonly model: string | undefined;
  /** Repositories that it has to reach. */
  readonly urls: readonly string[];
  /** What the agent is told of its work; wins over every other variable. */
  readonly told: Readonly<Record<string, string>>;
  /** Variables that the run itself asks for, the later ones winning. */
  readonly asked: Variables;
  /** Secrets all of whose keys are variables. */
  readonly wholeSecrets: readonly string[];
  readonly docker: boolean;
}

type Container = PodSpec["containers"][number];

const taskFiles = "/task-files";

/** The system prompts of all agents, for templates that want them; a run's own is among its files. */
const agentPrompts = { volume: "agents", configMap: agentPromptsName, directory: "/config/agents" };

const home = "/home/agent";

/** Where scripts and programs keep what the next run has to find: sessions, above all. */
const state = `${workspace}/.orchestrator`;

/** Scripts among the files may be run as they are. */
const everyoneRunsAndReads = 0o555;

/** Of every run: a template can be overridden, and not left out. */
const settingsFile = "settings.json";

const docker = { container: "docker", address: "tcp://127.0.0.1:2375" };

export function repositoryPod(work: RepositoryWork, configuration: Configuration): PodSpec {
  const { spec, names } = work;
  const access = gitAccess(spec, work.urls);
  const { readOnlyRootFilesystem } = configuration.agent.securityContext;
  return {
    ...podBasis(spec, configuration),
    initContainers: [
      {
        name: prepareContainer,
        image: configuration.initContainer.image,
        imagePullPolicy: configuration.initContainer.imagePullPolicy,
        // that the workspace can be written to is better known before the agent starts
        command: ["/bin/mkdir", "-p", state],
        securityContext: containerSecurity,
        resources: containerResources(configuration.initContainer.resources),
        volumeMounts: [{ name: "workspace", mountPath: workspace }],
      },
      ...(work.docker ? [dockerContainer(configuration)] : []),
    ],
    containers: [
      {
        name: agentContainer,
        image: spec.image ?? configuration.agent.image,
        imagePullPolicy: spec.imagePullPolicy ?? configuration.agent.imagePullPolicy,
        command: ["/bin/bash", `${taskFiles}/container.sh`],
        workingDir: workspace,
        ...(work.wholeSecrets.length > 0 && { envFrom: work.wholeSecrets.map((name) => ({ secretRef: { name } })) }),
        env: variables({
          ...providerKeys(configuration),
          [apiKey]: modelKey(work.cli, configuration),
          ...configuredVariables(configuration),
          ...plain(telemetryEnvironment(work.traced, configuration)),
          ...work.asked,
          ...plain({
            ...(work.docker && { DOCKER_HOST: docker.address }),
            ...work.told,
            RUN_NUMBER: String(work.number),
            MODEL: work.model ?? configuration.agent.model,
            HOME: home,
          }),
        }),
        resources: containerResources(spec.resources ?? configuration.resources[spec.priority ?? "medium"]),
        securityContext: { ...containerSecurity, readOnlyRootFilesystem },
        terminationMessagePath: "/dev/termination-log",
        // never the end of the log: it may hold what does not belong into a status
        terminationMessagePolicy: "File",
        volumeMounts: [
          { name: "task-files", mountPath: taskFiles, readOnly: true },
          { name: "workspace", mountPath: workspace },
          { name: "tmp", mountPath: "/tmp" },
          { name: "home", mountPath: home },
          { name: agentPrompts.volume, mountPath: agentPrompts.directory, readOnly: true },
          ...access.mounts,
          { name: "task-files", mountPath: managedSettings, subPath: settingsFile, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "task-files", configMap: { name: names.files, defaultMode: everyoneRunsAndReads } },
      { name: "workspace", persistentVolumeClaim: { claimName: names.workspace } },
      { name: "tmp", emptyDir: {} },
      { name: "home", emptyDir: {} },
      { name: agentPrompts.volume, configMap: { name: agentPrompts.configMap, optional: true } },
      ...access.volumes,
      ...(work.docker ? [{ name: docker.container, emptyDir: {} }] : []),
    ],
  };
}

/** Other programs than claude have keys of their own, so that this one's absence is not in the way of their start. */
function modelKey(cli: string | undefined, { secrets }: Configuration): Variables[string] {
  const isOptional = cli !== undefined && cli !== "claude";
  const ref = { name: secrets.apiKeySecretName, key: secrets.apiKeySecretKey };
  return { valueFrom: { secretKeyRef: { ...ref, ...(isOptional && { optional: true }) } } };
}

/** A sidecar: it starts before the agent, and ends when the agent has. */
function dockerContainer({ agent }: Configuration): Container {
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

/** `env` and `envFromSecrets` of a spec, as variables of a container. */
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

/** Only what is there. */
export function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
