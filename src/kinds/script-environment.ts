/** The variables of the agent's container in a pod of `script-pod.ts`. Pure. */
import { apiKey, configuredVariables, plain, providerKeys, variables, type Variables } from "./container.js";
import { gatewayEnvironment, type GatewayUse } from "./gateway-sidecar.js";
import { usesGateway } from "./model-access.js";
import type { ScriptWork } from "./script-work.js";
import { telemetryEnvironment } from "./telemetry.js";
import { dockerContainer } from "../api/names.js";
import type { CodeRunSpec } from "../api/coderun.js";
import type { PodSpec } from "../runs/pod-spec.js";
import type { Configuration } from "../configuration/configuration.js";

type Container = PodSpec["containers"][number];

/** The agent's home directory, a volume of the pod. */
export const home = "/home/agent";

/** The Docker daemon of a pod: its container, and where the agent reaches it. */
export const docker = { container: dockerContainer, address: "tcp://127.0.0.1:2375" };

/** With a gateway for models, none. */
function keys(work: ScriptWork, configuration: Configuration): Variables {
  if (usesGateway(work.models, configuration)) return {};
  return { ...providerKeys(configuration), [apiKey]: modelKey(work.models.program, configuration) };
}

/** Of the agent's container. Later entries win. The last lists the variables that come from Secrets, whose values the script redacts. */
export function agentEnvironment(
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
