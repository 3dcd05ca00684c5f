/** What the pods of all kinds have in common. They meet the Pod Security Standard `restricted`. Pure. */
import type { PodSpec } from "../runs/pod-spec.js";
import type { RunSpec } from "../runs/run.js";
import type { AgentResources } from "../api/taskrun.js";
import type { Resources, Configuration } from "../configuration/configuration.js";

export { agentContainer, deliverContainer, prepareContainer } from "../api/names.js";

/** Mount path of the workspace in every container. */
export const workspace = "/workspace";

/** Where Claude Code reads settings that it cannot change itself. */
export const managedSettings = "/etc/claude-code/managed-settings.json";

type Container = PodSpec["containers"][number];
type EnvVar = NonNullable<Container["env"]>[number];

export const containerSecurity: NonNullable<Container["securityContext"]> = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** Everything in a pod except containers and volumes. */
export function podBasis(
  spec: Pick<RunSpec, "priority"> & { readonly serviceAccountName?: string },
  configuration: Configuration,
): Omit<PodSpec, "containers"> {
  const priorityClassName = configuration.priorityClassNames[spec.priority ?? "medium"];
  const { runAsUser, runAsGroup } = configuration.agent.securityContext;
  return {
    restartPolicy: "Never",
    serviceAccountName: spec.serviceAccountName ?? configuration.agent.serviceAccountName,
    automountServiceAccountToken: false,
    ...(priorityClassName !== undefined && { priorityClassName }),
    enableServiceLinks: false,
    ...(configuration.agent.imagePullSecrets.length > 0 && {
      imagePullSecrets: configuration.agent.imagePullSecrets.map((name) => ({ name })),
    }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser,
      runAsGroup,
      fsGroup: configuration.pod.securityContext.fsGroup,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** Environment variable that holds the model provider's key. */
export const apiKey = "ANTHROPIC_API_KEY";

/**
 * Escapes text for values, commands and arguments, in which the kubelet expands `$(NAME)`, even to values from Secrets. It
 * reads `$$` as a plain `$`, so text with each `$` doubled arrives unchanged.
 */
export function literal(text: string): string {
  return text.replaceAll("$", () => "$$");
}

type Variable = Omit<EnvVar, "name">;
export type Variables = Readonly<Record<string, Variable>>;

/** The variables as a list, one entry a name. */
export function variables(byName: Variables): EnvVar[] {
  return Object.entries(byName).map(([name, variable]) => ({ name, ...variable }));
}

export function plain(values: Readonly<Record<string, string>>): Variables {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value: literal(value) }]));
}

/** The variables that the configuration sets for every agent. */
export function configuredVariables({ agent }: Configuration): Variables {
  return Object.fromEntries(
    agent.env.map(({ name, value, valueFrom }) => [
      name,
      valueFrom === undefined ? { value: literal(value ?? "") } : { valueFrom },
    ]),
  );
}

/** Keys of model providers. An agent needs only some of them, so each is optional. */
export function providerKeys({ secrets: { providerApiKeys, cliApiKeys } }: Configuration): Variables {
  return Object.fromEntries(
    [...Object.values(providerApiKeys), ...Object.values(cliApiKeys)].map(({ envVar, secretName, secretKey }) => [
      envVar,
      { valueFrom: { secretKeyRef: { name: secretName, key: secretKey, optional: true } } },
    ]),
  );
}

export function containerResources({
  requests,
  limits,
}: Resources | AgentResources): NonNullable<Container["resources"]> {
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
