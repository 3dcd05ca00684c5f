/**
 * The pod of a CodeRun or DocsRun: a container that runs the rendered `container.sh`. It meets the Pod Security Standard
 * `restricted`, except for a Docker daemon if one is requested and allowed. Pure.
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
import { dockerContainerName } from "./docker.js";
import { gitAccess, type GitAccess } from "./git.js";
import { telemetryEnvironment, type TelemetryIdentity } from "./telemetry.js";
import type { CodeRunSpec } from "../api/coderun.js";
import type { DocsRunSpec } from "../api/docsrun.js";
import type { PodSpec } from "../runs/pod-spec.js";
import type { Attempt } from "../runs/run.js";
import { agentPromptsName } from "../configuration/names.js";
import { gitServer } from "../configuration/git-hosts.js";
import type { Configuration } from "../configuration/configuration.js";

/** What such a pod is made from. */
export interface RepositoryWork {
  readonly spec: CodeRunSpec | DocsRunSpec;
  readonly attempt: Attempt;
  readonly telemetry: TelemetryIdentity;
  /** The agent program; absent: that of the image. */
  readonly cli: string | undefined;
  /** Absent: the configuration's. */
  readonly model: string | undefined;
  /** Repositories that the agent accesses. */
  readonly urls: readonly string[];
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

const docker = { container: dockerContainerName, address: "tcp://127.0.0.1:2375" };

export function repositoryPod(work: RepositoryWork, configuration: Configuration): PodSpec {
  const { names } = work.attempt;
  const access = gitAccess(work.spec, work.urls);
  return {
    ...podBasis(work.spec, configuration),
    initContainers: [prepare(configuration), ...(work.docker ? [dockerContainer(configuration)] : [])],
    containers: [agent(work, access, configuration)],
    volumes: [
      { name: "task-files", configMap: { name: names.files, defaultMode: readableAndExecutable } },
      { name: "workspace", persistentVolumeClaim: { claimName: names.workspace } },
      { name: "tmp", emptyDir: {} },
      { name: "home", emptyDir: {} },
      { name: agentPrompts.volume, configMap: { name: agentPrompts.configMap, optional: true } },
      ...access.volumes,
      ...(work.docker ? [{ name: docker.container, emptyDir: {} }] : []),
    ],
  };
}

/** Fails before the agent starts if the workspace is not writable. */
function prepare({ initContainer }: Configuration): Container {
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

function agent(work: RepositoryWork, access: GitAccess, configuration: Configuration): Container {
  const { spec, wholeSecrets } = work;
  const { image, imagePullPolicy, securityContext } = configuration.agent;
  return {
    name: agentContainer,
    image: spec.image ?? image,
    imagePullPolicy: spec.imagePullPolicy ?? imagePullPolicy,
    command: ["/bin/bash", `${taskFiles}/container.sh`],
    workingDir: workspace,
    ...(wholeSecrets.length > 0 && { envFrom: wholeSecrets.map((name) => ({ secretRef: { name } })) }),
    env: environment(work, configuration),
    resources: containerResources(spec.resources ?? configuration.resources[spec.priority ?? "medium"]),
    securityContext: { ...containerSecurity, readOnlyRootFilesystem: securityContext.readOnlyRootFilesystem },
    terminationMessagePath: "/dev/termination-log",
    // never the end of the log: it may hold what does not belong in a status
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
  };
}

/** Later entries win. The last lists the variables that come from Secrets, whose values the script redacts. */
function environment(work: RepositoryWork, configuration: Configuration): NonNullable<Container["env"]> {
  const byName: Variables = {
    ...(work.wholeSecrets.length > 0 && neutralVariables),
    ...providerKeys(configuration),
    [apiKey]: modelKey(work.cli, configuration),
    ...configuredVariables(configuration),
    ...plain(telemetryEnvironment(work.telemetry, configuration)),
    ...work.requestedEnv,
    ...plain({
      ...(work.docker && { DOCKER_HOST: docker.address }),
      ...work.identityEnv,
      GITHUB_APIS: githubApis(work.urls, configuration),
      RUN_NUMBER: String(work.attempt.number),
      MODEL: work.model ?? configuration.agent.model,
      HOME: home,
    }),
  };
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

/** The GitHub API of each host that a GitHub App may authenticate to: `host=url`, separated by blanks. */
function githubApis(urls: readonly string[], configuration: Configuration): string {
  const servers = urls.flatMap((url) => gitServer(url, configuration) ?? []);
  return [...new Set(servers.map(({ host, apiUrl }) => `${host}=${apiUrl}`))].join(" ");
}

/** Programs other than claude have their own keys, so they must start without this one. */
function modelKey(cli: string | undefined, { secrets }: Configuration): Variables[string] {
  const isOptional = cli !== undefined && cli !== "claude";
  const ref = { name: secrets.apiKeySecretName, key: secrets.apiKeySecretKey };
  return { valueFrom: { secretKeyRef: { ...ref, ...(isOptional && { optional: true }) } } };
}

/** A sidecar: it starts before the agent, and ends after it. */
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
