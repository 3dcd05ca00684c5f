/**
 * The gateway of an agent's pod: the side-car that has the run's keys, its configuration, and what other containers need to use it. Pure.
 */
import { containerSecurity, containerResources, literal, plain, variables, type Variables } from "./container.js";
import { gitOrigins, type GitAccess } from "./git.js";
import {
  gatewayPort,
  gatewayUpstreams,
  gatewayUrl,
  modelEnvironment,
  modelMounts,
  modelVolumes,
  usesGateway,
  type ModelUser,
} from "./model-access.js";
import { gitIncludeName } from "../api/names.js";
import type { Configuration } from "../configuration/configuration.js";
import type { RunBudget, Usage } from "../api/taskrun.js";
import type { PodSpec } from "../runs/pod-spec.js";
import { spendingLimit } from "../runs/spending-limit.js";
import { costWithoutModel, gatewayContainer, usedBefore } from "../runs/usage.js";

type Container = PodSpec["containers"][number];
type Volume = NonNullable<PodSpec["volumes"]>[number];

/** What the gateway of a pod serves. */
export interface GatewayUse {
  /** Absent: the agent program asks its provider itself. */
  readonly models?: ModelUser;
  /** Absent: no repository is reached with credentials. */
  readonly git?: NonNullable<GitAccess["gateway"]>;
}

/** What a pod needs a gateway for; undefined for nothing. */
export function gatewayUse(
  models: ModelUser,
  git: GitAccess | undefined,
  configuration: Configuration,
): GatewayUse | undefined {
  const served = {
    ...(usesGateway(models, configuration) && { models }),
    ...(git?.gateway && { git: git.gateway }),
  };
  return Object.keys(served).length === 0 ? undefined : served;
}

/** Name of its configuration among the files of an attempt. */
const gatewayFile = "gateway.yaml";

/** The user and group of the operator's image. */
const user = 65532;

const stateDirectory = "/gateway/state";
/** Far more than the gateway writes. */
const stateSize = "64Mi";
const configurationPath = "/gateway/gateway.yaml";
const terminationMessage = "/dev/termination-log";

const write = { volume: "gateway-write", directory: "/gateway/write" };

/** Volumes for the sockets of the ssh-agent, and where the gateway has them. */
const ssh = {
  prepare: { volume: "gateway-ssh-prepare", directory: "/gateway/ssh-prepare" },
  deliver: { volume: "gateway-ssh-deliver", directory: "/gateway/ssh-deliver" },
};

/** Where a container finds the ssh-agent. */
export const sshDirectory = "/gateway/ssh";

/** Lets a container use the ssh-agent: it has the socket for its phase, and known hosts. None without an SSH key. */
export function sshMounts(
  use: GatewayUse | undefined,
  phase: keyof typeof ssh,
): NonNullable<Container["volumeMounts"]> {
  return use?.git?.entry.ssh === undefined
    ? []
    : [{ name: ssh[phase].volume, mountPath: sshDirectory, readOnly: true }];
}

/** Has a directory for each Secret of the agent's variables. */
const variablesDirectory = "/gateway/variables";

/**
 * Mounts the Secrets of a container's variables for the gateway, which searches commits for their values. The names of keys that are
 * mounted are those of the variables' references.
 */
export function mountedVariables({ env = [], envFrom = [] }: Pick<Container, "env" | "envFrom">): {
  readonly volumes: readonly Volume[];
  readonly mounts: NonNullable<Container["volumeMounts"]>;
} {
  const keys = new Map<string, Set<string> | "all">();
  for (const { valueFrom } of env) {
    const { name, key = "" } = valueFrom?.secretKeyRef ?? {};
    if (name === undefined) continue;
    const known = keys.get(name) ?? new Set();
    if (known !== "all") keys.set(name, known.add(key));
  }
  for (const { secretRef } of envFrom) if (secretRef?.name !== undefined) keys.set(secretRef.name, "all");
  const secrets = [...keys].map(([secretName, wanted], index) => ({
    name: `gateway-variables-${index}`,
    secretName,
    wanted,
  }));
  return {
    volumes: secrets.map(({ name, secretName, wanted }) => ({
      name,
      secret: {
        // what is missing is reported of the agent's container
        ...{ secretName, optional: true, defaultMode: 0o440 },
        ...(wanted !== "all" && { items: [...wanted].map((key, index) => ({ key, path: String(index) })) }),
      },
    })),
    mounts: secrets.map(({ name }, index) => ({ name, mountPath: `${variablesDirectory}/${index}`, readOnly: true })),
  };
}

/** A file for git's configuration with which git may push. */
export const gitInclude = `${write.directory}/${gitIncludeName}`;

/** Lets a container write to repositories: the gateway leaves its capability there. */
export const writeMount = { name: write.volume, mountPath: write.directory, readOnly: true };

/** Its part of the files of an attempt; none without a gateway. */
export function gatewayFiles(
  use: GatewayUse | undefined,
  run: Spender,
  configuration: Configuration,
): Record<string, string> {
  return use === undefined ? {} : { [gatewayFile]: gatewayConfiguration(use, run, configuration) };
}

/** The configuration that the gateway of an attempt reads. It holds no secret. */
function gatewayConfiguration({ models, git }: GatewayUse, run: Spender, configuration: Configuration): string {
  const { prices, maxProviderWaitSeconds } = configuration.gateway;
  const budget = budgetOf(run, configuration);
  const content = {
    ...{ port: gatewayPort, upstreams: models === undefined ? {} : gatewayUpstreams(models, configuration) },
    ...(git && { git: { ...git.entry, ...sshEntry(git), writeDirectory: write.directory, variablesDirectory } }),
    ...{ prices, maxProviderWaitSeconds },
    ...(budget && { budget }),
  };
  // JSON is YAML
  return `${JSON.stringify({ ...content, stateDirectory, terminationMessage }, null, 2)}\n`;
}

function sshEntry({ entry }: NonNullable<GatewayUse["git"]>): object {
  const sockets = { prepare: ssh.prepare.directory, deliver: ssh.deliver.directory };
  return entry.ssh === undefined ? {} : { ssh: { ...entry.ssh, sockets } };
}

/** The part of a run that its budget depends on. */
export interface Spender {
  readonly spec: { readonly budget?: RunBudget };
  readonly status?: { readonly usage?: Usage };
}

/** What is left to spend, as the gateway reads it: the limits of all attempts, and what earlier ones used. Undefined: no limit. */
function budgetOf({ spec, status }: Spender, configuration: Configuration): object | undefined {
  const whole = spendingLimit(spec.budget, configuration);
  const limits = (["maxTokens", "maxCostUSD"] as const).flatMap((name) => {
    const limit = whole[name];
    if (limit === undefined) return [];
    const { tokens = 0, costUSD = 0 } = status?.usage?.unmeasured ?? {};
    // the gateway has no price for what is known of no model
    const spent = name === "maxCostUSD" ? costUSD + costWithoutModel(status?.usage) : tokens;
    return [[name, Math.max(0, limit - spent)] as const];
  });
  if (limits.length === 0) return undefined;
  return { ...Object.fromEntries(limits), used: usedBefore(status?.usage) };
}

/**
 * The gateway keeps little, and passes on much. glibc gives memory of this size or more back as soon as it is free, and V8 collects the
 * youngest objects more often.
 */
export const gatewayMemory = {
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "65536",
  NODE_OPTIONS: "--max-semi-space-size=2",
};

/** The side-car. The kubelet starts it before all other containers but one, and ends it after them. */
export function gatewaySidecar(
  { models, git }: GatewayUse,
  configuration: Configuration,
  further: NonNullable<Container["volumeMounts"]> = [],
): Container {
  const { image, imagePullPolicy, resources } = configuration.gateway;
  const command = ["/usr/local/bin/node", "/opt/orchestrator/bundle/orchestrator.js", "gateway"];
  return {
    name: gatewayContainer,
    image,
    imagePullPolicy,
    restartPolicy: "Always",
    command: [...command, "--config", configurationPath],
    // The kubelet starts the next container when this returns. A start-up probe would do that too, a second later: it is first asked
    // when the container runs, and then once a second.
    lifecycle: { postStart: { exec: { command: [...command, "--config", configurationPath, "--wait-ready"] } } },
    env: variables({ ...plain(gatewayMemory), ...proxyVariables(configuration) }),
    securityContext: { ...containerSecurity, runAsUser: user, runAsGroup: user },
    resources: containerResources(resources),
    terminationMessagePath: terminationMessage,
    terminationMessagePolicy: "File",
    volumeMounts: [
      { name: "task-files", mountPath: configurationPath, subPath: gatewayFile, readOnly: true },
      { name: "gateway-state", mountPath: stateDirectory },
      ...(git ? [{ name: write.volume, mountPath: write.directory }, ...git.mounts] : []),
      ...sshVolumes(git).map(({ volume, directory }) => ({ name: volume, mountPath: directory })),
      ...(models === undefined ? [] : modelMounts(models, configuration)),
      ...further,
    ],
  };
}

export function gatewayVolumes({ models, git }: GatewayUse, configuration: Configuration): Volume[] {
  return [
    { name: "gateway-state", emptyDir: { sizeLimit: stateSize } },
    ...(git ? [{ name: write.volume, emptyDir: { sizeLimit: stateSize } }, ...git.volumes] : []),
    ...sshVolumes(git).map(({ volume }) => ({ name: volume, emptyDir: { sizeLimit: stateSize } })),
    ...(models === undefined ? [] : modelVolumes(models, configuration)),
  ];
}

const sshVolumes = (git: GatewayUse["git"]): (typeof ssh)[keyof typeof ssh][] =>
  git?.entry.ssh === undefined ? [] : Object.values(ssh);

/** What the agent gets in place of keys. Variables precede those that refer to them. */
export function gatewayEnvironment({ models, git }: GatewayUse, configuration: Configuration): Variables {
  return {
    ...(models !== undefined && modelEnvironment(models, configuration)),
    ...(git && gitEnvironment(git.entry)),
    ...exceptions(configuration),
  };
}

/** How the start script reaches repositories. */
function gitEnvironment(entry: NonNullable<GatewayUse["git"]>["entry"]): Variables {
  return { GATEWAY: { value: gatewayUrl }, GATEWAY_ORIGINS: { value: gitOrigins(entry).join(" ") } };
}

const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** The proxies of `agent.env`, which the gateway needs in the agent's place. */
function proxyVariables({ agent }: Configuration): Variables {
  return Object.fromEntries(
    agent.env
      .filter(({ name }) => proxyNames.includes(name))
      .map(({ name, value, valueFrom }) => [
        name,
        valueFrom === undefined ? { value: literal(value ?? "") } : { valueFrom },
      ]),
  );
}

/** Has the exceptions of `agent.env` that come from another object, for {@link exceptions} to refer to. */
const otherExceptions = "CONFIGURED_NO_PROXY";

/** No proxy can reach the gateway, which listens in the pod alone. */
function exceptions({ agent }: Configuration): Variables {
  const configured = agent.env.filter(({ name }) => /^no_proxy$/i.test(name));
  const hosts = [...configured.flatMap(({ value }) => value?.split(",") ?? []), "127.0.0.1", "localhost"];
  const valueFrom = configured.findLast((each) => each.valueFrom !== undefined)?.valueFrom;
  const written = [...new Set(hosts)].filter((host) => host !== "").map(literal);
  // the kubelet puts the value in place of a reference to a variable that precedes it
  const value = [...(valueFrom ? [`$(${otherExceptions})`] : []), ...written].join(",");
  return { ...(valueFrom && { [otherExceptions]: { valueFrom } }), NO_PROXY: { value }, no_proxy: { value } };
}
